"""What a device at the door keeps for when the network is away: nothing that can be read without somebody's code.

Each row stands under a digest of its code and is sealed under a key derived from that code (128 random bits). Whoever has the
device and not the codes learns how many are expected, and nobody's name (``docs/adr/0016``). No number, no address, no digits.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from festival.checkin import scans
from festival.checkin.rules import lookup_of
from festival.lib import clock
from festival.lib.format import hours
from festival.lib.i18n import loc
from festival.programme.models import Activity
from festival.seats import queries as seats
from festival.signups.models import SignUp

#: Days with slots whose people a device keeps: today, and tomorrow for who prepares in the evening.
DAYS = 2
#: After the last slot of the list ends, the device forgets it.
KEPT_FOR = timedelta(hours=12)
#: What the key of a row is for; the page's script says the same.
INFO = b"festival check-in row"
_SALT_BYTES = 16
_IV_BYTES = 12


@dataclass(frozen=True, slots=True)
class Kept:
    """A list as a device keeps it. Rows are pairs: the name to look it up by, and what is sealed (base64)."""

    version: str
    salt: str
    until: datetime
    rows: list[tuple[str, str]]


def kept(activity: Activity, now: datetime) -> Kept:
    """Return those who are expected on an activity's next days (loaded with slots and pools), sealed one by one."""
    version = version_of(activity.id, now)  # read first: a list may be newer than its version says, never older
    slots = scans.days_with_slots(activity, now, DAYS)
    salt = secrets.token_bytes(_SALT_BYTES)
    expected = scans.expected([slot.id for slot in slots])
    sits = seats.labels([sign_up.id for sign_up in expected])
    inside = scans.inside_by_sign_up([slot.id for slot in slots])
    several = {slot.id for slot in slots if len(slot.open_pools) > 1}
    rows = []
    for sign_up in expected:
        words = _words(sign_up, inside.get(sign_up.id, 0), sits.get(sign_up.id, ""), has_pools=sign_up.slot_id in several)
        rows.append(sealed(activity.id, sign_up.code, words, salt))
    last = max((slot.ends_at for slot in slots), default=now)
    return Kept(version, base64.b64encode(salt).decode(), last + KEPT_FOR, rows)


def version_of(activity_id: int, now: datetime) -> str:
    """Return a word that changes with the list: with any sign-up, any scan, and the day."""
    return f"{scans.version(activity_id)}-{clock.local_day(now):%Y%m%d}"


def _words(sign_up: SignUp, inside: int, seat: str, *, has_pools: bool) -> dict[str, object]:
    """Return what the door needs of a party: how to call it, where it goes, how many it is, and when."""
    slot = sign_up.slot
    return {
        "name": sign_up.name,
        "pool": loc(sign_up.pool, "label") if has_pools else "",
        "seat": seat,
        "hours": hours(slot.starts_at, slot.ends_at) if slot.parent_id is not None else "",
        "size": sign_up.party_size,
        "inside": inside,
        "from": clock.local_day(slot.starts_at).isoformat(),
        "to": clock.local_day(slot.ends_at).isoformat(),
    }


def sealed(activity_id: int, code: str, words: dict[str, object], salt: bytes) -> tuple[str, str]:
    """Return a row: its name, and its words under AES-256-GCM with the key of its code."""
    lookup = lookup_of(activity_id, code)
    key = HKDF(algorithm=SHA256(), length=32, salt=salt, info=INFO).derive(code.encode())
    iv = secrets.token_bytes(_IV_BYTES)
    closed = AESGCM(key).encrypt(iv, json.dumps(words, ensure_ascii=False).encode(), lookup.encode())
    return lookup, base64.b64encode(iv + closed).decode()
