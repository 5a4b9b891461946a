"""Companions by name, where an activity asks for them: one line each, and each can be withdrawn alone.

The names are an answer like any other: with a purpose, days kept, and sealed where the question is sensitive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from festival.programme.models import Question
from festival.signups import answers, queries
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, Reason, SignUpRefused
from festival.signups.service import EditRequest, edit, fresh


@dataclass(frozen=True, slots=True)
class Named:
    """The companions of a sign-up, as they were named, and the question that they answer."""

    question: Question
    names: tuple[str, ...]


def named(questions: Sequence[Question], kept: Mapping[str, str]) -> Named | None:
    """Return a sign-up's companions; None where the activity asks no names, or none were given.

    :param kept: the sign-up's answers in clear.
    """
    question = next((one for one in questions if one.type == "names"), None)
    names = tuple(kept.get(question.key, "").splitlines()) if question else ()
    return Named(question, names) if question and names else None


def withdraw_one(sign_up_id: int, number: int, *, revision: int) -> list[SignUp]:
    """Withdraw one named companion; the place goes to the list, and the name is forgotten. Returns those who moved up.

    :param number: which line, 0 is the first.
    :param revision: the sign-up's revision that the page was made from.
    :raises NotFound: there is no such sign-up.
    :raises SignUpRefused: changed meanwhile, not live, too late, or there is no such companion.
    """
    sign_up, _locked = fresh(sign_up_id)
    if sign_up.state not in LIVE:
        raise SignUpRefused(Reason.NOT_LIVE)
    kept = answers.read_all(sign_up_id)
    found = named(queries.questions_of(sign_up.activity_id), kept)
    if found is None or number >= len(found.names) or sign_up.revision != revision:
        raise SignUpRefused(Reason.CHANGED_MEANWHILE)
    left = [name for at, name in enumerate(found.names) if at != number]
    asked = EditRequest(
        party_size=sign_up.party_size - 1,
        name=sign_up.name,
        answers={**kept, found.question.key: "\n".join(left)},
        files={},
        consents=frozenset(),
        revision=revision,
    )
    return edit(sign_up_id, asked)
