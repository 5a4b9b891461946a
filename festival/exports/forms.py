"""What somebody asks of a list to take away: which part of it, and why."""

from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import StringField, ValidationError

from festival.lib.db import MAX_ID
from festival.lib.fields import LineField, Needed, at_most
from festival.lib.i18n import _, _l
from festival.programme.models import Activity, Pool, Slot

_LEAST, _MOST = 2, 60


@dataclass(frozen=True, slots=True)
class Part:
    """The part of an activity that a list is of; None: not limited by it."""

    slot: Slot | None = None
    pool: Pool | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """Return the parameters of an address that name the part."""
        return ({"slot": self.slot.id} if self.slot else {}) | ({"pool": self.pool.id} if self.pool else {})


def part_asked(activity: Activity, arguments: MultiDict[str, str]) -> Part:
    """Return the part that an address asks for; what the activity has not is left out."""
    slot_id, pool_id = (_number(arguments.get(name)) for name in ("slot", "pool"))
    slot = next((one for one in activity.slots if one.id == slot_id), None)
    pool = next((one for some in activity.slots for one in some.pools if one.id == pool_id), None)
    return Part(slot, pool)


def _number(typed: str | None) -> int | None:
    is_number = typed is not None and typed.isascii() and typed.isdigit() and len(typed) <= len(str(MAX_ID))
    return int(typed) if is_number and typed else None


class ReasonForm(FlaskForm):
    """Why somebody takes away what is usually hidden."""

    reason = LineField(
        _l("用途"),
        validators=[Needed(), at_most(_MOST)],
        description=_l("会记入操作记录，并印在每一页上，如：交保险公司投保"),
    )

    def validate_reason(self, field: LineField) -> None:
        """A reason says something: two characters at least."""
        if len(field.data or "") < _LEAST:
            raise ValidationError(_("请写明用途，至少两个字"))


class WholeForm(ReasonForm):
    """The same, with the second factor again from those who have one."""

    otp = StringField(
        _l("动态口令"),
        description=_l("验证器现在显示的 6 位数字，或一个恢复码"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "data-sensitive": ""},
    )
