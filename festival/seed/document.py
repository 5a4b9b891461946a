"""The programme's files as validated values: one class per thing, unknown keys refused, every key in its own words.

What one value alone can tell is checked here; what needs several files is in ``rules``.
"""

from datetime import date, time
from typing import Annotated, Any, Literal

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, StringConstraints, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.models import Access, Mode, Overlap, Promotion, Sensitivity

Key = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:[-_][a-z0-9]+)*$", max_length=48)]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
WEEKDAYS: tuple[Weekday, ...] = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: What a person chooses from.
CHOICES = frozenset({"select", "multi", "tags"})
#: Questions that no form asks: the verified address and the number of persons answer them.
ANSWERED_ELSEWHERE = frozenset({"mobile_otp", "party"})


class Source(Part):
    """Where a value comes from."""

    level: Literal["fact", "inferred", "demo"]
    note: str = ""

    @model_validator(mode="before")
    @classmethod
    def _of_word(cls, given: object) -> object:
        return {"level": given} if isinstance(given, str) else given


Provenance = dict[str, Source]


class Figure(Part):
    """A figure the festival is proud of."""

    key: Key
    value: NonNegativeInt
    unit: Text
    text: Words


class FestivalEntry(Part):
    """One edition of the festival."""

    format: Literal["hexi-festival-seed/1"]
    timezone: Literal["Asia/Shanghai"]
    locales: tuple[Literal["zh-CN"], Literal["en"]]
    slug: Key
    edition: PositiveInt
    title: Words
    theme: Words
    host: Words
    organiser: Words
    starts_on: date
    ends_on: date
    #: The moment the programme was designed around: a rolling demo feels like then.
    demo_now: AwareDatetime
    figures: tuple[Figure, ...] = ()
    sources: dict[str, Text] = Field(default_factory=dict)
    provenance: Provenance = Field(default_factory=dict)

    @model_validator(mode="after")
    def _ends_after_start(self) -> "FestivalEntry":
        if self.ends_on < self.starts_on:
            raise ValueError("ends_on is before starts_on")
        return self


class TrackEntry(Part):
    """A thread through the programme."""

    key: Key
    title: Words
    colour: Annotated[str, StringConstraints(pattern=r"^#[0-9A-F]{6}$")]


class VenueEntry(Part):
    """A place."""

    key: Key
    name: Words
    address: Words
    transit: Words | None = None
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    point_quality: Literal["surveyed", "converted", "approx"]


class OptionEntry(Part):
    """One answer to choose from."""

    key: Key
    label: Words


class QuestionEntry(Part):
    """A question of the library."""

    type: Literal[
        "text", "textarea", "number", "year", "boolean", "select", "multi", "tags", "mobile", "email", "id_number", "uscc",
        "file", "pledge", "names", "mobile_otp", "party",
    ]  # fmt: skip
    is_required: bool
    sensitivity: Sensitivity
    consent_with: Key | None = None
    label: Words
    purpose: Words
    #: The words of a pledge.
    text: Words | None = None
    minimum: int | None = None
    maximum: int | None = None
    retain_days: NonNegativeInt
    #: What an answer is checked against, how it is kept and how it is shown: said for the reader, done by type and sensitivity.
    checks: tuple[Literal["GB 11643 mod 11-2 for 18-digit numbers", "GB 32100 check digit"], ...] = ()
    store: Literal["encrypted"] | None = None
    show: Literal["masked"] | None = None
    options: tuple[OptionEntry, ...] = ()

    @model_validator(mode="after")
    def _offers_options(self) -> "QuestionEntry":
        if self.type in CHOICES and not self.options:
            raise ValueError(f"a question of type {self.type} needs options")
        if self.type not in CHOICES and self.options:
            raise ValueError(f"a question of type {self.type} has no options")
        _refuse_twice("option", [option.key for option in self.options])
        return self

    @model_validator(mode="after")
    def _says_its_pledge(self) -> "QuestionEntry":
        if (self.type == "pledge") != (self.text is not None):
            raise ValueError("a pledge, and nothing else, has text")
        return self

    @model_validator(mode="after")
    def _bounds_in_order(self) -> "QuestionEntry":
        if self.minimum is not None and self.maximum is not None and self.maximum < self.minimum:
            raise ValueError("maximum is less than minimum")
        return self

    @model_validator(mode="after")
    def _encrypted_if_sensitive(self) -> "QuestionEntry":
        if (self.store or self.show) and self.sensitivity != Sensitivity.SENSITIVE:
            raise ValueError("only sensitive answers are encrypted and masked")
        return self


class HolidayEntry(Part):
    """Days that differ from their weekday, by one notice."""

    source: Text
    level: Literal["fact", "inferred", "demo"]
    holidays: tuple[date, ...] = ()
    workdays: tuple[date, ...] = ()


class BatchEntry(Part):
    """A share of the places, released at once."""

    at: AwareDatetime
    #: Of all places.
    percent: int = Field(ge=1, le=100)


class SignUpEntry(Part):
    """When and how people sign up."""

    opens_at: AwareDatetime | None = None
    closes_at: AwareDatetime | None = None
    result_at: AwareDatetime | None = None
    confirm_until: AwareDatetime | None = None
    cancel_until: AwareDatetime | None = None
    cancel_hours_before: NonNegativeInt | None = None
    #: One place per person and claim: the database keeps it so.
    per_person: Literal[1] = 1
    party_max: PositiveInt = 1
    per_organisation: PositiveInt | None = None
    #: Most persons waiting; absent: unlimited; 0: no waitlist.
    waitlist_limit: NonNegativeInt | None = None
    allows_walk_ins: bool = False
    is_reviewed: bool = False
    promotion: Promotion = Promotion.AUTO
    overlap: Overlap = Overlap.WARN
    smaller_may_pass: bool = False
    #: Persons by which one quota may be ahead of the other.
    balance_tolerance: NonNegativeInt | None = None
    #: In order of time; absent: everything at once.
    released_in_batches: tuple[BatchEntry, ...] = ()


class Quota(Part):
    """The pool of those who answer a question so."""

    question: Key
    answer: Key


class PoolEntry(Part):
    """Places for one audience."""

    #: A reserve that lends its places to the others.
    is_flex: bool = False

    key: Key
    unit: Literal["main", "bus", "zone", "quota", "seat_block"] = "main"
    label: Words | None = None
    #: Persons; None unlimited.
    capacity: NonNegativeInt | None
    #: None: as the activity's mode says.
    access: Access | None = None
    quota: Quota | None = None
    waitlist_limit: NonNegativeInt | None = None


class SessionEntry(Part):
    """One of several sessions, with a single pool."""

    key: Key
    venue: Key | None = None
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    label: Words
    capacity: NonNegativeInt | None


class EntryTimes(Part):
    """A timed entry of a one-day session, by its clock times."""

    starts: time
    ends: time
    capacity: NonNegativeInt


class DailyEntries(Part):
    """The timed entries of each open day."""

    starts: tuple[time, ...] = Field(min_length=1)
    length_minutes: PositiveInt
    capacity: NonNegativeInt


class OpenDays(Part):
    """A session on each open day of the activity's span, with timed entries."""

    weekdays: tuple[Weekday, ...] = Field(min_length=1)
    opens: time
    closes: time
    #: An entry can be booked from so many days before, from ``release_at`` on, until it starts.
    days_ahead: NonNegativeInt
    release_at: time
    entries: DailyEntries


class ActivityEntry(Part):
    """One activity. Its places are one of ``pools``, ``entries``, ``open_days`` and ``sessions``."""

    slug: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(?:-[a-z0-9]+)*$", max_length=64)]
    position: PositiveInt
    track: Key
    kind: Key
    mode: Mode
    title: Words
    #: For text messages.
    short_title: Words
    summary: Words
    description: Words
    venue: Key
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    host: Words
    host_phone: str = ""
    audience: Words | None = None
    sign_up: SignUpEntry
    #: 核准人数, staff and companions included.
    approved_ceiling: NonNegativeInt | None = None
    #: Persons over all pools of the activity: said once more, so that a slip of the pen is found.
    capacity: NonNegativeInt | None = None
    doors_at: AwareDatetime | None = None
    backup_starts_at: AwareDatetime | None = None
    #: Until then it is said whether it goes ahead, whatever the weather.
    decision_at: AwareDatetime | None = None
    pools: tuple[PoolEntry, ...] = ()
    entries: tuple[EntryTimes, ...] = ()
    open_days: OpenDays | None = None
    sessions: tuple[SessionEntry, ...] = ()
    questions: tuple[Key, ...] = ()
    notices: tuple[Words, ...] = ()
    #: The kind's own matters; its ``details_model`` judges them.
    details: dict[str, Any] = Field(default_factory=dict)
    provenance: Provenance = Field(default_factory=dict)
    #: What the page says at ``demo_now`` with the demo's people in it: a promise that a test keeps.
    expect_status_at_demo_now: Text

    @model_validator(mode="after")
    def _short_title_fits_a_text_message(self) -> "ActivityEntry":
        if len(self.short_title.zh) > 10:  # noqa: PLR2004  # Chinese characters
            raise ValueError(f"short_title.zh has {len(self.short_title.zh)} characters; a text message has room for 10")
        return self

    @model_validator(mode="after")
    def _has_places_of_one_form(self) -> "ActivityEntry":
        forms = [name for name in ("pools", "entries", "open_days", "sessions") if getattr(self, name)]
        if len(forms) != 1:
            raise ValueError(f"give one of pools, entries, open_days and sessions, not {' and '.join(forms) or 'none'}")
        return self


class Programme(Part):
    """All files together."""

    festival: FestivalEntry
    tracks: tuple[TrackEntry, ...]
    venues: tuple[VenueEntry, ...]
    questions: dict[Key, QuestionEntry]
    holidays: tuple[HolidayEntry, ...] = ()
    activities: tuple[ActivityEntry, ...]


def _refuse_twice(what: str, keys: list[str]) -> None:
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError(f"{what} {twice[0]!r} is there twice")


def is_asked(question: QuestionEntry) -> bool:
    """Tell whether a sign-up form has a field for the question."""
    return question.type not in ANSWERED_ELSEWHERE
