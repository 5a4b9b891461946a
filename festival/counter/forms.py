"""The form that staff fill in for somebody: the activity's own, and a name to call where the activity asks none."""

from typing import Any

from werkzeug.datastructures import MultiDict

from festival.lib.fields import Legible, LineField, at_most
from festival.lib.i18n import _
from festival.signups.asking import NAME_CHARACTERS
from festival.signups.forms import SignUpForm
from festival.signups.sheet import Sheet

#: The field of the name to call.
CALLED = "called"


class CounterForm(SignUpForm):
    """What an activity asks, filled in by staff: no address, no code."""

    def __init__(self, sheet: Sheet, *, sent: MultiDict[str, Any] | None = None, key: str = "") -> None:
        data = {"idempotency_key": key, "invitation": sheet.invitation.code}
        super().__init__(
            sheet.activity,
            sheet.questions,
            sheet.notice,
            sheet.openings,
            is_visitor=False,
            sent=sent,
            data=data,
        )
        if self.name_asked is None:
            self[CALLED] = LineField(  # type: ignore[assignment]  # a field outside a form is unbound
                _("怎么称呼"),
                [Legible(), at_most(NAME_CHARACTERS)],
                description=_("叫号和凭条用，本活动不要求姓名，可以不填。"),
                render_kw={"autocomplete": "off"},
            )
            self[CALLED].process(sent)

    def name(self) -> str:
        """Return the name, or what the person wants to be called; may be empty where the activity asks no name."""
        return super().name() if CALLED not in self else str(self[CALLED].data or "")

    @staticmethod
    def _consent_missing(names: str) -> str:
        """Say that the person's consent to a sensitive answer is missing: staff read this, not the person."""
        return _("填写%(names)s需要本人单独同意；本人不愿提供的选填内容可以留空", names=names)
