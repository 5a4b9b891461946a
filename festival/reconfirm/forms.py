"""What organizers decide about asking people whether they are still coming."""

from collections.abc import Sequence

from flask import request
from flask_wtf import FlaskForm
from wtforms import ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.lib.fields import Chosen, InstantField, OneOfRadioField, SeveralOfField
from festival.lib.i18n import _, _l
from festival.reconfirm.rules import Plan

_NOW, _LATER = "now", "later"
_NOTHING, _RELEASE = "nothing", "release"


class ReconfirmForm(FlaskForm):
    """Whom to ask, when, and whether silence has a consequence."""

    slots = SeveralOfField(_l("场次"), validators=[Chosen()])
    when = OneOfRadioField(
        _l("什么时候问"),
        choices=[SelectChoice(_NOW, _l("现在")), SelectChoice(_LATER, _l("到时自动问"))],
        default=_LATER,
        validators=[Chosen()],
    )
    ask_at = InstantField(_l("询问时间"), description=_l("选择自动问时必填，建议开始前三天上午"))
    silence = OneOfRadioField(
        _l("不回答的"),
        choices=[SelectChoice(_NOTHING, _l("保留名额，只列出来")), SelectChoice(_RELEASE, _l("到期限放弃名额，给候补的人"))],
        default=_NOTHING,
        validators=[Chosen()],
    )
    release_at = InstantField(_l("期限"), description=_l("选择到期放弃时必填，离询问至少 12 小时，并早于停止递补的时间"))

    @classmethod
    def of(cls, slots: Sequence[tuple[int, str]], *, ask_at: object) -> "ReconfirmForm":
        """Return the form.

        :param slots: ids and names of those that can be asked. ``ask_at``: what is proposed.
        """
        form = cls(**({} if request.method == "POST" else {"formdata": None, "ask_at": ask_at}))
        form.slots.choices = [(str(one), label) for one, label in slots]
        if request.method != "POST" and len(slots) == 1:
            form.slots.data = [str(slots[0][0])]
        return form

    def validate_ask_at(self, field: InstantField) -> None:
        """Asking later needs to know when."""
        if self.when.data == _LATER and field.data is None and not field.errors:
            raise ValidationError(_("请填写此项"))

    def validate_release_at(self, field: InstantField) -> None:
        """A consequence needs to know when."""
        if self.silence.data == _RELEASE and field.data is None and not field.errors:
            raise ValidationError(_("请填写此项"))

    def slot_ids(self) -> list[int]:
        """Return the ids of the slots that are ticked."""
        return [int(one) for one in self.slots.listed()]

    def plan(self) -> Plan:
        """Return what was decided."""
        return Plan(
            self.ask_at.data if self.when.data == _LATER else None,
            self.release_at.data if self.silence.data == _RELEASE else None,
        )
