"""How sign-ups stand now, as far as a spreadsheet can change them."""

from collections.abc import Collection, Iterable, Mapping

from sqlalchemy import select
from sqlalchemy.orm import load_only

from festival.exports.editing import columns_of
from festival.exports.names import staff_names
from festival.exports.queries import chunks
from festival.exports.returned import Edited, Form, Standing, Touched
from festival.lib.db import MAX_ID, db
from festival.lib.text import clean_line
from festival.programme.models import Activity
from festival.reviews.models import Review
from festival.reviews.queries import history
from festival.signups.models import SignUp
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS


def standing_of(activity: Activity, sign_up_ids: Iterable[int]) -> dict[int, Standing]:
    """Return how those of the sign-ups stand that belong to an activity."""
    found: dict[int, Standing] = {}
    for some in chunks(one for one in sign_up_ids if 0 < one <= MAX_ID):
        found |= _some(activity, some)
    return found


def forms_of(activity: Activity) -> dict[Edited, Form]:
    """Return the form that each column has, but the review."""
    return {one.column: one.form for one in columns_of(activity)}


def _some(activity: Activity, ids: Collection[int]) -> dict[int, Standing]:
    sign_ups = list(
        db.session.scalars(
            select(SignUp)
            .where(SignUp.activity_id == activity.id, SignUp.id.in_(ids))
            .options(load_only(SignUp.name, SignUp.digits, SignUp.revision, SignUp.state, SignUp.state_at, SignUp.updated_at)),
        ),
    )
    ours = [sign_up.id for sign_up in sign_ups]
    editable = [(one.column, one.values(ours), one.touched(ours)) for one in columns_of(activity)]
    decided = history(ours)
    names = staff_names(review.actor_id for some in decided.values() for review in some)
    return {
        one.id: Standing(
            name=one.name or one.digits,
            revision=one.revision,
            is_pending=one.state == State.PENDING,
            state=str(STATE_WORDS[one.state]),
            values={column: clean_line(values.get(one.id, "")) for column, values, _touched in editable},
            touched={Edited.REVIEW: _decided(one, decided.get(one.id, []), names)}
            | {column: touched[one.id] for column, _values, touched in editable if one.id in touched},
        )
        for one in sign_ups
    }


def _decided(sign_up: SignUp, reviews: list[Review], names: Mapping[int, str]) -> Touched:
    """Return who decided last; where somebody has changed it since, that is the person, or staff without a review."""
    if reviews and reviews[-1].at >= sign_up.state_at:
        return Touched(names.get(reviews[-1].actor_id, ""), reviews[-1].at)
    return Touched("", sign_up.updated_at)
