"""Organizers' pages of messages: what became of them, sending again what failed, an activity's own words, and reminders."""

from dataclasses import dataclass

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, func

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.models import Account
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import LOCALES, Locale, _, _n, loc, locale, speaking
from festival.lib.names import masked
from festival.lib.settings import Settings
from festival.notices import editable, queries, service, wording
from festival.notices.editable import Editable, Group
from festival.notices.forms import RemindersForm, WordingForm
from festival.notices.own import headings
from festival.notices.wording import Values, Words
from festival.outbox.models import Message, MessageState
from festival.programme import queries as programme
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Slot

bp = Blueprint("notices", __name__)

#: A page number that somebody may ask for.
_MOST_DIGITS = 5


def _within(member: Account) -> ColumnElement[bool]:
    """Return the condition that keeps messages inside what a staff member may read of; those about no activity are nobody's."""
    about = func.coalesce(Message.activity_id, 0)
    return scope(member, Permission.MESSAGES_READ, about) & (about > 0)


# -- what became of them ------------------------------------------------------------------------------------------------------


@bp.get("/messages")
@staff(Permission.MESSAGES_READ)
def deliveries() -> ResponseReturnValue:
    """Show messages, newest first, by state and kind: whom they are for by masked name, and never their words."""
    member = the_staff()
    within = _within(member)
    kind, asked = request.args.get("kind", ""), request.args.get("page", "1")
    states = [state for state in MessageState if state.value == request.args.get("state")]
    activities = _readable(member)
    chosen = next((one for one in activities if one.slug == request.args.get("activity")), None)
    if chosen is not None:
        within = within & (Message.activity_id == chosen.id)
    number = max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else 1
    return render_template(
        "manage/notices/messages.html",
        found=queries.deliveries(within, states[0] if states else None, kind if kind in headings() else "", number),
        counts=queries.delivery_counts(within),
        states=wording.STATES,
        state=states[0] if states else None,
        kind=kind if kind in headings() else "",
        subjects=headings(),
        directory=editable.directory(),
        activities=activities,
        about=chosen,
        masked=masked,
    )


def _readable(member: Account) -> list[Activity]:
    """Return the activities whose messages a staff member may read of, by time."""
    found = programme.all_managed(scope(member, Permission.MESSAGES_READ, Activity.id.expression))
    return sorted(found, key=lambda one: (one.starts_at, one.id))


@bp.post("/messages/again")
@staff(Permission.MESSAGES_READ)
def send_all_again() -> ResponseReturnValue:
    """Send again everything that failed for good."""
    return _send_again(None)


@bp.post("/messages/<id:message_id>/again")
@staff(Permission.MESSAGES_READ)
def send_again(message_id: int) -> ResponseReturnValue:
    """Send again one message that failed for good; one that did not is left as it is."""
    return _send_again(message_id)


def _send_again(message_id: int | None) -> ResponseReturnValue:
    member = the_staff()
    within, actor_id = _within(member), member.id
    if message_id is not None and not queries.is_within(within, message_id):
        raise NotFound
    with transaction():
        count = service.send_again(queries.failed(within, message_id), actor_id=actor_id)
    if count:
        flash(_n("%(num)s 条消息将重新发送。", "%(num)s 条消息将重新发送。", count), "ok")
    else:
        flash(_("没有发送失败的消息。"), "warn")
    return redirect(url_for(".deliveries"), 303)


# -- an activity's own words, and reminders -----------------------------------------------------------------------------------


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


@bp.get("/activities/<slug:slug>/messages")
@staff(Permission.ACTIVITY_EDIT)
def words(slug: str) -> ResponseReturnValue:
    """Show what an activity says on each occasion, and when it reminds."""
    activity = _activity(slug)
    return _words_page(activity, RemindersForm(formdata=None, data={"hours": _hours(activity)}))


@bp.post("/activities/<slug:slug>/messages/reminders")
@staff(Permission.ACTIVITY_EDIT)
def set_reminders(slug: str) -> ResponseReturnValue:
    """Keep when an activity reminds."""
    activity, form = _activity(slug), RemindersForm()
    if not form.validate():
        return _words_page(activity, form), 422
    activity_id, actor_id, hours = activity.id, the_staff().id, form.value()
    with transaction():
        service.set_reminders(activity_id, hours, actor_id=actor_id)
    flash(_("已保存提醒时间。"), "ok")
    return redirect(url_for(".words", slug=slug), 303)


def _hours(activity: Activity) -> str:
    return ", ".join(map(str, queries.reminder_hours(activity.id)))


def _words_page(activity: Activity, form: RemindersForm) -> str:
    slot = _slot(activity)
    kind = kind_of(activity)
    return render_template(
        "manage/notices/words.html",
        activity=activity,
        form=form,
        groups=[] if slot is None else _samples(editable.for_all(), activity, slot),
        of_kind=[] if slot is None else _samples(editable.of_kind(kind.key), activity, slot),
        kind=kind,
        own=queries.worded(activity.id),
    )


def _samples(groups: list[Group], activity: Activity, slot: Slot) -> list[tuple[Group, list[tuple[Editable, Words | None]]]]:
    """Return messages by group, each as an activity says it in the language spoken."""
    own = queries.worded(activity.id)

    def sample(message: Editable) -> Words:
        values, ours = message.example(activity, slot)
        theirs = own.get(message.kind, {}).get(locale())
        return ours if theirs is None else wording.own_words(ours, theirs.short, theirs.long, values, message.placeholders)

    return [(group, [(message, sample(message)) for message in group.messages]) for group in groups]


@bp.get("/activities/<slug:slug>/messages/<slug:kind>")
@staff(Permission.ACTIVITY_EDIT)
def word(slug: str, kind: str) -> ResponseReturnValue:
    """Show the words of one kind of message, ours beside the activity's own."""
    activity = _activity(slug)
    message = _message(activity, kind)
    return _word_page(activity, message, _form(activity, message))


@bp.post("/activities/<slug:slug>/messages/<slug:kind>")
@staff(Permission.ACTIVITY_EDIT)
def set_word(slug: str, kind: str) -> ResponseReturnValue:
    """Show how the words read with real values; kept they are at the second button."""
    activity = _activity(slug)
    message = _message(activity, kind)
    if "reset" in request.form:
        return _keep(activity, message, dict.fromkeys(LOCALES, ("", "")), _("已恢复系统文案。"))
    form = _form(activity, message)
    if not form.validate():
        return _word_page(activity, message, form), 422
    if "save" not in request.form:
        return _word_page(activity, message, form, is_preview=True)
    return _keep(activity, message, form.texts(), _("已保存。之后发出的消息使用新的文案。"))


def _keep(activity: Activity, message: Editable, texts: dict[Locale, tuple[str, str]], done: str) -> ResponseReturnValue:
    activity_id, slug, actor_id = activity.id, activity.slug, the_staff().id
    with transaction():
        service.set_wording(activity_id, message.kind, texts, actor_id=actor_id)
    flash(done, "ok")
    return redirect(url_for(".words", slug=slug), 303)


def _message(activity: Activity, text: str) -> Editable:
    """Return a kind of message from its part of an address.

    :raises NotFound: an activity of this kind has no such message.
    """
    kind = text.replace("-", "_")
    found = next((message for message in editable.within(activity) if message.kind == kind), None)
    if found is None:
        raise NotFound
    return found


def _slot(activity: Activity) -> Slot | None:
    """Return the slot that examples speak of: the next one, or else the last."""
    ahead = [slot for slot in activity.slots if slot.starts_at > clock.now()]
    return min(ahead, key=lambda slot: slot.starts_at, default=activity.slots[-1] if activity.slots else None)


def _examples(activity: Activity, message: Editable) -> dict[Locale, tuple[Values, Words]]:
    slot = _slot(activity)
    if slot is None:
        raise NotFound
    examples: dict[Locale, tuple[Values, Words]] = {}
    for language in LOCALES:
        with speaking(language):
            examples[language] = message.example(activity, slot)
    return examples


def _form(activity: Activity, message: Editable) -> WordingForm:
    own = queries.worded(activity.id).get(message.kind, {})
    kept = {language: (own[language].short, own[language].long) if language in own else ("", "") for language in LOCALES}
    values = {language: example[0] for language, example in _examples(activity, message).items()}
    settings: Settings = current_app.extensions["settings"]
    return WordingForm.of(kept, message.placeholders, values, settings.sms.templates, is_texted=message.is_texted)


def _word_page(activity: Activity, message: Editable, form: WordingForm, *, is_preview: bool = False) -> str:
    shown: dict[Locale, tuple[Words, Words]] = {}
    for language, (values, ours) in _examples(activity, message).items():
        shown[language] = (ours, wording.own_words(ours, *form.texts()[language], values, message.placeholders))
    return render_template(
        "manage/notices/word.html",
        activity=activity,
        message=message,
        form=form,
        shown=shown,
        is_worded=message.kind in queries.worded(activity.id),
        is_preview=is_preview,
        data_result="preview" if is_preview else None,
    )


# -- every kind of message there is ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Part:
    """Messages of one kind of activity (or of all), as an activity of it says them."""

    heading: str
    #: None: the caller has no such activity with a time.
    activity: Activity | None
    groups: list[tuple[Group, list[tuple[Editable, Words | None]]]]


@bp.get("/messages/words")
@staff(Permission.ACTIVITY_EDIT)
def every() -> ResponseReturnValue:
    """Show every kind of message there is, by kind of activity, and lead to where its words are changed."""
    within = scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression)
    activities = [one for one in programme.all_managed(within) if one.slots]
    chosen = next((one for one in activities if one.slug == request.args.get("activity")), None)
    parts = [_part(_("各类活动"), chosen or next(iter(activities), None), editable.for_all())]
    for kind in editable.kinds_with_words():
        of_it = [one for one in activities if one.kind == kind.key]
        parts.append(
            _part(loc(kind, "label"), chosen if chosen in of_it else next(iter(of_it), None), editable.of_kind(kind.key))
        )
    return render_template(
        "manage/notices/every.html",
        parts=parts,
        activities=activities,
        chosen=chosen,
        worded=queries.where_worded(one.id for one in activities),
        fixed=[(one, one.words() if one.words else None) for one in editable.FIXED],
    )


def _part(heading: str, activity: Activity | None, groups: list[Group]) -> _Part:
    slot = _slot(activity) if activity else None
    if activity is None or slot is None:
        return _Part(heading, None, [(group, [(message, None) for message in group.messages]) for group in groups])
    return _Part(heading, activity, _samples(groups, activity, slot))
