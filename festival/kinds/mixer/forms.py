"""What people of a mixer and its organizers fill in."""

from datetime import time

from flask_wtf import FlaskForm
from wtforms import TimeField, ValidationError

from festival.kinds.mixer import rules, wording
from festival.kinds.mixer.rules import Complaint
from festival.lib.fields import Chosen, Legible, LineField, LinesField, Needed, OneOfRadioField, TickField, WholeField, at_most
from festival.lib.i18n import _, _l

_SHORT = 40


class KnownForm(FlaskForm):
    """Somebody whom one knows already."""

    said = LineField(
        _l("熟人的编号或签到码"),
        validators=[Needed(), Legible(), at_most(_SHORT)],
        description=_l("如 F07，或对方报名后的 6 位签到码。只用于排桌，对方不会知道。"),
        render_kw={"autocomplete": "off"},
    )

    def validate_said(self, field: LineField) -> None:
        """A number or digits."""
        if rules.read_said(field.data or "") is None:
            raise ValidationError(_("请填写编号（如 F07）或 6 位签到码"))

    def value(self) -> str:
        """Return it as ``rules.read_said`` gives it."""
        said = rules.read_said(self.said.data or "")
        assert said is not None
        return said


class NumberForm(FlaskForm):
    """Somebody by the number they wear."""

    number = LineField(
        _l("对方的编号"),
        validators=[Needed(), Legible(), at_most(_SHORT)],
        description=_l("胸牌上的编号，如 F07"),
        render_kw={"autocomplete": "off"},
    )

    def validate_number(self, field: LineField) -> None:
        """A letter and a number."""
        if rules.read_number(field.data or "") is None:
            raise ValidationError(_("编号是一个字母加数字，如 F07"))

    def value(self) -> tuple[str, int]:
        """Return letter and number."""
        number = rules.read_number(self.number.data or "")
        assert number is not None
        return number


class ReportForm(NumberForm):
    """What somebody tells the organizers about somebody."""

    what = OneOfRadioField(_l("发生了什么"), validators=[Chosen()])
    words = LinesField(
        _l("说明"),
        validators=[Legible(), at_most(500)],
        description=_l("加密保存，只有活动负责人可以看到。"),
        render_kw={"rows": "4", "data-sensitive": ""},
    )
    may_be_asked = TickField(_l("工作人员可以找我了解情况（会看到我的编号）"))
    also_block = TickField(_l("同时不再与对方相遇"))

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.what.choices = [(complaint.value, str(words)) for complaint, words in wording.COMPLAINTS.items()]

    def complaint(self) -> Complaint:
        """Return what it is."""
        return Complaint(self.what.data)


class TimesForm(FlaskForm):
    """When people choose, and how the tables turn."""

    opens = TimeField(_l("互选开始"), validators=[Needed()])
    closes = TimeField(_l("互选结束"), validators=[Needed()], description=_l("到这一秒为止，之后不再接受"))
    reveal = TimeField(_l("结果公布"), validators=[Needed()])
    rounds = WholeField(_l("轮数"), validators=[Needed()], least=1, most=rules.MOST_ROUNDS)
    minutes = WholeField(_l("每轮分钟数"), validators=[Needed()], least=1, most=60)

    def validate_closes(self, field: TimeField) -> None:
        """The end comes after the beginning."""
        if self.opens.data and field.data and field.data <= self.opens.data:
            raise ValidationError(_("结束时间应晚于开始时间"))

    def validate_reveal(self, field: TimeField) -> None:
        """Results come after the end."""
        if self.closes.data and field.data and field.data < self.closes.data:
            raise ValidationError(_("公布时间不能早于互选结束"))

    def times(self) -> tuple[time, time, time]:
        """Return the three times."""
        assert self.opens.data is not None
        assert self.closes.data is not None
        assert self.reveal.data is not None
        return self.opens.data, self.closes.data, self.reveal.data
