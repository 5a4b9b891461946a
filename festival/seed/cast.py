"""Whom a visitor of the demo may be: some of its invented people; the codes they sign in with are in its mailbox."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, true

from festival.accounts.models import Address
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.programme.models import Activity, Festival, Pool
from festival.seed.queries import invented
from festival.signups.models import SignUp
from festival.signups.rules import State

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

_PLACED = (State.CONFIRMED, State.ATTENDED)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the people: of those in some states, the n-th in the order of their sign-ups. ``pool`` empty: of any."""

    words: "LazyString"
    slug: str
    pool: str
    nth: int = 0
    states: tuple[State, ...] = _PLACED


#: The first of each pool is let in by the demo, and chooses nobody at the mixer; the second stays outside until somebody
#: scans them.
PARTS = (
    Part(_l("联谊的男嘉宾，互选由您来做"), "mixer", "m"),
    Part(_l("联谊的女嘉宾，互选由您来做"), "mixer", "f"),
    Part(_l("联谊的女嘉宾，还没有签到：请用 steward 扫码"), "mixer", "f", 1),
    Part(_l("灯光秀 A 区的观众"), "drone-show", "zone-a"),
    Part(_l("灯光秀 C 区的观众，还没有入场"), "drone-show", "zone-c", 1),
    Part(_l("论坛的参会者"), "forum", "public"),
    Part(_l("论坛的参会者，还没有签到"), "forum", "public", 1),
    Part(_l("招聘会的求职者，已投递简历"), "job-fair", ""),
    Part(_l("专线游的候补者"), "grove-tour", "line-a", 0, (State.WAITLISTED,)),
)
#: Who comes to the fair on the other side of the table, and applies to come.
HOSTS = (
    (_l("招聘会一家单位的招聘专员"), "15400009001"),
    (_l("招聘会的参会单位，等待审核"), "15400009101"),
    (_l("招聘会的参会单位，材料被退回"), "15400009102"),
)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with the number that they sign in with."""

    words: "LazyString"
    mobile: str
    #: Where their sign-up is; empty: they have none.
    code: str = ""


def people() -> list[Person]:
    """Return who can be played as things stand; a part that nobody has is left out."""
    found = [person for part in PARTS if (person := _of(part)) is not None]
    known = set(db.session.scalars(select(Address.value).where(Address.value.in_([mobile for _words, mobile in HOSTS]))))
    return found + [Person(words, mobile) for words, mobile in HOSTS if mobile in known]


def _of(part: Part) -> Person | None:
    row = db.session.execute(
        select(Address.value, SignUp.code)
        .join(SignUp, SignUp.person_id == Address.account_id)
        .join(Pool, Pool.id == SignUp.pool_id)
        .join(Activity, Activity.id == SignUp.activity_id)
        .join(Festival, Festival.id == Activity.festival_id)
        .where(Festival.is_demo.is_(True), Activity.slug == part.slug, Pool.key == part.pool if part.pool else true())
        .where(SignUp.state.in_(part.states), SignUp.person_id.in_(invented()))
        .order_by(SignUp.id)
        .offset(part.nth)
        .limit(1),
    ).first()
    return Person(part.words, row.value, row.code) if row is not None else None
