"""Reading messages, an activity's own words, and what is to be reminded of."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select

from festival.letters.models import LetterCopy
from festival.lib.db import db
from festival.notices.models import MessageWording, ReminderPlan, ReminderRun
from festival.notices.rules import EARLIEST, REMINDERS, read_hours
from festival.outbox.delivery import Claimed
from festival.outbox.models import DemoMail, Message, MessageState
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus
from festival.signups.models import SignUp

#: Messages on one page of the inbox.
PER_PAGE = 20
#: The sign-up that a message is about, or for which somebody got a letter.
_SIGN_UP_ID = case((Message.subject == "sign_up", Message.subject_id), else_=LetterCopy.sign_up_id)


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the inbox; ``code`` is the sign-up it is about, None when it is about none."""

    message: Message
    code: str | None


def inbox(account_id: int, page: int) -> list[Entry]:
    """Return a page (1 is first) of what a person was told, newest first, whether it has left by other ways or not yet.

    One-time codes are not kept.
    """
    rows = db.session.execute(
        select(Message, SignUp.code)
        .outerjoin(LetterCopy, (Message.subject == "letter_copy") & (LetterCopy.id == Message.subject_id))
        .outerjoin(SignUp, SignUp.id == _SIGN_UP_ID)
        .where(Message.account_id == account_id, Message.text != "")
        .order_by(Message.shown_at.desc(), Message.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE),
    )
    return [Entry(message, code) for message, code in rows]


def inbox_size(account_id: int) -> int:
    """Return how many messages a person's inbox holds."""
    return db.session.execute(
        select(func.count(Message.id)).where(Message.account_id == account_id, Message.text != ""),
    ).scalar_one()


def is_superseded(claimed: Claimed) -> bool:
    """Tell whether the same is owed to the same reader, or was said, once more since: the later one says what is so."""
    later = select(Message.id).where(
        Message.kind == claimed.kind,
        Message.subject == claimed.subject,
        Message.subject_id == claimed.subject_id,
        Message.account_id == claimed.account_id,
        Message.id > claimed.id,
        Message.state.in_((MessageState.OWED, MessageState.SENT)),
    )
    return db.session.scalar(later.limit(1)) is not None


def demo_mail(to: str | None, limit: int = 200) -> Sequence[DemoMail]:
    """Return what the demo would have sent, newest first; to one address in its normal form, or to all."""
    chosen = select(DemoMail).order_by(DemoMail.id.desc()).limit(limit)
    return db.session.scalars(chosen if to is None else chosen.where(DemoMail.to == to)).all()


# -- an activity's own words --------------------------------------------------------------------------------------------------


def wording_of(activity_id: int, kind: str, locale: str) -> MessageWording | None:
    """Return an activity's own words for a kind of message; None: it has none."""
    return db.session.scalar(
        select(MessageWording).where(
            MessageWording.activity_id == activity_id,
            MessageWording.kind == kind,
            MessageWording.locale == locale,
        ),
    )


def worded(activity_id: int) -> dict[str, dict[str, MessageWording]]:
    """Return the words of its own that an activity has, by kind of message and by language."""
    found: dict[str, dict[str, MessageWording]] = {}
    for row in db.session.scalars(select(MessageWording).where(MessageWording.activity_id == activity_id)):
        found.setdefault(row.kind, {})[row.locale] = row
    return found


def where_worded(activity_ids: Iterable[int]) -> dict[str, list[Activity]]:
    """Return in which of some activities a kind of message has words of its own, by kind."""
    rows = db.session.execute(
        select(MessageWording.kind, Activity)
        .join(Activity, Activity.id == MessageWording.activity_id)
        .where(MessageWording.activity_id.in_(list(activity_ids)))
        .order_by(Activity.starts_at, Activity.id),
    )
    found: dict[str, list[Activity]] = {}
    for kind, activity in rows:
        if activity not in found.setdefault(kind, []):
            found[kind].append(activity)
    return found


# -- reminders ----------------------------------------------------------------------------------------------------------------


def reminder_hours(activity_id: int) -> tuple[int, ...]:
    """Return how many hours before the start an activity reminds, the longest first."""
    plan = db.session.scalar(select(ReminderPlan).where(ReminderPlan.activity_id == activity_id))
    return REMINDERS if plan is None else (read_hours(plan.hours) or ())


def slots_to_remind(now: datetime) -> list[tuple[Slot, tuple[int, ...]]]:
    """Return the slots that start within the longest time of a reminder and take place, with the hours planned for each."""
    found = db.session.execute(
        select(Slot, ReminderPlan.hours)
        .join(Activity, Activity.id == Slot.activity_id)
        .outerjoin(ReminderPlan, ReminderPlan.activity_id == Slot.activity_id)
        .where(
            Activity.status == ActivityStatus.PUBLISHED,
            Slot.status == SlotStatus.SCHEDULED,
            Slot.starts_at > now,
            Slot.starts_at <= now + timedelta(hours=EARLIEST),
        )
        .order_by(Slot.starts_at, Slot.id),
    )
    gone = {
        (row.slot_id, row.hours, row.starts_at)
        for row in db.session.execute(
            select(ReminderRun.slot_id, ReminderRun.hours, ReminderRun.starts_at).where(ReminderRun.starts_at > now),
        )
    }
    return [
        (slot, tuple(hours for hours in _planned(planned) if (slot.id, hours, slot.starts_at) not in gone))
        for slot, planned in found
    ]


def _planned(hours: str | None) -> tuple[int, ...]:
    return REMINDERS if hours is None else (read_hours(hours) or ())


def has_run(slot: Slot, hours: int) -> bool:
    """Tell whether a reminder of a slot, for the start it has now, has gone out."""
    run = select(ReminderRun.id).where(
        ReminderRun.slot_id == slot.id,
        ReminderRun.hours == hours,
        ReminderRun.starts_at == slot.starts_at,
    )
    return db.session.scalar(run) is not None


def reminded_from(starts_at: datetime, hours: int) -> datetime:
    """Return the instant at which a reminder falls due."""
    return starts_at - timedelta(hours=hours)


# -- deliveries ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as staff see it: what it is about and what became of it, never its words."""

    message: Message
    title_zh: str | None
    title_en: str | None
    #: The reader's name as given with the sign-up; empty where there is none.
    name: str
    code: str | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """One page of messages, newest first, and how many there are in all."""

    rows: list[Delivery]
    number: int
    last: int
    total: int


def deliveries(within: ColumnElement[bool], state: MessageState | None, kind: str, number: int) -> Deliveries:
    """Return a page (1 is first) of messages about activities within the caller's scope.

    :param state: None for any. ``kind``: empty for any.
    """
    where: list[ColumnElement[bool]] = [within]
    if state is not None:
        where.append(Message.state == state)
    if kind:
        where.append(Message.kind == kind)
    total = db.session.execute(select(func.count(Message.id)).where(*where)).scalar_one()
    last = max(1, -(-total // PER_PAGE))
    number = min(number, last)
    rows = db.session.execute(
        select(Message, Activity.short_title_zh, Activity.short_title_en, SignUp.name, SignUp.code)
        .outerjoin(Activity, Activity.id == Message.activity_id)
        .outerjoin(LetterCopy, (Message.subject == "letter_copy") & (LetterCopy.id == Message.subject_id))
        .outerjoin(SignUp, SignUp.id == _SIGN_UP_ID)
        .where(*where)
        .order_by(Message.id.desc())
        .limit(PER_PAGE)
        .offset((number - 1) * PER_PAGE),
    )
    found = [Delivery(message, zh, en, name or "", code) for message, zh, en, name, code in rows]
    return Deliveries(found, number, last, total)


def delivery_counts(within: ColumnElement[bool]) -> dict[MessageState, int]:
    """Return how many messages within the caller's scope stand in each state."""
    rows = db.session.execute(
        select(Message.state, func.count(Message.id)).where(within).group_by(Message.state),
    )
    return {row[0]: row[1] for row in rows}


def is_within(within: ColumnElement[bool], message_id: int) -> bool:
    """Tell whether a message exists within the caller's scope."""
    return db.session.scalar(select(Message.id).where(within, Message.id == message_id)) is not None


def failed(within: ColumnElement[bool], message_id: int | None) -> Iterator[Message]:
    """Yield messages within the caller's scope that failed for good: one, or (None) all."""
    where = [within, Message.state == MessageState.FAILED]
    if message_id is not None:
        where.append(Message.id == message_id)
    yield from db.session.scalars(select(Message).where(*where).order_by(Message.id).with_for_update())
