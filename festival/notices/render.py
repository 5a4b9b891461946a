"""Turns a message owed into words for each address of its reader, from the rows as they are when it leaves."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr

from flask import current_app, render_template
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from festival.accounts import rules as accounts_rules
from festival.accounts.models import Account, Address, CodeChallenge, StaffLink
from festival.accounts.rules import Channel
from festival.accounts.service import code_of
from festival.accounts.staff import token_of
from festival.calendars import invitations
from festival.calendars.addresses import Site
from festival.calendars.invitations import Numbered
from festival.calendars.itip import Mailbox
from festival.calendars.rules import Method
from festival.letters.models import Letter, LetterCopy
from festival.letters.rules import is_still_for
from festival.letters.wording import words_for
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.format import phone, span
from festival.lib.i18n import Locale, _, loc, locale, speaking
from festival.lib.settings import Settings
from festival.notices import own, queries, wording
from festival.notices.own import OwnMessage, Told, values_of
from festival.notices.rules import ABOUT_SIGN_UPS, ALWAYS, DEADLINE, INVITES, MOVES_CALENDAR, TRUE_IN, URGENT, Placeholder
from festival.notices.wording import Facts, Values, Words, instant
from festival.outbox.delivery import Claimed
from festival.outbox.gateways import NOBODY
from festival.outbox.rules import Composed, Invite, Medium, Parcel
from festival.programme.models import Activity, ActivityStatus, Slot, SlotStatus
from festival.reconfirm import queries as reconfirm
from festival.saved import queries as saved
from festival.saved.models import SavedActivity
from festival.seats import queries as seats
from festival.signups import queries as signups
from festival.signups.models import SignUp
from festival.signups.rules import State

#: What the message that sign-up opens may name.
OPENED = (*ALWAYS, DEADLINE)


def compose(claimed: Claimed) -> Composed | None:
    """Return a message in words; None when it is no longer true or nobody is there to read it."""
    if claimed.kind == "code":
        return _compose_code(claimed)
    reader = _reader(claimed.account_id)
    if reader is None:
        return None
    if (message := own.own(claimed.kind)) is not None:
        return _compose_own(claimed, reader, message)
    return _BY_SUBJECT.get(claimed.subject, _compose_sign_up)(claimed, reader)


# -- codes and addresses -----------------------------------------------------------------------------------------------------


def _compose_code(claimed: Claimed) -> Composed | None:
    challenge = db.session.get(CodeChallenge, claimed.subject_id)
    if challenge is None or challenge.used_at is not None or challenge.expires_at <= clock.wall():
        return None
    language = _locale(challenge.locale)
    minutes = int(accounts_rules.CODE_LASTS.total_seconds() // 60)
    with speaking(language):
        words = wording.code_words(code_of(challenge), minutes)
        parcel = _parcel(claimed.kind, words, Channel(challenge.channel), challenge.address, title="", path="")
    return Composed((parcel,), text="", locale=language, is_urgent=True)


def _compose_address_added(claimed: Claimed, reader: Account) -> Composed | None:
    """Tell the addresses that an account had before about the one it got."""
    added = next((one for one in reader.addresses if one.id == claimed.subject_id), None)
    if added is None:
        return None
    language = _locale(reader.locale)
    with speaking(language):
        words = wording.address_added_words(phone(added.value))
        parcels = tuple(
            _parcel(claimed.kind, words, Channel(one.channel), one.value, title="", path="/me/privacy")
            for one in reader.addresses
            if one.id != added.id
        )
    return Composed(parcels, text=words.long, locale=language)


def _compose_staff_link(claimed: Claimed, reader: Account) -> Composed | None:
    """Mail the link with which a member of staff sets a password. What is kept of it says nothing."""
    link = db.session.get(StaffLink, claimed.subject_id)
    if link is None or link.used_at is not None or link.expires_at <= clock.wall() or not reader.contact:
        return None
    if reader.disabled_at is not None or "@" not in reader.contact:
        return None
    language = _locale(reader.locale)
    hours = int(accounts_rules.STAFF_LINK_LASTS.total_seconds() // 3600)
    with speaking(language):
        words = wording.staff_link_words(reader.staff_name or "", hours)
        path = f"/manage/welcome/{token_of(link)}"
        parcel = _parcel(claimed.kind, words, Channel.MAIL, reader.contact, title="", path=path)
    return Composed((parcel,), text="", locale=language)


def _compose_letter(claimed: Claimed, reader: Account) -> Composed | None:
    """Say what organizers wrote to many, with the reader's own values; None once it was stopped, or is no longer for them."""
    copy = db.session.get(LetterCopy, claimed.subject_id, populate_existing=True)
    about = None if copy is None else _about(copy.sign_up_id)
    if copy is None or about is None:
        return None
    letter = db.session.get_one(Letter, copy.letter_id, populate_existing=True)
    if letter.stopped_at is not None and not claimed.reached:
        return None
    if not is_still_for(about.sign_up.state, [one for one in letter.states.split(",") if one]):
        return None
    language = _locale(reader.locale)
    with speaking(language):
        words = words_for(letter, about.sign_up, about.slot, about.activity, language, reader.name)
        path, title = f"/sign-ups/{about.sign_up.code}", loc(about.activity, "short_title")
        parcels = tuple(
            _parcel(
                claimed.kind,
                Words(words.short, words.long),
                Channel(one.channel),
                one.value,
                title=title,
                path=path,
                subject=words.subject,
            )
            for one in _one_per_channel(reader)
        )
    return Composed(parcels, text=words.long, locale=language, is_urgent=bool(letter.urgent_reason))


def _compose_own(claimed: Claimed, reader: Account, message: OwnMessage) -> Composed | None:
    """Say what an activity kind has to say; None when it is no longer true, or is owed once more since."""
    if queries.is_superseded(claimed):
        return None
    language = _locale(reader.locale)
    with speaking(language):
        told = message.tell(claimed.subject_id, reader.id)
        if told is None:
            return None
        words, title = told_in_words(message, told), values_of(told.activity, told.slot, {})["title"]
        parcels = tuple(
            _parcel(claimed.kind, words, Channel(one.channel), one.value, title=title, path=told.path)
            for one in ([] if message.is_quiet else _one_per_channel(reader))
        )
    return Composed(parcels, text=words.long, locale=language, is_urgent=message.is_urgent, is_quiet=message.is_quiet)


def _compose_opened(claimed: Claimed, reader: Account) -> Composed | None:
    """Tell somebody that sign-up is open for what they keep for later; not when it is off again, or they have signed up."""
    kept = db.session.get(SavedActivity, claimed.subject_id)
    now = clock.now()
    if kept is None or not kept.wants_word or kept.account_id != reader.id:
        return None
    activity = kept.activity
    is_news = activity.is_public_at(now) and saved.is_open(activity, now) and not saved.signed_up(reader.id, activity.id)
    if not is_news:
        return None
    language = _locale(reader.locale)
    with speaking(language):
        values = opened_values(activity)
        title = values["title"]
        words = spoken(claimed.kind, activity.id, wording.opened_words(values), values, OPENED)
        parcels = tuple(
            _parcel(claimed.kind, words, Channel(one.channel), one.value, title=title, path=f"/activities/{activity.slug}")
            for one in _one_per_channel(reader)
        )
    return Composed(parcels, text=words.long, locale=language)


# -- sign-ups ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _About:
    """The rows that a message about a sign-up speaks of."""

    sign_up: SignUp
    activity: Activity
    slot: Slot


def _compose_sign_up(claimed: Claimed, reader: Account) -> Composed | None:
    about = _about(claimed.subject_id)
    if about is None or not _is_true(claimed.kind, about) or queries.is_superseded(claimed):
        return None
    if claimed.kind not in MOVES_CALENDAR:
        return _compose_about(claimed, reader, about, None)
    numbered = _numbered(claimed, reader, about.slot.id)
    reader_now, about_now = _reader(claimed.account_id), _about(claimed.subject_id)  # numbering was a transaction
    if reader_now is None or about_now is None:
        return None
    return _compose_about(claimed, reader_now, about_now, numbered)


def _compose_about(claimed: Claimed, reader: Account, about: _About, numbered: Numbered | None) -> Composed:
    language = _locale(reader.locale)
    with speaking(language):
        facts = facts_of(about.sign_up, about.activity, about.slot, claimed.kind)
        words = said_of(claimed.kind, about.activity, facts)
        title = loc(about.activity, "short_title")
        path = f"/sign-ups/{about.sign_up.code}"
        parcels = tuple(
            _with_invite(
                _parcel(claimed.kind, words, Channel(one.channel), one.value, title=title, path=path),
                numbered,
                about.sign_up.name,
            )
            for one in _one_per_channel(reader)
        )
    return Composed(parcels, text=words.long, locale=language, is_urgent=claimed.kind in URGENT)


def said_of(kind: str, activity: Activity, facts: Facts) -> Words:
    """Return a message about a sign-up in words, in the language spoken: the activity's own where it has them."""
    return spoken(kind, activity.id, wording.ours(kind, facts), facts.values(), ABOUT_SIGN_UPS)


def spoken(kind: str, activity_id: int, ours: Words, values: Values, placeholders: Iterable[Placeholder]) -> Words:
    """Return a message in words, in the language spoken: the activity's own where it has them, or else ours."""
    theirs = queries.wording_of(activity_id, kind, locale())
    return ours if theirs is None else wording.own_words(ours, theirs.short, theirs.long, values, placeholders)


def told_in_words(message: OwnMessage, told: Told) -> Words:
    """Return what a kind has to say, in the language spoken: in the activity's own words where it has them."""
    values = values_of(told.activity, told.slot, told.values)
    return spoken(message.kind, told.activity.id, message.ours(values), values, message.named)


def opened_values(activity: Activity) -> Values:
    """Return what the message that sign-up opens may name."""
    return values_of(activity, None, {"deadline": instant(activity.closes_at) if activity.closes_at else ""})


def _compose_left(claimed: Claimed, reader: Account) -> Composed | None:
    """Tell the mailbox that was invited to a slot that its owner has moved to another one; nobody else needs to hear it."""
    numbered = _numbered(claimed, reader, claimed.subject_id)
    slot = db.session.get(Slot, claimed.subject_id, options=(joinedload(Slot.activity),))
    reader_now = _reader(claimed.account_id)
    if numbered is None or numbered.method is not Method.CANCEL or slot is None or reader_now is None:
        return None
    language = _locale(reader_now.locale)
    with speaking(language):
        values = values_of(slot.activity, slot, {})
        title = values["title"]
        words = spoken(claimed.kind, slot.activity_id, wording.left_words(values), values, ALWAYS)
        parcels = tuple(
            _with_invite(
                _parcel(claimed.kind, words, Channel.MAIL, one.value, title=title, path="/me"), numbered, reader_now.name
            )
            for one in _one_per_channel(reader_now)
            if one.channel == Channel.MAIL
        )
    return Composed(parcels, text="", locale=language)


def _numbered(claimed: Claimed, reader: Account, slot_id: int) -> Numbered | None:
    """Number what a reader's mailbox is told about a slot, in a transaction of its own; None: no mailbox, or nothing to say."""
    mailbox = next((one for one in _one_per_channel(reader) if one.channel == Channel.MAIL), None)
    if mailbox is None:
        return None
    reader_id, address_id = reader.id, mailbox.id
    with transaction():
        return invitations.number(reader_id, slot_id, address_id=address_id, message_id=claimed.id)


def _with_invite(parcel: Parcel, numbered: Numbered | None, name: str) -> Parcel:
    """Return a mail with the calendar object that belongs to it; any other parcel as it is."""
    if numbered is None or parcel.medium is not Medium.MAIL:
        return parcel
    settings: Settings = current_app.extensions["settings"]
    sender_name, sender = parseaddr(settings.mail.sender or NOBODY)
    content = invitations.write(
        numbered,
        Site(current_app.config["BASE_URL"], locale()),
        organizer=Mailbox(sender, sender_name or _("河西人才节")),
        attendee=Mailbox(parcel.to, name),
    )
    return replace(parcel, invite=Invite(numbered.method.value, content.decode()))


def _about(sign_up_id: int) -> _About | None:
    sign_up = db.session.scalar(
        select(SignUp)
        .where(SignUp.id == sign_up_id)
        .options(
            joinedload(SignUp.activity).joinedload(Activity.venue),
            joinedload(SignUp.slot).joinedload(Slot.venue),
        )
        .execution_options(populate_existing=True),
    )
    return _About(sign_up, sign_up.activity, sign_up.slot) if sign_up else None


def _is_true(kind: str, about: _About) -> bool:
    """Tell whether a message still says what is so."""
    if about.sign_up.state not in TRUE_IN[kind]:
        return False
    if kind in _WHILE_OPEN and not _WHILE_OPEN[kind](about.sign_up):
        return False
    cancelled = about.activity.status == ActivityStatus.CANCELLED or about.slot.status == SlotStatus.CANCELLED
    postponed = about.activity.status == ActivityStatus.POSTPONED or about.slot.status == SlotStatus.POSTPONED
    if kind in INVITES and cancelled:
        return False
    if kind in {"sign_up_reminder", "sign_up_reconfirm"}:
        return not postponed and about.slot.starts_at > clock.now()
    if kind == "activity_cancelled":
        return cancelled
    if kind == "activity_postponed":
        return postponed and not cancelled
    if kind in {"activity_changed", "activity_resumed", "seat_given"}:
        return not cancelled and not postponed
    return True


def _holds_offer(sign_up: SignUp) -> bool:
    return sign_up.offered_until is not None and sign_up.offered_until > clock.now()


def _awaits_answer(sign_up: SignUp) -> bool:
    """Tell whether somebody was asked whether they are still coming, may still say so, and has not."""
    asked = reconfirm.standing([sign_up.id]).get(sign_up.id)
    return asked is not None and asked.answer is None and (asked.release_at is None or asked.release_at > clock.now())


#: Messages that ask for something, and whether it can still be done.
_WHILE_OPEN: dict[str, Callable[[SignUp], bool]] = {
    "sign_up_offered": _holds_offer,
    "sign_up_approved_offer": _holds_offer,
    "sign_up_reconfirm": _awaits_answer,
}


def _deadline(sign_up: SignUp, kind: str) -> datetime | None:
    """Return until when somebody must say something; None: there is no such time."""
    if kind != "sign_up_reconfirm":
        return sign_up.offered_until
    asked = reconfirm.standing([sign_up.id]).get(sign_up.id)
    return asked.release_at if asked else None


def facts_of(sign_up: SignUp, activity: Activity, slot: Slot, kind: str) -> Facts:
    """Return what a message of this kind about a sign-up may say, in the language spoken."""
    waiting = sign_up.state == State.WAITLISTED
    deadline = _deadline(sign_up, kind)
    return Facts(
        title=(loc(slot, "label") if slot.is_extra else "") or loc(activity, "short_title") or loc(activity, "title"),
        time=instant(slot.starts_at),
        span=span(slot.starts_at, slot.ends_at),
        place=loc(slot.venue or activity.venue, "name"),
        digits=sign_up.digits,
        deadline=instant(deadline) if deadline else "",
        position=signups.position(sign_up) if waiting else 0,
        reason=sign_up.reason.strip().rstrip("。.") if sign_up.reason else "",
        pool=loc(sign_up.pool, "label"),
        why=(loc(slot, "plan_reason") or loc(activity, "plan_reason")).strip().rstrip("。."),
        result=instant(activity.result_at) if activity.result_at else "",
        seats=seats.labels([sign_up.id]).get(sign_up.id, "") if kind == "seat_given" else "",
        is_waiting=waiting,
    )


def example_facts(activity: Activity, slot: Slot) -> Facts:
    """Return what a message could say of an activity, with values as long as they get, in the language spoken; of nobody."""
    return Facts(
        title=loc(activity, "short_title") or loc(activity, "title"),
        time=instant(slot.starts_at),
        span=span(slot.starts_at, slot.ends_at),
        place=loc(slot.venue or activity.venue, "name"),
        digits="628415",
        deadline=instant(slot.starts_at - timedelta(days=1)),
        position=12,
        reason=_("所填单位不在本次邀请范围"),
        pool=max((loc(pool, "label") for pool in slot.pools), key=len, default=""),
        seats=_("3排12座"),
        why=_("大风天气"),
        result=instant(activity.result_at) if activity.result_at else "",
    )


def _locale(text: str) -> Locale:
    return "en" if text == "en" else "zh"


#: Whose words depend on what a message is about; all others are about a sign-up.
_BY_SUBJECT: dict[str, Callable[[Claimed, Account], Composed | None]] = {
    "address": _compose_address_added,
    "staff_link": _compose_staff_link,
    "slot": _compose_left,
    "letter_copy": _compose_letter,
    "saved_activity": _compose_opened,
}


# -- parcels -----------------------------------------------------------------------------------------------------------------


def _reader(account_id: int | None) -> Account | None:
    if account_id is None:
        return None
    return db.session.scalar(
        select(Account)
        .where(Account.id == account_id, Account.erased_at.is_(None))
        .options(selectinload(Account.addresses))
        .execution_options(populate_existing=True),
    )


def _one_per_channel(reader: Account) -> list[Address]:
    """Return where a reader is written to: the newest number and the newest mail address."""
    newest: dict[str, Address] = {}
    for one in reader.addresses:
        newest[one.channel] = one
    return list(newest.values())


def _parcel(kind: str, words: Words, channel: Channel, to: str, *, title: str, path: str, subject: str = "") -> Parcel:
    if channel == Channel.MOBILE:
        return Parcel(Medium.SMS, to, words.short)
    subject = subject or str(own.headings()[kind])
    if title:
        subject = _("%(title)s：%(what)s", title=title, what=subject)
    link = _link(path) if path else ""
    filling = {"subject": subject, "words": words.long, "link": link}
    return Parcel(
        Medium.MAIL,
        to,
        render_template("messages/mail.txt", **filling).strip() + "\n",
        subject=f"{subject} · {_('河西人才节')}",
        html=render_template("messages/mail.html", **filling),
    )


def _link(path: str) -> str:
    """Return an absolute address in the language spoken; it begins as the settings say, never as a request did."""
    prefix = "/en" if locale() == "en" else ""
    return f"{current_app.config['BASE_URL']}{prefix}{path}"
