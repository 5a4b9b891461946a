"""An invitation's code as a reader shows it to the sign-up form."""

from dataclasses import dataclass
from datetime import datetime

from festival.programme.models import Activity, Pool
from festival.signups import queries, wording
from festival.signups.rules import read_code

#: Longer than any code, however it is typed.
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Shown:
    """What a code is good for now."""

    #: As it is kept; empty: none was shown.
    code: str = ""
    #: The pool that it opens; None: it opens nothing.
    pool: Pool | None = None
    #: Why it opens nothing, in words; empty where it does, or where none was shown.
    wrong: str = ""
    #: The activity has no invitation with that code: somebody mistyped, or guesses.
    is_unknown: bool = False


#: No code at all.
NONE = Shown()


def shown(activity: Activity, typed: str, now: datetime) -> Shown:
    """Return what a code, as it was typed or carried, opens in an activity (slots and pools loaded)."""
    if not typed.strip() or not activity.has_invitations:
        return NONE
    code = read_code(typed[:_LONGEST])
    found = queries.invitation(activity.id, code) if code else None
    if found is None:
        return Shown(code, wrong=str(wording.INVITATION_WORDS[None]), is_unknown=True)
    if end := queries.invited(found).end_at(now):
        return Shown(code, wrong=str(wording.INVITATION_WORDS[end]))
    return Shown(code, pool=found.pool)
