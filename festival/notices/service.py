"""What readers and organizers do to messages: read them, word them, time them, send them again. Inside ``transaction()``."""

from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import delete, insert, literal, select, update

from festival.audit import service as audit
from festival.lib import clock
from festival.lib.db import db
from festival.lib.i18n import Locale
from festival.notices.models import MessageWording, ReminderPlan
from festival.notices.rules import REMINDERS, read_hours
from festival.outbox.models import Message, MessageState


def note_read(account_id: int, newest_id: int) -> None:
    """Note that a person has read all messages up to one; what was read before keeps its time, and what came since is new."""
    newest = select(Message.shown_at).where(Message.account_id == account_id, Message.id == newest_id).scalar_subquery()
    db.session.execute(
        update(Message)
        .where(Message.account_id == account_id, Message.shown_at <= newest, Message.read_at.is_(None))
        .values(read_at=clock.wall())
        .execution_options(synchronize_session=False),
    )


# -- what organizers decide ---------------------------------------------------------------------------------------------------


def set_wording(activity_id: int, kind: str, texts: Mapping[Locale, tuple[str, str]], *, actor_id: int) -> None:
    """Keep an activity's own words for a kind of message; where both are empty in a language, ours hold again.

    :param texts: by language the text message (without signature) and what mails and 我的消息 say.
    """
    db.session.execute(
        delete(MessageWording).where(MessageWording.activity_id == activity_id, MessageWording.kind == kind),
    )
    at = clock.wall()
    db.session.add_all(
        MessageWording(activity_id=activity_id, kind=kind, locale=locale, short=short, long=long, updated_at=at)
        for locale, (short, long) in texts.items()
        if short or long
    )
    action = "message.wording" if any(map(any, texts.values())) else "message.wording_reset"
    audit.record(action, "activity", activity_id, actor_id=actor_id, activity_id=activity_id, changes=kind)


def copy_words(source_id: int, made_id: int) -> None:
    """Let a copy of an activity say what the activity says, and remind when it reminds."""
    db.session.execute(
        insert(MessageWording).from_select(
            ["activity_id", "kind", "locale", "short", "long", "updated_at"],
            select(
                literal(made_id),
                MessageWording.kind,
                MessageWording.locale,
                MessageWording.short,
                MessageWording.long,
                MessageWording.updated_at,
            ).where(MessageWording.activity_id == source_id),
        ),
    )
    plan = select(literal(made_id), ReminderPlan.hours).where(ReminderPlan.activity_id == source_id)
    db.session.execute(insert(ReminderPlan).from_select(["activity_id", "hours"], plan))


def set_reminders(activity_id: int, hours: tuple[int, ...], *, actor_id: int) -> None:
    """Keep how many hours before the start an activity reminds; empty: it does not."""
    plan = db.session.scalar(select(ReminderPlan).where(ReminderPlan.activity_id == activity_id).with_for_update())
    before = REMINDERS if plan is None else (read_hours(plan.hours) or ())
    if plan is None:
        plan = ReminderPlan(activity_id=activity_id)
        db.session.add(plan)
    plan.hours = ",".join(map(str, hours))
    audit.record(
        "message.reminders",
        "activity",
        activity_id,
        actor_id=actor_id,
        activity_id=activity_id,
        changes=f"reminders {_listed(before)} -> {_listed(hours)}",
    )


def _listed(hours: tuple[int, ...]) -> str:
    return "/".join(f"{one}h" for one in hours) or "none"


def send_again(messages: Iterable[Message], *, actor_id: int) -> int:
    """Owe again what failed for good, from the first try on; return how many. What is no longer true is dropped on its way.

    The trail gets one entry for each activity that it is about, with the first message and how many there are of each kind.
    """
    at = clock.wall()
    by_activity: dict[int | None, list[Message]] = {}
    for message in messages:
        message.state, message.tries, message.due_at, message.claimed_until = MessageState.OWED, 0, at, None
        by_activity.setdefault(message.activity_id, []).append(message)
    for activity_id, owed in by_activity.items():
        kinds = Counter(message.kind for message in owed)
        audit.record(
            "message.again",
            "message",
            owed[0].id,
            actor_id=actor_id,
            activity_id=activity_id,
            changes=" ".join(f"{kind}={number}" for kind, number in sorted(kinds.items())),
        )
    return sum(map(len, by_activity.values()))
