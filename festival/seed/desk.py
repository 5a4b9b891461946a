"""What an organizer of the demo has done: written to a few of those who come, and asked who is still coming."""

from contextlib import suppress

from sqlalchemy import select

from festival.accounts.models import Account
from festival.letters import queries
from festival.letters import service as letters
from festival.letters.queries import Source
from festival.letters.service import Draft
from festival.lib import clock
from festival.lib.db import db
from festival.programme.models import Activity
from festival.reconfirm import service as reconfirm
from festival.reconfirm.rules import Plan, ReconfirmRefused
from festival.signups.models import SignUp
from festival.signups.rules import State

#: Whose people are written to, and how many of them: the messages of more would only keep the demo's server busy.
SLUG, _READERS = "forum", 12
_AUTHOR = "organizer"
_DRAFT = Draft(
    frozenset({State.CONFIRMED}),
    "入场与座位提示",
    "{姓名}您好：\n\n{活动}（{时间}）请从东门入场，凭签到码 {签到码} 领取胸牌，提前 20 分钟到场。",
    "How to get in",
    "Dear {name},\n\nfor {title} ({time}) please use the east door. Your check-in code {code} gets you a badge.",
)


def work(festival_id: int) -> None:
    """Write, ask, and let some answer, where there is such an activity with people, and an organizer."""
    author = db.session.scalar(select(Account.id).where(Account.staff_name == _AUTHOR))
    activity_id = db.session.scalar(select(Activity.id).where(Activity.festival_id == festival_id, Activity.slug == SLUG))
    if author is None or activity_id is None:
        return
    coming = select(SignUp.id).where(SignUp.activity_id == activity_id, SignUp.state == State.CONFIRMED)
    people = list(db.session.scalars(coming.order_by(SignUp.id).limit(_READERS)))
    if not people:
        return
    source = Source(activity_id, picked=tuple(people))
    seen = letters.fingerprint(_DRAFT, queries.audience([source], _DRAFT.states, clock.now()))
    letters.send(_DRAFT, [source], seen=seen, key=f"demo-{festival_id}", actor_id=author)
    with suppress(ReconfirmRefused):  # a demo that is looked at on the day itself has nobody to ask
        slot = db.session.scalars(select(SignUp.slot_id).where(SignUp.id == people[0])).one()
        reconfirm.plan(activity_id, [slot], Plan(None, None), actor_id=author)
        reconfirm.note_coming(people[::2], clock.now())
