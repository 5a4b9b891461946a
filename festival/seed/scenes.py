"""An activity as the demo's people meet it: what it asks, and how they sign up."""

from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from festival.lib.db import db
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Festival, Question, Slot
from festival.seed.crowd import Wish
from festival.seed.people import Invented, answers_of
from festival.signups import service
from festival.signups.models import SignUp
from festival.signups.notice import notice_of, sensitive_groups
from festival.signups.service import SignUpRequest


@dataclass(slots=True)
class Scene:
    """An activity as the crowd meets it."""

    activity: Activity
    #: Kept apart: locking an activity reads it afresh and forgets what hangs on it.
    questions: list[Question]
    notice_version: str
    #: By a sensitive question's key, the key that consents to it.
    consent_keys: dict[str, str]
    #: Who holds something, with the session: nobody asks twice for the same.
    guests: set[tuple[int, int]] = field(default_factory=set)

    def sign_up(self, person: Invented, account_id: int, wish: Wish, invitation: str = "") -> SignUp:
        """Sign one of the demo's people up, as they answer.

        :raises SignUpRefused: as everybody's may be.
        """
        given = answers_of(person, self.questions) | wish.quota
        return service.sign_up(
            self.activity.id,
            account_id,
            SignUpRequest(
                slot_id=wish.slot_id,
                pool_id=wish.pool_id,
                party_size=wish.party_size,
                name=person.name if any(question.key == "name" for question in self.questions) else "",
                answers=given,
                consents=frozenset(self.consent_keys[key] for key in given if key in self.consent_keys),
                notice_version=self.notice_version,
                invitation=invitation,
            ),
            kind=kind_of(self.activity),
        )


def scene_of(festival: Festival, slug: str) -> Scene | None:
    """Return an activity with all it offers and asks; None where the festival has none of that name."""
    activity = db.session.scalar(
        select(Activity)
        .where(Activity.festival_id == festival.id, Activity.slug == slug)
        .options(
            selectinload(Activity.festival),
            selectinload(Activity.slots).selectinload(Slot.pools),
            selectinload(Activity.questions).selectinload(Question.options),
        ),
    )
    if activity is None:
        return None
    questions = list(activity.questions)
    return Scene(
        activity=activity,
        questions=questions,
        notice_version=notice_of(activity, questions).version,
        consent_keys={question.key: key for key, group in sensitive_groups(questions).items() for question in group},
    )
