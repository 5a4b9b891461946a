"""Sending a letter to many, stopping it, and sending again what failed. Call inside ``transaction()``."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import insert, or_, select, update

from festival.accounts.service import lock_account
from festival.audit.service import record
from festival.letters import queries
from festival.letters.models import Letter, LetterActivity, LetterCopy
from festival.letters.queries import Audience, Reader, Source
from festival.letters.rules import LetterReason, LetterRefused, leaves_at
from festival.lib import clock
from festival.lib.db import db
from festival.outbox.models import Message, MessageState
from festival.outbox.service import owe_each
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter as it was written, before it is sent."""

    #: In which states of their sign-up it is for people.
    states: frozenset[State]
    subject: str
    body: str
    subject_en: str = ""
    body_en: str = ""
    #: Why it may ring at night; empty: it waits for the morning.
    urgent_reason: str = ""


def fingerprint(draft: Draft, audience: Audience) -> str:
    """Return what identifies a letter together with whom it reaches and whether it leaves at once."""
    waits = leaves_at(clock.local(clock.wall()), is_urgent=bool(draft.urgent_reason)) is not None
    words = (draft.subject, draft.body, draft.subject_en, draft.body_en, draft.urgent_reason)
    seen = f"{words!r} {sorted(draft.states)} {sorted(one.sign_up_id for one in audience.readers)} {waits}"
    return sha256(seen.encode()).hexdigest()[:32]


def send(draft: Draft, sources: Sequence[Source], *, seen: str, key: str, actor_id: int) -> Letter:
    """Owe a letter to everybody it is for; return it. No activity is locked: who leaves meanwhile is found on its way.

    :param seen: the fingerprint of what was looked at.
    :param key: of the form; the same one again gives the letter that it has sent.
    :raises LetterRefused: it would reach others than that, or nobody.
    """
    lock_account(actor_id)  # of two presses at the same moment the second finds the letter of the first
    of_form = sha256(f"{actor_id} {key}".encode()).hexdigest()
    if (sent := queries.by_key(of_form)) is not None:
        return sent
    audience = queries.audience(sources, draft.states, clock.now())
    if not audience.readers:
        raise LetterRefused(LetterReason.NOBODY)
    if fingerprint(draft, audience) != seen:
        raise LetterRefused(LetterReason.CHANGED)
    at = clock.wall()
    letter = Letter(
        author_id=actor_id,
        subject=draft.subject,
        body=draft.body,
        subject_en=draft.subject_en,
        body_en=draft.body_en,
        at=at,
        due_at=leaves_at(clock.local(at), is_urgent=bool(draft.urgent_reason)) or at,
        urgent_reason=draft.urgent_reason,
        states=",".join(sorted(draft.states)),
        readers=len(audience.readers),
        key=of_form,
    )
    db.session.add(letter)
    db.session.flush()
    for activity_id in dict.fromkeys(source.activity_id for source in sources):
        db.session.add(LetterActivity(letter_id=letter.id, activity_id=activity_id))
        readers = [one for one in audience.readers if one.activity_id == activity_id]
        _owe(letter, activity_id, readers)
        record(
            "letter.send",
            "letter",
            letter.id,
            actor_id=actor_id,
            activity_id=activity_id,
            reason=draft.urgent_reason,
            changes=f"people={len(readers)} states={letter.states}",
        )
    return letter


def _owe(letter: Letter, activity_id: int, readers: Sequence[Reader]) -> None:
    if not readers:
        return
    people = {one.sign_up_id: one.person_id for one in readers}
    db.session.execute(insert(LetterCopy), [{"letter_id": letter.id, "sign_up_id": one} for one in people])
    copies = db.session.execute(select(LetterCopy.id, LetterCopy.sign_up_id).where(LetterCopy.letter_id == letter.id))
    mine = {row.id: people[row.sign_up_id] for row in copies if row.sign_up_id in people}
    owe_each("letter", "letter_copy", mine, activity_id=activity_id, due_at=letter.due_at)


def stop(letter_id: int, *, actor_id: int) -> int:
    """Drop what of a letter has not left; return how many people do not get it. What went, or is half on its way, stays.

    A copy that a worker holds at this moment ends as it ends: it is sent, or dropped at its next try.
    """
    letter = db.session.get_one(Letter, letter_id, with_for_update=True)
    if letter.stopped_at is not None:
        return 0
    letter.stopped_at, letter.stopped_by_id = clock.wall(), actor_id
    dropped = db.session.execute(
        update(Message)
        .where(
            *queries.owed_for(letter_id),
            Message.state == MessageState.OWED,
            Message.reached == "",
            or_(Message.claimed_until.is_(None), Message.claimed_until <= clock.wall()),
        )
        .values(state=MessageState.DROPPED, claimed_until=None)
        .returning(Message.id)
        .execution_options(synchronize_session=False),
    ).all()
    _record("letter.stop", letter_id, f"dropped={len(dropped)}", actor_id)
    return len(dropped)


def send_again(letter_id: int, *, actor_id: int) -> int:
    """Owe again the copies that failed for good, from the first try on; return how many.

    :raises LetterRefused: it was stopped.
    """
    letter = db.session.get_one(Letter, letter_id, with_for_update=True)
    if letter.stopped_at is not None:
        raise LetterRefused(LetterReason.STOPPED)
    at = clock.wall()
    owed = db.session.execute(
        update(Message)
        .where(*queries.owed_for(letter_id), Message.state == MessageState.FAILED)
        .values(state=MessageState.OWED, tries=0, due_at=at, claimed_until=None)
        .returning(Message.id)
        .execution_options(synchronize_session=False),
    ).all()
    if owed:
        _record("letter.again", letter_id, f"people={len(owed)}", actor_id)
    return len(owed)


def _record(action: str, letter_id: int, changes: str, actor_id: int) -> None:
    for activity_id in queries.activity_ids(letter_id):
        record(action, "letter", letter_id, actor_id=actor_id, activity_id=activity_id, changes=changes)
