"""Doing for a person what they may ask for: find, correct, withdraw, forget. Each is one entry of the trail. Never commits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from festival.accounts import service as accounts
from festival.audit.service import HIDDEN, record
from festival.lib import clock
from festival.lib.db import db
from festival.lib.i18n import Locale
from festival.protection import queries
from festival.signups.models import Answer, SignUp


def find(typed: str, reason: str, *, actor_id: int) -> int | None:
    """Return the account of the person with exactly this number, mail address or ticket code; None: there is none.

    What was typed is not recorded, only whom it led to and why it was asked.
    """
    found = queries.find(typed)
    found_id = found.id if found else None
    record("person.find", "account", found_id or 0, actor_id=actor_id, reason=reason)
    return found_id


def note_reading(account_id: int, *, actor_id: int) -> None:
    """Record that somebody looks at all that is held about a person."""
    record("person.read", "account", account_id, actor_id=actor_id)


def note_export(account_id: int, *, file: str, sha256: str, actor_id: int) -> None:
    """Record that a person's data was taken as a file."""
    record("person.export", "account", account_id, actor_id=actor_id, changes=f"{file} sha256={sha256}")


@dataclass(frozen=True, slots=True)
class Correction:
    """What shall stand instead. ``names`` by sign-up, ``answers`` by answer; what is not the person's own is left out."""

    name: str
    locale: Locale
    names: Mapping[int, str]
    answers: Mapping[int, str]


def correct(account_id: int, wanted: Correction, *, actor_id: int, reason: str) -> list[str]:
    """Correct a person's name, the language of their messages, names and written answers; return the fields that changed.

    :raises NotFound: there is no such person.
    """
    accounts.lock_account(account_id)
    person = queries.person(account_id)
    mentioned = {person.name, wanted.name, *wanted.names.values()}
    changed: list[str] = []
    if person.name != wanted.name:
        changed.append("name")
        person.name = wanted.name
    if person.locale != wanted.locale:
        changed.append("locale")
        person.locale = wanted.locale
    for sign_up in queries.sign_ups(account_id):
        mentioned.add(sign_up.name)
        fields = _correct_sign_up(sign_up, wanted)
        if fields:
            sign_up.revision += 1
            sign_up.updated_at = max(clock.wall(), sign_up.updated_at + timedelta(seconds=1))
            changed += [f"sign_up:{sign_up.id} {field}" for field in fields]
    if changed:
        for name in sorted(mentioned, key=len, reverse=True):  # the trail keeps neither the old name nor the new one
            reason = reason.replace(name, HIDDEN) if len(name) > 1 else reason
        record("person.correct", "account", account_id, actor_id=actor_id, reason=reason, changes=", ".join(changed))
        db.session.flush()
    return changed


def _correct_sign_up(sign_up: SignUp, wanted: Correction) -> list[str]:
    fields: list[str] = []
    name = wanted.names.get(sign_up.id, sign_up.name)
    if name != sign_up.name:
        fields.append("name")
        sign_up.name = name
    for answer in queries.written_answers(sign_up.id):
        value = wanted.answers.get(answer.id, answer.plain)
        if value and value != answer.plain:
            fields.append(answer.question_key)
            db.session.get_one(Answer, answer.id).plain = value
    return fields


def withdraw_consent(account_id: int, consent_id: int, *, actor_id: int, reason: str) -> None:
    """Record that a person withdraws a consent, with all that follows from it.

    :raises NotFound: there is no such person, or it is none of theirs.
    """
    accounts.withdraw_consent(queries.person(account_id), consent_id, actor_id=actor_id, reason=reason)


def forget(account_id: int, *, actor_id: int, reason: str) -> None:
    """Forget a person who asks for it.

    :raises NotFound: there is no such person, or they are forgotten already.
    """
    accounts.erase_for(queries.person(account_id), actor_id=actor_id, reason=reason)
