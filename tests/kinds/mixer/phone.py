"""A mixer on its afternoon, and a phone as the page's script makes of it: key, tags, sealed contacts."""

import hashlib
import json
import secrets
from datetime import datetime, time, timedelta

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from festival.checkin import service as door
from festival.checkin.rules import Typed, UndoReason, Way
from festival.checkin.service import ScanRequest, Where
from festival.kinds.mixer import choosing, queries
from festival.kinds.mixer.details import MixerDetails, Pairing
from festival.kinds.mixer.models import Guest
from festival.kinds.mixer.rules import CONTACT_BYTES, ROWS, TAG_BYTES, Row
from festival.lib import clock, tokens
from festival.lib.db import db, transaction
from festival.programme.models import Activity
from festival.signups.models import SignUp
from tests.builders import make_activity, make_sign_up, make_staff, pool_of

DAY = datetime(2023, 6, 17, tzinfo=clock.ZONE)
DOORS, OPENS, CLOSES, REVEAL = (
    DAY + timedelta(hours=hour, minutes=minute) for hour, minute in ((13, 30), (16, 40), (17, 0), (17, 10))
)


def make_mixer(slug: str = "mixer", capacity: int | None = 40) -> Activity:
    """Return a mixer that begins at 14:00 of its day; the clock must stand before its end."""
    clock.freeze(DOORS)
    activity = make_activity(
        slug=slug, kind="mixer", pools=2, capacity=capacity, starts_in=timedelta(minutes=30), lasts=timedelta(hours=3.5)
    )
    with transaction():
        for index, (key, zh, en) in enumerate((("m", "男嘉宾", "Men"), ("f", "女嘉宾", "Women"))):
            pool = db.session.merge(pool_of(activity, index))
            pool.key, pool.label_zh, pool.label_en = key, zh, en
            pool.quota_question, pool.quota_answer = "gender", key
        found = db.session.get_one(Activity, activity.id)
        found.details = MixerDetails(
            pairing=Pairing(
                rounds=8, minutes_per_round=6, choices_max=3, opens=time(16, 40), closes=time(17), reveal=time(17, 10)
            )
        ).model_dump_json()
        found.party_max = 1
    db.session.refresh(activity)
    return activity


def scan(sign_up: SignUp, way: Way = Way.IN) -> int:
    """Scan somebody at the door; return the scan's id, 0 where they were not let in."""
    with transaction():
        asked = ScanRequest(tokens.new_token(), way, Typed(sign_up.code, is_digits=False))
        scanned = door.scan(sign_up.activity_id, asked, Where(_steward()))
        return scanned.scan.id if scanned.scan else 0


def undo(sign_up: SignUp, scan_id: int) -> None:
    """Take a scan back."""
    actor = _steward()
    with transaction():
        door.undo(sign_up.activity_id, scan_id, UndoReason.MISTAKE, Where(actor), nonce=tokens.new_token())


_stewards: dict[int, int] = {}


def _steward() -> int:
    engine = id(db.engine)
    if engine not in _stewards:
        _stewards.clear()
        db.session.rollback()
        _stewards[engine] = make_staff().id
    return _stewards[engine]


def guests(activity: Activity, men: int, women: int, *, here: bool = True) -> tuple[list[SignUp], list[SignUp]]:
    """Return men and women with a place, checked in unless told otherwise."""
    _steward()
    groups = []
    for index, many in enumerate((men, women)):
        pool = pool_of(activity, index)
        groups.append([make_sign_up(activity, pool=pool) for _ in range(many)])
    if here:
        for one in (*groups[0], *groups[1]):
            scan(one)
    return groups[0], groups[1]


def guest(sign_up: SignUp) -> Guest:
    """Return somebody's number, read afresh."""
    db.session.rollback()
    found = queries.guest_of(sign_up.id)
    assert found is not None
    return found


def label(sign_up: SignUp) -> str:
    """Return the number that somebody wears."""
    db.session.rollback()
    return queries.labels([sign_up.id])[sign_up.id]


class Phone:
    """Somebody's phone."""

    def __init__(self, sign_up: SignUp, key: ec.EllipticCurvePrivateKey | None = None) -> None:
        self.sign_up, self.activity_id, self.label = sign_up, sign_up.activity_id, label(sign_up)
        self.key = key or ec.generate_private_key(ec.SECP256R1())
        self.pads = [secrets.token_bytes(TAG_BYTES) for _ in range(ROWS)]

    @property
    def public(self) -> bytes:
        """The public half of the key."""
        return self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def register(self) -> "Phone":
        """Send the public key."""
        with transaction():
            choosing.register_key(self.sign_up, self.public)
        return self

    def shared(self, public: bytes) -> bytes:
        """Return the secret with another phone."""
        return self.key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))

    def tag(self, public: bytes) -> bytes:
        """Return the tag of a choice."""
        return hashlib.sha256(self.shared(public) + f"festival mixer choice {self.activity_id}".encode()).digest()

    def _contact_key(self, public: bytes, from_: str, to: str) -> AESGCM:
        info = f"festival mixer contact {self.activity_id} {from_} {to}".encode()
        return AESGCM(HKDF(hashes.SHA256(), 32, None, info).derive(self.shared(public)))

    def seal(self, public: bytes, to: str, contact: dict[str, str]) -> bytes:
        """Return a contact sealed for another phone."""
        nonce, plain = secrets.token_bytes(12), json.dumps(contact).encode().ljust(480, b"\0")
        return nonce + self._contact_key(public, self.label, to).encrypt(nonce, plain, None)

    def open(self, public: bytes, from_: str, sealed: bytes) -> dict[str, str]:
        """Return what another phone passes on."""
        plain = self._contact_key(public, from_, self.label).decrypt(sealed[:12], sealed[12:], None)
        return json.loads(plain.rstrip(b"\0"))

    def rows(self, *chosen: "Phone", contact: dict[str, str] | None = None) -> list[Row]:
        """Return three rows for those who are chosen."""
        found = [Row(self.tag(one.public), self.seal(one.public, one.label, contact or {})) for one in chosen]
        pads = [Row(pad, secrets.token_bytes(CONTACT_BYTES)) for pad in self.pads[: ROWS - len(found)]]
        return sorted((*found, *pads), key=lambda row: row.tag)

    def choose(self, *chosen: "Phone", contact: dict[str, str] | None = None) -> None:
        """Choose at the server."""
        rows = self.rows(*chosen, contact=contact)
        with transaction():
            choosing.choose(self.sign_up, rows)

    def result(self) -> dict[str, dict[str, str]]:
        """Return who chose back, with what each passes on."""
        with transaction():
            found = choosing.result(self.sign_up)
        return {one.label: self.open(one.public_key, one.label, one.contact) for one in found}


def phones(activity: Activity, men: int, women: int) -> tuple[list[Phone], list[Phone]]:
    """Return the phones of men and women who are there."""
    left, right = guests(activity, men, women)
    return [Phone(one).register() for one in left], [Phone(one).register() for one in right]
