"""Reading draws."""

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from festival.draws.models import Draw, DrawEntry
from festival.draws.rules import DrawState
from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.programme.models import Activity, Pool
from festival.programme.queries import is_public
from festival.signups.models import SignUp
from festival.signups.rules import State


def public_draw(draw_id: int) -> Draw:
    """Return a draw of a public activity with its entries and pools.

    :raises NotFound: there is none.
    """
    draw = db.session.scalar(
        select(Draw)
        .join(Activity, Activity.id == Draw.activity_id)
        .where(Draw.id == draw_id, is_public(clock.now()))
        .options(
            joinedload(Draw.activity).joinedload(Activity.track),
            joinedload(Draw.slot),
            selectinload(Draw.entries).joinedload(DrawEntry.pool),
        ),
    )
    if draw is None:
        raise NotFound
    return draw


def draws_of(activity_id: int) -> list[Draw]:
    """Return an activity's draws, newest first; void ones too: their reasons stay public."""
    return list(db.session.scalars(select(Draw).where(Draw.activity_id == activity_id).order_by(Draw.id.desc())))


def standing(slot_id: int) -> Draw | None:
    """Return the slot's draw that is frozen or drawn; None when there is none or only void ones."""
    return db.session.scalar(select(Draw).where(Draw.slot_id == slot_id, Draw.state != DrawState.VOID))


def entrants(slot_id: int) -> list[SignUp]:
    """Return the sign-ups of a slot that wait for a draw, by id."""
    return list(
        db.session.scalars(
            select(SignUp).where(SignUp.slot_id == slot_id, SignUp.state == State.ENTERED).order_by(SignUp.id),
        ),
    )


def quotas(slot_id: int) -> list[int]:
    """Return the pools of a slot that are quotas, by id."""
    found = select(Pool.id).where(Pool.slot_id == slot_id, Pool.quota_question.is_not(None), Pool.is_closed.is_(False))
    return list(db.session.scalars(found.order_by(Pool.id)))


def still_pending(slot_id: int) -> int:
    """Return how many sign-ups of a slot wait for a decision by staff; a draw before it would leave them out."""
    return db.session.execute(
        select(func.count(SignUp.id)).where(SignUp.slot_id == slot_id, SignUp.state == State.PENDING),
    ).scalar_one()


def entry_of(draw_id: int, person_id: int) -> DrawEntry | None:
    """Return a person's own entry in a draw; None when they are not in it."""
    return db.session.scalar(
        select(DrawEntry)
        .join(SignUp, SignUp.id == DrawEntry.sign_up_id)
        .where(DrawEntry.draw_id == draw_id, SignUp.person_id == person_id),
    )
