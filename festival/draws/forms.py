"""Forms of a draw."""

from flask_wtf import FlaskForm

from festival.draws.service import Seed
from festival.lib.fields import InstantField, LineField, LinesField, Needed, at_most
from festival.lib.i18n import _l


class FreezeForm(FlaskForm):
    """Where the seed will come from."""

    source_zh = LineField(
        _l("种子来源（中文）"),
        description=_l("公布前谁也不可能知道的公开数字，如“6月15日福彩3D第2023156期开奖号码”。"),
        validators=[Needed(), at_most(300)],
    )
    source_en = LineField(_l("种子来源（英文）"), validators=[at_most(300)])
    due_at = InstantField(_l("来源公布时间"), description=_l("在此之前不能录入种子。"), validators=[Needed()])

    def value(self) -> Seed:
        """Return what was named."""
        assert self.due_at.data is not None
        return Seed(self.source_zh.data or "", self.source_en.data or "", self.due_at.data)


class SeedForm(FlaskForm):
    """The seed itself, once its source is public."""

    seed = LineField(
        _l("种子"),
        description=_l("照来源公布的原样录入，空格也算。录入后立即抽签，不能重来。"),
        validators=[Needed(), at_most(200)],
    )


class VoidForm(FlaskForm):
    """Why a draw does not count."""

    reason_zh = LinesField(_l("作废原因（中文）"), description=_l("所有人都能看到。"), validators=[Needed(), at_most(500)])
    reason_en = LinesField(_l("作废原因（英文）"), validators=[at_most(500)])
