"""What may be published, removed, asked; which slots a rule makes; where dates go. Pure: plain values in, a verdict out."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from festival.lib.errors import Refused

# -- addresses ------------------------------------------------------------------------------------------------------------------

#: The column's width.
LONGEST_SLUG = 64
#: Words that pages of the organizers' area stand under themselves.
RESERVED = frozenset({"new"})
_YEAR = re.compile(r"-20\d\d\Z")


def slug_from(title: str) -> str:
    """Return what an English title is called in an address; empty where nothing of it can be."""
    words = re.findall(r"[a-z0-9]+", title.casefold())
    slug = "-".join(words)[:48].strip("-")
    return "" if slug in RESERVED else slug


def free_slug(wanted: str, taken: Collection[str]) -> str:
    """Return the slug, or the same with the first number from 2 behind it that nobody has."""
    if wanted not in taken and wanted not in RESERVED:
        return wanted
    number = 2
    while f"{wanted[: LONGEST_SLUG - 4]}-{number}" in taken:
        number += 1
    return f"{wanted[: LONGEST_SLUG - 4]}-{number}"


def slug_of_year(slug: str, year: int) -> str:
    """Return the slug of the same activity in another year's edition: ``forum`` and ``forum-2023`` give ``forum-2024``."""
    return f"{_YEAR.sub('', slug)[: LONGEST_SLUG - 5]}-{year}"


# -- publication ----------------------------------------------------------------------------------------------------------------


class AuthoringReason(StrEnum):
    """Why organizers cannot do something to an activity, a slot, a question or an edition."""

    HAS_SIGN_UPS = "has_sign_ups"
    NOT_A_DRAFT = "not_a_draft"
    NOT_PUBLISHED = "not_published"
    NO_PLACES = "no_places"  # nothing that could be signed up for, or come to
    ALL_PAST = "all_past"
    TIME_PASSED = "time_passed"  # the time to publish at lies behind
    AFTER_THE_END = "after_the_end"  # it would be published when it is over
    LAST_SLOT = "last_slot"
    DRAWN = "drawn"
    SLUG_TAKEN = "slug_taken"
    OUTSIDE_SESSION = "outside_session"
    UNKNOWN = "unknown"  # a venue, track or question that is not there
    ASKED_ALREADY = "asked_already"
    ANSWERED = "answered"  # people have answered the question
    NEVER_COLLECTED = "never_collected"
    NEEDS_CONFIRMATION = "needs_confirmation"
    LONGER_THAN_PROMISED = "longer_than_promised"
    NOBODY_TO_ASK = "nobody_to_ask"
    IN_USE = "in_use"  # a quota or the kind's own matters refer to it
    NOTHING_PUBLISHED = "nothing_published"
    CHANGED_MEANWHILE = "changed_meanwhile"


class AuthoringRefused(Refused):
    """Nothing was changed; ``reason`` is an ``AuthoringReason``."""

    reason: AuthoringReason


@dataclass(frozen=True, slots=True)
class Draft:
    """What publication is judged by."""

    is_draft: bool
    has_sign_ups: bool
    #: Last end of the slots that take place; None: there is no slot.
    last_end: datetime | None
    has_pools: bool


def publish_refusal(draft: Draft, now: datetime, publish_at: datetime | None) -> AuthoringReason | None:
    """Return why an activity cannot be published, now or at a time; None: it can.

    What is published and has sign-ups is not taken back by setting a time for it.
    """
    if not draft.is_draft and draft.has_sign_ups:
        return AuthoringReason.HAS_SIGN_UPS
    if draft.last_end is None or not draft.has_pools:
        return AuthoringReason.NO_PLACES
    if draft.last_end <= now:
        return AuthoringReason.ALL_PAST
    if publish_at is not None and publish_at <= now:
        return AuthoringReason.TIME_PASSED
    if publish_at is not None and publish_at >= draft.last_end:
        return AuthoringReason.AFTER_THE_END
    return None


def unpublish_refusal(*, is_published: bool, has_sign_ups: bool) -> AuthoringReason | None:
    """Return why an activity cannot become a draft again; None: it can. Whom somebody signed up for is called off instead."""
    if not is_published:
        return AuthoringReason.NOT_PUBLISHED
    return AuthoringReason.HAS_SIGN_UPS if has_sign_ups else None


def delete_refusal(*, is_draft: bool, has_sign_ups: bool) -> AuthoringReason | None:
    """Return why an activity cannot be deleted; None: it is a draft that nobody ever signed up for."""
    if has_sign_ups:
        return AuthoringReason.HAS_SIGN_UPS
    return None if is_draft else AuthoringReason.NOT_A_DRAFT


# -- slots by rule --------------------------------------------------------------------------------------------------------------

#: More slots than an activity may have.
MOST_SLOTS = 2_000
#: The longest season.
MOST_DAYS = 400


class SeriesProblem(StrEnum):
    """Why a rule makes no slots."""

    ENDS_BEFORE_START = "ends_before_start"
    TOO_LONG = "too_long"  # more than MOST_DAYS
    NO_WEEKDAY = "no_weekday"
    NO_DAY = "no_day"  # every day is closed
    NO_TIME = "no_time"
    OVERLAP = "overlap"  # an entry begins before the one before it has ended
    PAST_MIDNIGHT = "past_midnight"
    TOO_MANY = "too_many"  # more than MOST_SLOTS


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A rule for slots: every Tuesday to Sunday, four times a day, but not on these days."""

    first: date
    last: date
    #: 0 is Monday.
    weekdays: frozenset[int]
    starts: tuple[time, ...]
    length_minutes: int
    #: Days of the rule on which it is closed, and others on which it is open all the same.
    closed: frozenset[date] = frozenset()
    extra: frozenset[date] = frozenset()
    #: Each slot can be booked from so many days before its own, from ``release_at`` on; None: with the activity.
    days_ahead: int | None = None
    release_at: time = time(9)


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """One timed entry, or the whole session where there is one a day."""

    key: str
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedDay:
    """The session of one day. Several entries are its children; a single one is the session itself."""

    on: date
    key: str
    entries: tuple[PlannedEntry, ...]

    @property
    def starts_at(self) -> datetime:
        """When its first entry begins."""
        return self.entries[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """When its last entry ends."""
        return self.entries[-1].ends_at

    @property
    def has_children(self) -> bool:
        """Tell whether its entries are slots of their own."""
        return len(self.entries) > 1


def series_problem(series: Series) -> SeriesProblem | None:
    """Return why a rule makes no slots; None: it does."""
    if series.last < series.first:
        return SeriesProblem.ENDS_BEFORE_START
    if (series.last - series.first).days >= MOST_DAYS:
        return SeriesProblem.TOO_LONG
    if not series.weekdays and not series.extra:
        return SeriesProblem.NO_WEEKDAY
    if problem := _time_problem(series):
        return problem
    days = len(open_days(series))
    if days == 0:
        return SeriesProblem.NO_DAY
    return SeriesProblem.TOO_MANY if days * (len(series.starts) + 1) > MOST_SLOTS else None


def _time_problem(series: Series) -> SeriesProblem | None:
    if not series.starts or series.length_minutes < 1:
        return SeriesProblem.NO_TIME
    minutes = sorted(start.hour * 60 + start.minute for start in series.starts)
    if minutes[-1] + series.length_minutes > 24 * 60:
        return SeriesProblem.PAST_MIDNIGHT
    overlaps = any(later - earlier < series.length_minutes for earlier, later in pairwise(minutes))
    return SeriesProblem.OVERLAP if overlaps else None


def open_days(series: Series) -> list[date]:
    """Return the days on which a rule is open, in order. What is closed is closed, whatever else is said of it."""
    span = (series.first + timedelta(days=step) for step in range((series.last - series.first).days + 1))
    found = {day for day in span if day.weekday() in series.weekdays} | series.extra
    return sorted(found - series.closed)


def planned(series: Series, zone: tzinfo) -> list[PlannedDay]:
    """Return the days of a rule with their slots, in order of time; empty where the rule has a problem."""
    if series_problem(series) is not None:
        return []
    return [PlannedDay(day, f"{day:%Y-%m-%d}", tuple(_entries(series, day, zone))) for day in open_days(series)]


def _entries(series: Series, day: date, zone: tzinfo) -> Iterator[PlannedEntry]:
    for start in sorted(series.starts):
        starts_at = datetime.combine(day, start, tzinfo=zone)
        opens_at = None
        if series.days_ahead is not None:
            opens_at = datetime.combine(day - timedelta(days=series.days_ahead), series.release_at, tzinfo=zone)
            opens_at = min(opens_at, starts_at - timedelta(minutes=1))  # released on the day itself, but not after it began
        ends_at = starts_at + timedelta(minutes=series.length_minutes)
        yield PlannedEntry(f"{day:%Y-%m-%d}-{start:%H%M}", starts_at, ends_at, opens_at)


# -- what is asked --------------------------------------------------------------------------------------------------------------


class Care(StrEnum):
    """How careful a question must be."""

    PLAIN = "plain"
    #: Sensitive personal information (PIPL art. 28): rarely needed, asked with a consent of its own, stored sealed.
    SENSITIVE = "sensitive"
    #: Never collected here, whatever for.
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Verdict:
    """How careful, and which word says so; empty where none does."""

    care: Care
    word: str = ""


#: What follows a word that is about rules and support, not about the person: 住房补贴 is a policy, 住房 is somebody's home.
_POLICY = r"(?!补贴|政策|优惠|保障政策|扶持|奖励)"
_NEVER = re.compile(
    r"身份证(?:照|图|复印|扫描|正反|正面|反面|影印)|证件(?:照|图片|复印|扫描)|手持证件|年薪|月薪|薪资|薪酬|有房|房子|购房情况|房贷"
    rf"|(?:收入|工资|房产|住房|购房){_POLICY}|身高|婚史|离异|离婚|丧偶|再婚|几婚"
    r"|\b(?:id (?:photo|picture|scan|cop(?:y|ies))|(?:photo|picture|scan|copy) of (?:your |the )?(?:id|identity|passport)"
    r"|income|salary|wages?|housing(?! (?:subsid|polic|support|grant))|home ?owner|own (?:a |your )?(?:home|house|flat)|height"
    r"|divorced?|widowed|marital history|previous marriages?)\b",
    re.IGNORECASE,
)
_SENSITIVE = re.compile(
    r"身份证|证件号|护照|社保号|医保号|银行卡|银行账|卡号|病史|病情|健康|疾病|残疾|过敏|孕|血型|疫苗|体检|宗教|信仰|民族|政治面貌|党员|党派|犯罪|处罚|指纹"
    r"|人脸|生物识别|行踪|家庭住址|住址|未成年|儿童|孩子|子女|性取向|单身|婚姻|生日|出生日期"
    r"|\b(?:id number|identity (?:card|number)|passport|social security|bank (?:card|account)|card number|health|illness|disease"
    r"|disabilit(?:y|ies)|disabled|allerg(?:y|ies|ic)|pregnan(?:t|cy)|blood type|vaccin\w*|religio(?:n|us)|faith|ethnic\w*"
    r"|political|party member|criminal|fingerprint|face recognition|biometric|home address|minors?|child(?:ren)?|sexual"
    r"|single|marital|married|date of birth|birthday)\b",
    re.IGNORECASE,
)


def verdict(asked: Iterable[str], options: Iterable[str] = ()) -> Verdict:
    """Return how careful one must be with a question.

    :param asked: its label and purpose, in both languages.
    :param options: the answers to choose from: they may tell what is sensitive, but asking for an interest in housing support
        collects nobody's housing.
    """
    whole = "\n".join(asked)
    if found := _NEVER.search(whole):
        return Verdict(Care.NEVER, found.group())
    if found := _SENSITIVE.search("\n".join((whole, *options))):
        return Verdict(Care.SENSITIVE, found.group())
    return Verdict(Care.PLAIN)


def days_refusal(days: int, promised: int | None) -> AuthoringReason | None:
    """Return why an answer cannot be kept so many days.

    :param promised: the days that people who answered have agreed to; None: nobody has answered yet.
    """
    return AuthoringReason.LONGER_THAN_PROMISED if promised is not None and days > promised else None


# -- next year ------------------------------------------------------------------------------------------------------------------


class Collision(StrEnum):
    """What a moved day runs into."""

    HOLIDAY = "holiday"
    #: A weekend day on which people work.
    WORKDAY = "workday"
    #: Nobody has said yet which days of that year are free.
    UNKNOWN = "unknown"


def moved(instant: datetime | None, weeks: int) -> datetime | None:
    """Return an instant moved by whole weeks: its weekday and its time of day stay."""
    return None if instant is None else instant + timedelta(weeks=weeks)


def collision(day: date, special: dict[date, bool]) -> Collision | None:
    """Return what a day runs into.

    :param special: the days that differ from their weekday; True: people work then.
    """
    if day in special:
        return Collision.WORKDAY if special[day] else Collision.HOLIDAY
    return None if any(known.year == day.year for known in special) else Collision.UNKNOWN
