"""The mutual choice, of which the server sees that it was made, and nothing else (docs/adr/0025).

A phone makes a P-256 key pair when its owner has been checked in, and sends the public half. Who chooses somebody computes from
their own private and the other's public half a secret that only these two phones can compute, and sends SHA-256 of it and of the
activity's id: the tag. Both of a pair send the same tag, and nobody else can make it or recognise it. What is stored is an HMAC
of the tag under a secret of the run, so that a copy of the tables is of no use even to one of the two phones. There are always
three rows; random ones fill up. When the window has closed, equal tags are found and every row is deleted.

Called inside ``transaction()``; never commits. The activity is locked before the time is read: a choice is in the window or not.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import delete, insert, select

from festival.audit.service import record
from festival.kinds.mixer import queries, rules, service
from festival.kinds.mixer.models import Choice, Guest, Pair, Run
from festival.kinds.mixer.rules import MixerRefused, Reason, Row, Stage, Times
from festival.lib import clock
from festival.lib.db import database_now, db, put
from festival.lib.sealing import seal, unseal
from festival.outbox.service import owe
from festival.programme.locking import lock_activity
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Found:
    """Somebody who chose back: their number, their public key, and what their phone passes on, sealed for this phone alone."""

    label: str
    public_key: bytes
    contact: bytes


def _locked(activity_id: int) -> tuple[Times, Stage]:
    """Lock a mixer and return its times, and where the choice stands by the database's clock.

    :raises MixerRefused: nobody has set the times.
    """
    activity = lock_activity(activity_id)
    now, times = database_now(), queries.times(activity)
    if times is None:
        raise MixerRefused(Reason.NO_TIMES)
    run = service.run_of(activity_id)
    if run.settled_at is not None and run.settled_at < times.opens_at:
        service.renew(run)  # it was broken off, and is held again on another day
    return times, rules.stage_of(times, run.settled_at, now)


def _refuse_outside(stage: Stage) -> None:
    if stage != Stage.OPEN:
        raise MixerRefused(Reason.NOT_OPEN if stage == Stage.BEFORE else Reason.CLOSED)


def _refuse_without_consent(sign_up: SignUp) -> None:
    if queries.has_withdrawn(sign_up.id):
        raise MixerRefused(Reason.NO_CONSENT)


# -- keys ----------------------------------------------------------------------------------------------------------------------


def register_key(sign_up: SignUp, public_key: bytes) -> None:
    """Keep the public key of somebody's phone. Another phone may take over until people choose, and no longer: who has chosen
    them meant this key.

    :raises MixerRefused: not checked in, consent withdrawn, no key of P-256, somebody else's key, or too late.
    """
    _times, stage = _locked(sign_up.activity_id)
    guest = service.here_as(sign_up)
    _refuse_without_consent(sign_up)
    if guest.public_key == public_key:
        return
    if stage in {Stage.CLOSED, Stage.RESULT}:
        raise MixerRefused(Reason.CLOSED)
    if guest.public_key is not None and stage != Stage.BEFORE:
        raise MixerRefused(Reason.KEY_FIXED)
    twins = _with_its_twin(public_key)
    if db.session.scalar(select(Guest.id).where(Guest.public_key.in_(twins), Guest.id != guest.id)) is not None:
        raise MixerRefused(Reason.KEY_BAD)
    guest.public_key = public_key
    db.session.flush()


def _with_its_twin(public_key: bytes) -> tuple[bytes, bytes]:
    """Return a key and the one point that gives the same secrets with everybody.

    :raises MixerRefused: it is no uncompressed point of P-256.
    """
    if len(public_key) != rules.KEY_BYTES or public_key[0] != 4:  # noqa: PLR2004  # SEC 1, 2.3.3: uncompressed
        raise MixerRefused(Reason.KEY_BAD)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public_key)
    except ValueError as error:
        raise MixerRefused(Reason.KEY_BAD) from error
    x, y = public_key[1:33], int.from_bytes(public_key[33:])
    return public_key, b"\x04" + x + (_P - y).to_bytes(32)


#: The prime of P-256 (FIPS 186-4, D.1.2.3).
_P = 2**256 - 2**224 + 2**192 + 2**96 - 1


def keys(activity_id: int) -> list[tuple[str, bytes]]:
    """Return every number that has a phone with its public key, in the order of the numbers: the same list for everybody.

    A phone asks for all of them at once. One that asked for a number alone would tell whom its owner thinks of.
    """
    two = service.two_groups(activity_id)
    return [(two.label(guest), guest.public_key) for guest in queries.guests(activity_id) if guest.public_key is not None]


def code_of(every: Sequence[tuple[str, bytes]]) -> str:
    """Return eight digits of a list of keys: read aloud, they show that nobody was given another list."""
    text = "\n".join(f"{label} {key.hex()}" for label, key in sorted(every))
    return f"{int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) % 10**8:08d}"


# -- choosing ------------------------------------------------------------------------------------------------------------------


def choose(sign_up: SignUp, rows: Sequence[Row]) -> None:
    """Replace somebody's three rows by these, all of them, in the order of their tags.

    :raises MixerRefused: outside the window, not checked in, without a phone's key, or these are not three rows.
    """
    if not rules.are_rows(rows):
        raise MixerRefused(Reason.ROWS_BAD)
    _times, stage = _locked(sign_up.activity_id)
    guest = service.here_as(sign_up)
    _refuse_outside(stage)
    if guest.public_key is None:
        raise MixerRefused(Reason.NO_KEY)
    secret = _secret(service.run_of(sign_up.activity_id))
    kept = sorted((hmac.digest(secret, row.tag, "sha256"), seal(row.sealed, _place(guest.id))) for row in rows)
    db.session.execute(delete(Choice).where(Choice.guest_id == guest.id))
    db.session.execute(insert(Choice), [{"guest_id": guest.id, "tag": tag, "contact": contact} for tag, contact in kept])


def _secret(run: Run) -> bytes:
    assert run.blind is not None  # it goes when the choice is settled, and then no window is open
    return unseal(run.blind, f"mixer_run:{run.activity_id}")


def _place(guest_id: int) -> str:
    return f"mixer_contact:{guest_id}"


def take_back(sign_up: SignUp) -> None:
    """Take everything back at any time: rows while people choose, and afterwards what was passed on.

    :raises MixerRefused: the person has never been checked in.
    """
    lock_activity(sign_up.activity_id)
    guest = queries.guest_of(sign_up.id)
    if guest is None:
        raise MixerRefused(Reason.NOT_HERE)
    run = service.run_of(sign_up.activity_id)
    db.session.execute(delete(Choice).where(Choice.guest_id == guest.id))
    if run.settled_at is not None:
        for pair in queries.pairs_of(guest.id):
            db.session.delete(pair)
    db.session.flush()


# -- what comes of it ----------------------------------------------------------------------------------------------------------


def settle(activity_id: int) -> int | None:
    """Once the window has closed: find the pairs, then delete every choice and the secret they were stored under.

    Returns how many pairs there are; None: it is too early, was done already, or nobody came. Everybody who was there is told
    that results can be seen, in the same words whatever theirs is.
    """
    activity = lock_activity(activity_id)
    now, times, run = database_now(), queries.times(activity), queries.run(activity_id)
    if run is None or run.settled_at is not None or times is None or now < times.closes_at:
        return None
    everybody = queries.guests(activity_id)
    if not everybody:
        return None
    here = {guest.id: guest for guest in everybody if guest.sign_up.state == State.ATTENDED}
    pairs = _pairs(activity_id, here)
    db.session.execute(delete(Choice).where(Choice.guest_id.in_([guest.id for guest in everybody])))
    run.settled_at, run.pairs, run.blind = now, pairs, None
    for guest in here.values():
        owe(
            "mixer_result",
            "sign_up",
            guest.sign_up_id,
            account_id=guest.sign_up.person_id,
            activity_id=activity_id,
            due_at=clock.real(times.reveal_at),
        )
    record("mixer.settle", "activity", activity_id, actor_id=None, activity_id=activity_id, changes=f"pairs {pairs}")
    db.session.flush()
    return pairs


def _pairs(activity_id: int, here: Mapping[int, Guest]) -> int:
    """Write who chose each other; return how many pairs. Whose check-in was taken back since has chosen nobody.

    Two who found each other before the mixer was broken off, and now again, pass on what they chose to pass on now.
    """
    contacts = {
        (row.tag, row.guest_id): row.contact
        for row in db.session.execute(select(Choice.tag, Choice.guest_id, Choice.contact).where(Choice.guest_id.in_(here)))
    }
    choosers: dict[bytes, list[int]] = {}
    for tag, guest_id in contacts:
        choosers.setdefault(tag, []).append(guest_id)
    apart = {frozenset(pair) for pair in queries.blocks(activity_id)}
    found = rules.mutual(choosers, {guest.id: guest.pool_id for guest in here.values()}, apart)
    pairs = {(min(choosers[tag]), max(choosers[tag])): tag for tag in found}  # two who share more tags are one pair
    for (left, right), tag in sorted(pairs.items()):
        given = {"left_contact": contacts[tag, left], "right_contact": contacts[tag, right]}
        put(Pair, {"left_id": left, "right_id": right, **given}, key=("left_id", "right_id"))
    return len(pairs)


def result(sign_up: SignUp) -> list[Found]:
    """Return who chose somebody back, once it is time; nobody else ever appears. Reading settles what is due.

    :raises MixerRefused: not yet, or the person has never been checked in.
    """
    settle(sign_up.activity_id)
    _times, stage = _locked(sign_up.activity_id)
    guest = queries.guest_of(sign_up.id)
    if guest is None:
        raise MixerRefused(Reason.NOT_HERE)
    if stage != Stage.RESULT:
        raise MixerRefused(Reason.NOT_YET)
    two = service.two_groups(sign_up.activity_id)
    pairs = queries.pairs_of(guest.id)
    others = queries.by_id([pair.right_id if pair.left_id == guest.id else pair.left_id for pair in pairs])
    found = []
    for pair in pairs:
        other = others[pair.right_id if pair.left_id == guest.id else pair.left_id]
        sealed = pair.right_contact if pair.left_id == guest.id else pair.left_contact
        found.append(Found(two.label(other), other.public_key or b"", unseal(sealed, _place(other.id))))
    return sorted(found, key=lambda one: one.label)
