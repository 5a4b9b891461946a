"""What somebody asks of a roster."""

from enum import StrEnum
from typing import TypeVar

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import ValidationError

from festival.lib.db import MAX_ID
from festival.lib.fields import LineField, Needed, at_most
from festival.lib.i18n import _, _l
from festival.lib.text import clean_line
from festival.roster.rules import Field, Sort, Wanted
from festival.signups.rules import State

W = TypeVar("W", bound=StrEnum)
#: Longer words are nobody's name, and the pages of a roster are numbered within reason.
_WORDS = 60
_PAGES = 100_000


def wanted(arguments: MultiDict[str, str]) -> Wanted:
    """Return the view that an address asks for. What it does not understand, it leaves out."""
    return Wanted(
        words=clean_line(arguments.get("q", ""))[:_WORDS],
        state=_word(State, arguments.get(Field.STATE)),
        pool_id=_number(arguments.get(Field.POOL), MAX_ID),
        slot_id=_number(arguments.get(Field.SLOT), MAX_ID),
        arrived=True if arguments.get(Field.ARRIVED) == "yes" else None,
        negated=frozenset(field for field in Field if field.value in arguments.getlist("not")),
        sort=_word(Sort, arguments.get("sort")) or Sort.STATE,
        page=_number(arguments.get("page"), _PAGES) or 1,
    )


def _word(words: type[W], typed: str | None) -> W | None:
    return next((word for word in words if word.value == typed), None)


def _number(typed: str | None, most: int) -> int | None:
    """Return a positive whole number within bounds; None for anything else."""
    if not typed or not typed.isascii() or not typed.isdigit() or len(typed) > len(str(most)):
        return None
    number = int(typed)
    return number if 0 < number <= most else None


class RevealForm(FlaskForm):
    """Why somebody needs to see how a person is reached."""

    reason = LineField(
        _l("查看原因"),
        validators=[Needed(), at_most(200)],
        description=_l("会记入操作记录，如：电话通知改期"),
    )

    def validate_reason(self, field: LineField) -> None:
        """A reason says something: two characters at least."""
        if len(field.data or "") < 2:  # noqa: PLR2004  # 改期
            raise ValidationError(_("请写明原因，至少两个字"))
