"""The office's side of the demo's ballot: who is checked, when the hat is closed, and the draw, each at its time."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from festival.accounts.models import Account
from festival.draws import service as draws
from festival.draws.models import Draw
from festival.draws.rules import DrawRefused, DrawState
from festival.lib.db import db
from festival.programme.models import Activity, Slot
from festival.reviews import service as reviews
from festival.reviews.rules import Decision
from festival.signups.models import SignUp
from festival.signups.rules import State

REVIEWED_AFTER = timedelta(hours=15)
FROZEN_BEFORE = timedelta(hours=16)
#: One in so many is not let into the hat.
REJECTED = 20
REASON = "未能核实您在河西区工作、学习或居住的信息。感谢您的关注，欢迎参加其他活动。"
SOURCE = (
    "演示：抽签开始时，由两位观众各掷骰子五次，依次记下的十个点数",
    "Demo: two people from the audience roll a die five times each when the draw begins; the ten numbers in order",
)
ROLLED = "3526141564"

Act = Callable[[], None]


def staff_id(name: str) -> int | None:
    """Return the account of a member of the demo's staff."""
    return db.session.scalar(select(Account.id).where(Account.staff_name == name))


class Ballot:
    """One activity's review and draw."""

    def __init__(self, activity: Activity, slot: Slot, told: Callable[[int], None]) -> None:
        """Take the activity, its slot, and what to do for each sign-up that was drawn (its id)."""
        self._activity_id, self._slot_id, self._told = activity.id, slot.id, told
        self._closes_at, self._result_at = activity.closes_at, activity.result_at
        self._is_reviewed = activity.is_reviewed
        self._draw_id: int | None = None

    def acts(self) -> Iterator[tuple[datetime, Act]]:
        """Yield what the office does and when; nothing where there is no office or no date of a draw."""
        reviewer, organizer = staff_id("reviewer"), staff_id("organizer")
        if reviewer is None or organizer is None or self._closes_at is None or self._result_at is None:
            return
        if self._is_reviewed:
            yield self._closes_at + REVIEWED_AFTER, lambda: self._review(reviewer)
        yield self._result_at - FROZEN_BEFORE, lambda: self._freeze(organizer)
        yield self._result_at, lambda: self._draw(organizer)

    def _review(self, actor_id: int) -> None:
        chance = Random(f"review {self._slot_id}")  # noqa: S311  # no secret: the same decisions every time
        waiting = self._in_state(State.PENDING)
        rejected = {one for one in waiting if chance.randrange(REJECTED) == 0}
        approved = [one for one in waiting if one not in rejected]
        reviews.decide(self._activity_id, approved, Decision.APPROVE, "", actor_id=actor_id)
        reviews.decide(self._activity_id, rejected, Decision.REJECT, REASON, actor_id=actor_id)
        db.session.flush()

    def _freeze(self, actor_id: int) -> None:
        assert self._result_at is not None
        seed = draws.Seed(source_zh=SOURCE[0], source_en=SOURCE[1], due_at=self._result_at)
        try:
            self._draw_id = draws.freeze(self._slot_id, seed, actor_id=actor_id).id
        except DrawRefused:  # nobody came
            return
        db.session.flush()

    def _draw(self, actor_id: int) -> None:
        if self._draw_id is None:  # it was closed on another day
            frozen = select(Draw.id).where(Draw.slot_id == self._slot_id, Draw.state == DrawState.FROZEN).order_by(Draw.id.desc())
            self._draw_id = db.session.scalar(frozen.limit(1))
        if self._draw_id is None:
            return
        draws.draw(self._draw_id, ROLLED, actor_id=actor_id)
        db.session.flush()
        for sign_up_id in self._in_state(State.OFFERED):
            self._told(sign_up_id)

    def _in_state(self, state: State) -> list[int]:
        found = select(SignUp.id).where(SignUp.slot_id == self._slot_id, SignUp.state == state).order_by(SignUp.id)
        return list(db.session.scalars(found))
