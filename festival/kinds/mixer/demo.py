"""What the demo's people do with a mixer: wishes before it, and on its day tables, a report, and a choice made on phones.

Their phones are played here as a browser plays one (``static/js/kinds/mixer.js``): each has a key of its own, and what the
server is sent is what anybody's phone sends. The key comes from the sign-up's code, so that nothing has to be kept.
"""

import hashlib
import json
import secrets
from datetime import datetime, timedelta
from functools import partial
from random import Random

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sqlalchemy import select

from festival.accounts import queries as people
from festival.kinds.mixer import choosing, queries, service
from festival.kinds.mixer.models import Guest
from festival.kinds.mixer.rules import CONTACT_BYTES, ROWS, TAG_BYTES, Complaint, MixerRefused, Row
from festival.lib.db import db
from festival.programme.models import Activity
from festival.seed.diary import Diary
from festival.seed.queries import invented
from festival.signups.models import SignUp
from festival.signups.rules import State

#: One in so many.
_SHY, _ACQUAINTED = 9, 14
#: After the beginning: when the tables are planned, when the first round begins, and when somebody reports something.
_PLANNED, _TABLES, _REPORTED = timedelta(minutes=35), timedelta(minutes=40), timedelta(minutes=65)
_WISHES_BEFORE = timedelta(hours=3)
#: Phones are made ready so long before people choose, who then do so from two minutes after the opening on, in so many steps.
_READY_BEFORE, _FIRST_CHOICE, _STEPS = timedelta(minutes=25), timedelta(minutes=2), 15
#: In so many of those who sit in the same row, both like each other.
_LIKES = 3
#: The order of P-256 (FIPS 186-4, D.1.2.3).
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def enliven(activity: Activity, diary: Diary) -> None:
    """Write down a mixer's afternoon; what people wish for beforehand, they have said when the demo begins."""
    if diary.is_first:
        _wish(activity.id)
    starts_at, times, pairing = activity.starts_at, queries.times(activity), queries.pairing(activity)
    if times is None or pairing is None or not diary.spans(starts_at - _WISHES_BEFORE, times.reveal_at):
        return
    diary.at(starts_at - _WISHES_BEFORE, partial(_wish, activity.id))
    organizer = people.staff_named("organizer")
    if organizer is not None:
        diary.at(starts_at + _PLANNED, partial(service.plan, activity.id, actor_id=organizer.id))
        for number in range(1, pairing.rounds + 1):
            begins = starts_at + _TABLES + (number - 1) * timedelta(minutes=pairing.minutes_per_round)
            diary.at(begins, partial(service.begin_round, activity.id, number, actor_id=organizer.id))
    diary.at(starts_at + _REPORTED, partial(_report, activity.id))
    diary.at(times.opens_at - _READY_BEFORE, partial(_make_ready, activity.id))
    first = times.opens_at + _FIRST_CHOICE
    for step in range(_STEPS):
        at: datetime = first + step * (times.closes_at - first) / (_STEPS + 1)
        diary.at(at, partial(_choose, activity.id, step))
    diary.at(times.closes_at, partial(choosing.settle, activity.id))


def _wish(activity_id: int) -> None:
    """Let those with a place say what they wish: some no pictures, some have named somebody they know."""
    placed = db.session.scalars(
        select(SignUp)
        .where(SignUp.activity_id == activity_id, SignUp.state == State.CONFIRMED, SignUp.person_id.in_(invented()))
        .order_by(SignUp.id),
    ).all()
    for turn, sign_up in enumerate(placed):
        if turn % _SHY == 0:
            service.prefer(sign_up, no_photo=True)
        if turn % _ACQUAINTED == 1:
            service.know(sign_up, placed[-turn].digits)
    db.session.flush()


def _players(activity_id: int) -> dict[int, list[Guest]]:
    """Return by group, in the order of their sign-ups, those of the demo's people who are there and choose by themselves.

    The first of each group is left out: whoever is shown the demo plays that one on a phone of their own.
    """
    ours = set(db.session.scalars(invented()))
    found: dict[int, list[Guest]] = {}
    for guest in sorted(queries.here(activity_id), key=lambda one: one.sign_up_id):
        if guest.sign_up.person_id in ours:
            found.setdefault(guest.pool_id, []).append(guest)
    return {pool_id: guests[1:] for pool_id, guests in found.items()}


def _report(activity_id: int) -> None:
    """Let somebody report somebody, and keep away from another; what both are is told to nobody."""
    groups = list(_players(activity_id).values())
    if len(groups) != 2 or min(map(len, groups)) < 2:  # noqa: PLR2004  # two groups of at least two
        return
    his, hers = groups[0][0], groups[1][-1]
    two = service.two_groups(activity_id)
    letter = two.letters[his.pool_id]
    words = "换桌时一直追问住址，已明确拒绝。（演示）"
    service.report(hers.sign_up, letter, his.number, Complaint.HARASSMENT, words, may_be_asked=True)
    service.block(hers.sign_up, letter, his.number)


# -- phones ----------------------------------------------------------------------------------------------------------------------


def _key_of(guest: Guest) -> ec.EllipticCurvePrivateKey:
    seed = hashlib.sha256(f"demo phone {guest.sign_up.code}".encode()).digest()
    return ec.derive_private_key(int.from_bytes(seed) % (_ORDER - 1) + 1, ec.SECP256R1())


def _public_of(guest: Guest) -> bytes:
    return _key_of(guest).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def _make_ready(activity_id: int) -> None:
    """Let each open the page on a phone."""
    for guest in (one for guests in _players(activity_id).values() for one in guests):
        if guest.public_key is None:
            choosing.register_key(guest.sign_up, _public_of(guest))


def _choose(activity_id: int, step: int) -> None:
    """Let those whose turn it is send their choice: of whom they like, and of whoever plays along on a phone of their own."""
    players, two = _players(activity_id), service.two_groups(activity_id)
    if set(players) != {two.left.id, two.right.id}:
        return
    keys = {guest.id: _public_of(guest) for guests in players.values() for guest in guests}
    visitors = [one for one in queries.guests(activity_id) if one.public_key and one.public_key != keys.get(one.id)]
    for mine, theirs in ((two.left, two.right), (two.right, two.left)):
        others = [one for one in players[theirs.id] if one.public_key == keys[one.id]]
        for row, guest in enumerate(players[mine.id]):
            if row % _STEPS != step or not others or guest.public_key != keys[guest.id]:
                continue
            chance = Random(f"choice {guest.sign_up_id}")  # noqa: S311  # no secret: the same every time
            liked = [one for one in visitors if one.pool_id == theirs.id]
            liked += [others[row]] if row % _LIKES == 0 and row < len(others) else []
            liked += chance.sample(others, min(2, len(others)))
            chosen = list({one.id: one for one in liked}.values())[:ROWS]
            try:
                choosing.choose(guest.sign_up, _rows(activity_id, guest, chosen, two.label(guest), two))
            except MixerRefused:
                continue


def _rows(activity_id: int, guest: Guest, chosen: list[Guest], label: str, two: queries.Groups) -> list[Row]:
    """Return three rows as a phone makes them (docs/adr/0025)."""
    key, contact = _key_of(guest), json.dumps({"name": guest.sign_up.person.name[:1] + "同学", "wechat": f"demo-{label.lower()}"})
    rows = []
    for other in chosen:
        assert other.public_key is not None
        theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), other.public_key)
        shared = key.exchange(ec.ECDH(), theirs)
        info = f"festival mixer contact {activity_id} {label} {two.label(other)}".encode()
        nonce = secrets.token_bytes(12)
        cipher = AESGCM(HKDF(hashes.SHA256(), 32, None, info).derive(shared))
        sealed = nonce + cipher.encrypt(nonce, contact.encode().ljust(480, b"\0"), None)
        tag = hashlib.sha256(shared + f"festival mixer choice {activity_id}".encode()).digest()
        rows.append(Row(tag, sealed))
    pads = [Row(secrets.token_bytes(TAG_BYTES), secrets.token_bytes(CONTACT_BYTES)) for _ in range(ROWS - len(rows))]
    return sorted((*rows, *pads), key=lambda one: one.tag)
