"""Who may do what, what an address is, what a code is, and how long things last. Pure: plain values in, a verdict out."""

import base64
import hashlib
import hmac
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import pyotp
from email_validator import EmailNotValidError, validate_email

from festival.lib.text import clean_line, half_width

# -- roles -------------------------------------------------------------------------------------------------------------------


class Role(StrEnum):
    """What a staff member is, for the whole festival or for one activity."""

    ADMINISTRATOR = "administrator"
    ORGANIZER = "organizer"
    REVIEWER = "reviewer"
    STEWARD = "steward"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a view asks for."""

    MANAGE = "manage"  # enter the organizers' area at all
    ACTIVITY_READ = "activity.read"
    ACTIVITY_EDIT = "activity.edit"  # words, times, places, windows
    CAPACITY_EDIT = "capacity.edit"
    ROSTER_READ = "roster.read"  # names in full, contacts masked
    ROSTER_MASKED = "roster.masked"  # names masked too
    CONTACT_REVEAL = "contact.reveal"
    ROSTER_EXPORT = "roster.export"
    ROSTER_EXPORT_FULL = "roster.export_full"  # a list with contacts in full
    REVIEW = "review"
    CHECK_IN = "check_in"
    COUNTER = "counter"  # sign up somebody who has no phone
    STATISTICS = "statistics"
    AUDIT_READ = "audit.read"
    STAFF_EDIT = "staff.edit"
    PRIVACY = "privacy"  # find one person and do for them what they may ask for
    SETTINGS_EDIT = "settings.edit"
    MESSAGES_READ = "messages.read"


_ORGANIZER = frozenset(
    {
        Permission.MANAGE,
        Permission.ACTIVITY_READ,
        Permission.ACTIVITY_EDIT,
        Permission.CAPACITY_EDIT,
        Permission.ROSTER_READ,
        Permission.ROSTER_MASKED,
        Permission.CONTACT_REVEAL,
        Permission.ROSTER_EXPORT,
        Permission.ROSTER_EXPORT_FULL,
        Permission.REVIEW,
        Permission.CHECK_IN,
        Permission.COUNTER,
        Permission.STATISTICS,
        Permission.MESSAGES_READ,
    },
)
#: Who may do what. Nobody may erase the audit trail: there is no such permission.
PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.ADMINISTRATOR: frozenset(Permission),
    Role.ORGANIZER: _ORGANIZER,
    Role.REVIEWER: frozenset(
        {Permission.MANAGE, Permission.ACTIVITY_READ, Permission.ROSTER_MASKED, Permission.REVIEW, Permission.STATISTICS},
    ),
    Role.STEWARD: frozenset({Permission.MANAGE, Permission.CHECK_IN}),
    Role.AUDITOR: frozenset({Permission.MANAGE, Permission.ACTIVITY_READ, Permission.STATISTICS, Permission.AUDIT_READ}),
}
#: What concerns the festival as a whole: a role held for one activity does not give it.
FESTIVAL_WIDE = frozenset(
    {Permission.STAFF_EDIT, Permission.SETTINGS_EDIT, Permission.AUDIT_READ, Permission.PRIVACY},
)
#: What a device at the door may do, whoever signed in there: it lies about for a whole day.
GATE_PERMISSIONS = frozenset({Permission.MANAGE, Permission.CHECK_IN})
#: Who needs a second factor outside the demo.
SECOND_FACTOR_ROLES = frozenset({Role.ADMINISTRATOR, Role.ORGANIZER})


def roles_with(permission: Permission) -> frozenset[Role]:
    """Return the roles that hold a permission."""
    return frozenset(role for role, held in PERMISSIONS.items() if permission in held)


# -- addresses ---------------------------------------------------------------------------------------------------------------


class Channel(StrEnum):
    """How an address is reached."""

    MOBILE = "mobile"
    MAIL = "mail"


class AddressProblem(StrEnum):
    """Why a text is no address that we can reach."""

    MISSING = "address_missing"
    LENGTH = "mobile_length"
    PREFIX = "mobile_prefix"
    FOREIGN = "mobile_foreign"
    MAIL = "mail_shape"
    TAKEN = "address_taken"
    LAST = "address_last"


@dataclass(frozen=True, slots=True)
class Reachable:
    """An address in its one normal form: 11 digits, or a mail address in lower case."""

    channel: Channel
    value: str


@dataclass(frozen=True, slots=True)
class NotAnAddress:
    """What is wrong with an address. ``digits`` counts those of a number."""

    reason: AddressProblem
    digits: int = 0


MOBILE_LENGTH = 11
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
_BETWEEN_DIGITS = re.compile(r"[\s().·_-]")
_NUMBER = re.compile(r"\+?[0-9]+")
_LONGEST = 254


def read_address(text: str) -> Reachable | NotAnAddress:
    """Read a mobile number of the mainland, or a mail address, as people type them.

    Full-width characters, spaces, hyphens, ``+86`` and ``0086`` are understood. No address is looked up on the network.
    """
    text = clean_line(half_width(text))
    if not text:
        return NotAnAddress(AddressProblem.MISSING)
    number = _BETWEEN_DIGITS.sub("", text)
    if _NUMBER.fullmatch(number):
        return _read_mobile(number)
    try:
        if len(text) > _LONGEST:
            return NotAnAddress(AddressProblem.MAIL)
        # ".test" is nobody's: a code sent there is read by nobody, so it may be typed.
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        return NotAnAddress(AddressProblem.MAIL)
    return Reachable(Channel.MAIL, (found.ascii_email or found.normalized).lower())


def _read_mobile(number: str) -> Reachable | NotAnAddress:
    abroad = number.startswith(("+", "00"))
    for prefix in ("+86", "0086"):
        if number.startswith(prefix):
            number, abroad = number.removeprefix(prefix), False
    if abroad:
        return NotAnAddress(AddressProblem.FOREIGN)
    if len(number) == MOBILE_LENGTH + 2 and number.startswith("86"):
        number = number.removeprefix("86")
    if len(number) != MOBILE_LENGTH:
        return NotAnAddress(AddressProblem.LENGTH, len(number))
    if not _MOBILE.fullmatch(number):
        return NotAnAddress(AddressProblem.PREFIX, len(number))
    return Reachable(Channel.MOBILE, number)


# -- one-time codes ----------------------------------------------------------------------------------------------------------

CODE_DIGITS = 6
CODE_LASTS = timedelta(minutes=5)
#: The longest limit asks when codes were sent; afterwards nobody does, and the address is not kept.
CODE_KEPT = timedelta(days=2)
#: Wrong codes that one sent code bears.
CODE_TRIES = 5
#: A second press of the same button by the browser that used the code is answered as the first for so long.
CODE_REPEATS = timedelta(seconds=60)


class CodeReason(StrEnum):
    """Why no code was sent, or why one was not taken."""

    TOO_SOON = "code_too_soon"
    HOURLY = "code_hourly"
    DAILY = "code_daily"
    SHAPE = "code_shape"
    NONE = "code_none"
    WRONG = "code_wrong"
    EXPIRED = "code_expired"
    TRIED_OUT = "code_tried_out"
    USED = "code_used"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most so many codes to one address in so long."""

    codes: int
    within: timedelta
    reason: CodeReason


#: They always hold, whatever the limits per IP address do: a text message costs money and rings a telephone.
CODE_LIMITS = (
    Limit(1, timedelta(minutes=1), CodeReason.TOO_SOON),
    Limit(5, timedelta(hours=1), CodeReason.HOURLY),
    Limit(10, timedelta(days=1), CodeReason.DAILY),
)


@dataclass(frozen=True, slots=True)
class LimitReached:
    """Which limit says no, and in how many seconds it will say yes."""

    reason: CodeReason
    retry_after: int


def limit_reached(sent_at: Sequence[datetime], now: datetime) -> LimitReached | None:
    """Tell whether another code may go to an address; the limit that lasts longest is named.

    :param sent_at: when codes were sent to it within the last day, in any order.
    """
    newest_first = sorted(sent_at, reverse=True)
    reached: LimitReached | None = None
    for limit in CODE_LIMITS:
        inside = [at for at in newest_first if now - at < limit.within]
        if len(inside) < limit.codes:
            continue
        wait = inside[limit.codes - 1] + limit.within - now
        seconds = max(1, math.ceil(wait.total_seconds()))  # rounded up: a wait that is too short is a lie
        if reached is None or seconds > reached.retry_after:
            reached = LimitReached(limit.reason, seconds)
    return reached


def code_of(key: bytes, challenge_id: int, address: str, sent_at: datetime) -> str:
    """Return the code of a challenge: RFC 4226 HOTP over its id, under a key bound to whom and when it was sent.

    The binding matters where a database gives an id of a purged row out again.
    """
    bound = hmac.digest(key, f"{address}\n{sent_at.timestamp():.3f}".encode(), hashlib.sha256)
    return pyotp.HOTP(base64.b32encode(bound).decode(), digits=CODE_DIGITS).at(challenge_id)


def read_code(text: str) -> str | None:
    """Return the digits of a typed code; None when it is not six digits."""
    code = re.sub(r"\s", "", half_width(text))
    return code if re.fullmatch(rf"[0-9]{{{CODE_DIGITS}}}", code) else None


# -- sessions ----------------------------------------------------------------------------------------------------------------

#: A person stays signed in for so long after the last visit.
PERSON_LASTS = timedelta(days=30)
STAFF_IDLE = timedelta(minutes=30)
STAFF_LASTS = timedelta(hours=12)
#: How stale ``last_seen_at`` may get before a visit writes it again.
PERSON_TOUCH = timedelta(minutes=5)
STAFF_TOUCH = timedelta(minutes=1)
#: What changes how somebody signs in, or deletes the account, asks for a sign-in no older than this.
FRESH = timedelta(minutes=15)


def session_lives(*, is_staff: bool, created_at: datetime, last_seen_at: datetime, now: datetime, is_gate: bool = False) -> bool:
    """Tell whether a session still holds: a person's slides for 30 days, staff's ends after 30 idle minutes or 12 hours.

    :param is_gate: a device at the door may lie idle for all of its 12 hours: nobody types a password there in the dark.
    """
    if is_staff:
        return (is_gate or now - last_seen_at < STAFF_IDLE) and now - created_at < STAFF_LASTS
    return now - last_seen_at < PERSON_LASTS


def is_stale(*, is_staff: bool, last_seen_at: datetime, now: datetime) -> bool:
    """Tell whether ``last_seen_at`` is worth writing again."""
    return now - last_seen_at >= (STAFF_TOUCH if is_staff else PERSON_TOUCH)


_DEVICES = (
    ("micromessenger", "WeChat"),
    ("ipad", "iPad"),
    ("iphone", "iPhone"),
    ("harmony", "HarmonyOS"),
    ("android", "Android"),
    ("windows", "Windows"),
    ("macintosh", "Mac"),
    ("linux", "Linux"),
)


def device_word(user_agent: str) -> str:
    """Return a word by which somebody knows the device again; never the whole user agent."""
    lower = user_agent.lower()
    return next((word for mark, word in _DEVICES if mark in lower), "")


# -- staff -------------------------------------------------------------------------------------------------------------------

STAFF_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
STAFF_TRIES = 5
STAFF_LOCKED = timedelta(minutes=15)
STAFF_LINK_LASTS = timedelta(hours=24)
#: Between the right password and the second factor.
SECOND_FACTOR_WITHIN = timedelta(minutes=5)
RECOVERY_CODES = 10

PASSWORD_LEAST = 12
PASSWORD_MOST = 128
_DIFFERENT_LEAST = 5


class StaffReason(StrEnum):
    """Why staff could not sign in, or a password was not taken."""

    NOT_LET_IN = "staff_not_let_in"  # unknown, wrong or locked: never said which
    SECOND_WRONG = "second_wrong"
    SECOND_LATE = "second_late"
    LINK_DEAD = "link_dead"
    SHORT = "password_short"
    LONG = "password_long"
    COMMON = "password_common"
    NAMED = "password_named"
    DIFFERENT = "password_different"
    NAME_SHAPE = "staff_name_shape"
    NAME_TAKEN = "staff_name_taken"
    LAST_ADMINISTRATOR = "last_administrator"
    ONESELF = "staff_oneself"


#: What lists of leaked passwords are made of once digits and signs are taken off their ends.
_COMMON = frozenset(
    [
        "password",
        "passwort",
        "passw0rd",
        "p@ssword",
        "p@ssw0rd",
        "pa55word",
        "qwerty",
        "qwertyuiop",
        "qwertyuiopasdfghjkl",
        "asdfghjkl",
        "zxcvbnm",
        "qazwsx",
        "qazwsxedc",
        "1qaz2wsx",
        "1q2w3e",
        "1q2w3e4r",
        "1q2w3e4r5t",
        "admin",
        "administrator",
        "adminadmin",
        "root",
        "rootroot",
        "welcome",
        "welcometo",
        "letmein",
        "iloveyou",
        "iloveu",
        "woaini",
        "woaini520",
        "woaiwojia",
        "superman",
        "batman",
        "sunshine",
        "princess",
        "dragon",
        "monkey",
        "master",
        "football",
        "baseball",
        "trustno",
        "login",
        "guest",
        "test",
        "testtest",
        "changeme",
        "changeit",
        "default",
        "secret",
        "abc",
        "abcd",
        "abcde",
        "abcdef",
        "abcdefg",
        "abcdefgh",
        "abcdefghijkl",
        "festival",
        "hexi",
        "tianjin",
        "hexifestival",
        "talentfestival",
        "hexitalentfestival",
        "hexitalent",
        "rencai",
        "rencaijie",
        "hexirencai",
        "hexirencaijie",
        "hexirencaijiefestival",
        "tianjinhexi",
        "correcthorsebatterystaple",
        "organizer",
        "organiser",
        "reviewer",
        "steward",
        "auditor",
        "zhongguo",
        "beijing",
        "aaaaaa",
        "passwordpassword",
        "mypassword",
        "newpassword",
    ],
)
_RUNS = ("0123456789012345678901234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "1qaz2wsx3edc4rfv5tgb")


def password_refusal(password: str, name: str) -> StaffReason | None:
    """Tell why a password is not good enough; None when it is. Length counts, not the kinds of characters."""
    if len(password) < PASSWORD_LEAST:
        return StaffReason.SHORT
    if len(password) > PASSWORD_MOST:  # hashing a novel would be somebody's way to keep us busy
        return StaffReason.LONG
    folded = password.casefold()
    core = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", folded)
    rest = folded.replace(name.casefold(), "") if name else folded
    if len(rest) < PASSWORD_LEAST // 2:
        return StaffReason.NAMED
    plain = len(set(folded)) < _DIFFERENT_LEAST
    run = any(folded in line or folded in line[::-1] for line in _RUNS)
    repeated = re.fullmatch(r"(.{1,6}?)\1+", folded) is not None
    if plain or run or repeated or core in _COMMON or folded in _COMMON:
        return StaffReason.COMMON
    return None
