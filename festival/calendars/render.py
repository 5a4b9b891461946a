"""What a calendar says: rows of the programme and of sign-ups put into the words of one language."""

import html
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

import nh3

from festival.calendars.addresses import Site, private_path, programme_path, track_path
from festival.calendars.ics import Entry, Head, Place
from festival.calendars.kept import KeptEntry, Part
from festival.calendars.models import CalendarKept, CalendarTombstone
from festival.calendars.openings import Opening
from festival.calendars.queries import Booking, Session
from festival.calendars.rules import Audience, Method, Standing, Times, appearance, last_change, rings, standing, state_at
from festival.lib.format import moment, span
from festival.lib.i18n import LOCALES, Locale, _, loc
from festival.lib.rich import rich
from festival.lib.text import clean, clean_line
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Festival, Pool, Slot, Track
from festival.signups.models import SignUp
from festival.signups.rules import State

#: Most characters of a description; what is longer is on the activity's page.
LENGTH = 600
#: The festival's red, and the blue of what is one's own.
RED, BLUE = "#B3261E", "#17458F"
#: How long before sign-up opens its entry rings.
OPENING_ALARM = timedelta(minutes=10)
#: How often a client is asked to read again.
PUBLIC_REFRESH, PRIVATE_REFRESH = timedelta(hours=1), timedelta(minutes=30)


# -- feeds ------------------------------------------------------------------------------------------------------------------


def programme_head(festival: Festival, site: Site) -> Head:
    """Return what the whole programme's feed says of itself."""
    return Head(
        name=loc(festival, "title"),
        description=_("%(festival)s的全部公开活动。改期、延期与取消会自动更新。", festival=loc(festival, "title")),
        refresh=PUBLIC_REFRESH,
        source=site.address(programme_path()),
        url=site.address("/"),
        colour=RED,
    )


def track_head(festival: Festival, track: Track, site: Site) -> Head:
    """Return what a track's feed says of itself."""
    names = {"festival": loc(festival, "title"), "track": loc(track, "title")}
    return Head(
        name=_("%(festival)s · %(track)s", **names),
        description=_("%(festival)s“%(track)s”板块的公开活动。改期、延期与取消会自动更新。", **names),
        refresh=PUBLIC_REFRESH,
        source=site.address(track_path(track.key)),
        url=site.address("/"),
        colour=track.colour,
    )


def private_head(token: str, site: Site) -> Head:
    """Return what a person's feed says of itself."""
    return Head(
        name=_("我的河西人才节"),
        description=_("仅供本人使用：您报名和收藏的活动。请勿把此日历的地址转发给他人。"),
        refresh=PRIVATE_REFRESH,
        source=site.address(private_path(token)),
        url=site.address("/me"),
        colour=BLUE,
    )


# -- entries ----------------------------------------------------------------------------------------------------------------


def times_of(slot: Slot) -> Times:
    """Return a slot's times as the rules take them."""
    return Times(slot.starts_at, slot.ends_at, slot.previous_starts_at)


def standing_of(slot: Slot) -> Standing:
    """Return what became of a slot: its own status, its session's and its activity's together."""
    statuses = [slot.activity.status, slot.status]
    if slot.parent_id is not None and slot.parent is not None:
        statuses.append(slot.parent.status)
    return standing(statuses, times_of(slot))


def public_entry(session: Session, audience: Audience, site: Site) -> Entry:
    """Return a session as everyone sees it."""
    slot = session.slot
    stands = standing_of(slot)
    return Entry(
        uid=slot.uid,
        sequence=slot.sequence,
        created_at=slot.created_at,
        updated_at=slot.updated_at,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=marked(stands, None, title_of(session)),
        description=_description(slot, _old_time(slot, stands), site),
        place=_place(slot),
        appearance=appearance(audience, stands),
        categories=_categories(slot.activity),
        url=site.activity(slot.activity.slug),
        contact=_contact(slot.activity),
    )


def removed_entry(gone: CalendarTombstone, site: Site, now: datetime) -> Entry:
    """Return a session that has left the programme: cancelled, with no more than names it."""
    activity = gone.activity
    url = site.activity(activity.slug) if activity is not None and activity.is_public_at(now) else site.address("/")
    return Entry(
        uid=gone.uid,
        sequence=gone.sequence,
        created_at=gone.created_at,
        updated_at=gone.updated_at,
        starts_at=gone.starts_at,
        ends_at=gone.ends_at,
        summary=marked(Standing.CANCELLED, None, loc(gone, "title")),
        description=f"详情 / Details: {url}",
        place=Place("", ""),
        appearance=appearance(Audience.PUBLIC, Standing.CANCELLED),
        categories=(gone.track.title_zh, gone.track.title_en),
        url=url,
        contact="",
    )


def private_entry(booking: Booking, site: Site, now: datetime, *, alarms: tuple[int, ...]) -> Entry:
    """Return a person's sign-up as only they see it. Never in it: number on the list, code, contact, party.

    :param alarms: how many hours before it rings, where it may.
    """
    slot, sign_up = booking.session.slot, booking.sign_up
    stands = standing_of(slot)
    state = state_at(sign_up.state, sign_up.offered_until, now)
    title = title_of(booking.session)
    sequence = slot.sequence + booking.changes
    lines = [
        *_old_time(slot, stands),
        *place_lines(booking),
        *_state_line(stands, state, sign_up.offered_until),
        *_own_lines(sign_up),
    ]
    return Entry(
        uid=slot.uid,
        sequence=sequence,
        created_at=slot.created_at,
        updated_at=last_change(slot.updated_at, booking.changed_at, sequence) if booking.changes else slot.updated_at,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=marked(stands, state, title),
        description=_description(slot, lines, site),
        place=_place(slot),
        appearance=appearance(Audience.PRIVATE, stands, state),
        categories=_categories(slot.activity),
        url=site.activity(slot.activity.slug),
        contact=_contact(slot.activity),
        is_private=True,
        alarm=title,
        alarms=tuple(timedelta(hours=hours) for hours in alarms) if rings(stands, state) else (),
    )


def opening_entry(opening: Opening, site: Site, *, rings: bool) -> Entry:
    """Return that sign-up opens for something its reader keeps for later: it takes nobody's time.

    :param rings: it rings ten minutes before.
    """
    row, activity = opening.row, opening.activity
    title = _("报名开始：%(title)s", title=loc(activity, "title"))
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        created_at=row.created_at,
        updated_at=row.updated_at,
        starts_at=row.opens_at,
        ends_at=opening.ends_at,
        summary=marked(row.standing, None, title),
        description=f"{_('您收藏的活动从此时起可以报名。')}\n\n详情 / Details: {site.activity(activity.slug)}",
        place=Place("", ""),
        appearance=appearance(Audience.PUBLIC, row.standing),
        categories=_categories(activity),
        url=site.activity(activity.slug),
        contact="",
        is_private=True,
        alarm=title,
        alarms=(OPENING_ALARM,) if rings and row.standing == Standing.SCHEDULED else (),
    )


def kept_entry(entry: KeptEntry, site: Site, now: datetime) -> Entry:
    """Return a part of an activity that its reader keeps for later: it books nothing, rings not, and takes nobody's time."""
    row, activity, part = entry.row, entry.kept.activity, entry.kept.part
    is_public = activity.is_public_at(now)
    page = site.address(entry.kept.path) if is_public else site.address("/")
    title = loc(row, "title")
    if is_public:
        title = _("%(title)s（%(activity)s）", title=title, activity=loc(activity, "short_title") or loc(activity, "title"))
    stands = row.standing
    lines: list[str] = []
    if part is not None and is_public:
        lines = [*_old_time(part.day, stands, row), *_where(part)]
    if stands != Standing.CANCELLED:
        title = _("【收藏】%(title)s", title=title)
        lines.append(_("您收藏了这一场，没有预约名额，也不代表已报名。"))
    return Entry(
        uid=row.uid,
        sequence=row.sequence,
        created_at=row.created_at,
        updated_at=row.updated_at,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        summary=marked(stands, None, title),
        description="\n\n".join(filter(None, ("\n".join(clean_line(line) for line in lines), f"详情 / Details: {page}"))),
        place=_place(part.day) if part is not None and is_public else Place("", ""),
        appearance=appearance(Audience.PRIVATE, stands, is_only_kept=True),
        categories=_categories(activity),
        url=page,
        contact=_contact(activity) if is_public else "",
        is_private=True,
    )


def _where(part: Part) -> list[str]:
    where = loc(part, "where")
    return [_("地点：%(room)s", room=where)] if where else []


def mailed_entry(session: Session, site: Site, method: Method, sequence: int) -> Entry:
    """Return a slot as an invitation by mail tells it to one person. It rings as their own calendar is set to."""
    slot = session.slot
    stands = standing_of(slot)
    is_off = method is Method.CANCEL
    return Entry(
        uid=slot.uid,
        sequence=sequence,
        created_at=slot.created_at,
        updated_at=slot.updated_at,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        summary=marked(stands, None, title_of(session)),
        description=_description(slot, _old_time(slot, stands), site),
        place=_place(slot),
        appearance=appearance(Audience.PRIVATE, Standing.CANCELLED if is_off else stands, State.CONFIRMED),
        categories=_categories(slot.activity),
        url=site.activity(slot.activity.slug),
        contact=_contact(slot.activity),
    )


_lines_of: dict[str, Callable[[SignUp], list[str]]] = {}


def register(lines: Mapping[str, Callable[[SignUp], list[str]]]) -> None:
    """Make known, by kind of activity, what it adds to the entry of a sign-up in its owner's calendar; called once.

    Whatever changes those lines must call ``signups.waitlist.touch`` in the same transaction, or calendars keep the old ones.
    """
    _lines_of.clear()
    _lines_of.update(lines)


def _own_lines(sign_up: SignUp) -> list[str]:
    """Return what the kind of activity adds to its owner's entry: in the language spoken."""
    return _lines_of[sign_up.activity.kind](sign_up) if sign_up.activity.kind in _lines_of else []


# -- their words ------------------------------------------------------------------------------------------------------------


def title_of(session: Session) -> str:
    """Return the activity's title with what tells this time from its others."""
    slot = session.slot
    title, label = loc(slot.activity, "title"), loc(slot, "label")
    if label:
        return str(_("%(title)s（%(label)s）", title=title, label=label))
    if session.total > 1:
        return str(_("%(title)s（第%(number)s场/共%(total)s场）", title=title, number=session.number, total=session.total))
    return title


def marked(stands: Standing, state: State | None, title: str) -> str:
    """Return a title behind what a reader must know first. Outlook shows no state in a subscription: the words must."""
    match state:
        case _ if stands == Standing.CANCELLED:
            return str(_("【已取消】%(title)s", title=title))
        case State.WAITLISTED:
            title = _("【候补】%(title)s", title=title)
        case State.OFFERED:
            title = _("【待确认】%(title)s", title=title)
        case State.PENDING:
            title = _("【待审核】%(title)s", title=title)
        case State.ENTERED:
            title = _("【待抽签】%(title)s", title=title)
    match stands:
        case Standing.POSTPONED:
            return str(_("【延期待定】%(title)s", title=title))
        case Standing.RESCHEDULED:
            return str(_("【改期】%(title)s", title=title))
    return title


def _old_time(slot: Slot, stands: Standing, of: CalendarKept | None = None) -> list[str]:
    """Return the first lines of a time that was moved, is to be, or is off.

    :param of: a part of the slot, with times of its own; None: it is the slot itself.
    """
    timed = of if of is not None else slot
    if stands == Standing.CANCELLED:
        return _reason(slot)
    if stands == Standing.POSTPONED:
        return [_("原定时间：%(when)s。新的时间待定。", when=span(timed.starts_at, timed.ends_at)), *_reason(slot)]
    if stands == Standing.RESCHEDULED and timed.previous_starts_at is not None:
        before = span(timed.previous_starts_at, timed.previous_ends_at or timed.previous_starts_at)
        return [_("原定时间：%(when)s。", when=before), *_reason(slot)]
    return []


def _reason(slot: Slot) -> list[str]:
    """Return why the plan changed, where its organizers said so."""
    words = loc(slot, "plan_reason") or loc(slot.activity, "plan_reason")
    return [_("原因：%(reason)s", reason=words)] if words else []


def _state_line(stands: Standing, state: State, offered_until: datetime | None) -> list[str]:
    """Return what the reader has to do, or to wait for; nothing that moves by itself, such as a number on the list."""
    if stands == Standing.CANCELLED:
        return []
    if stands == Standing.POSTPONED and state == State.OFFERED:
        return [_("已为您保留名额，恢复举行时请再确认。")]
    match state:
        case State.OFFERED if offered_until is not None:
            return [_("已为您保留名额，请于 %(when)s 前登录确认，逾期自动转给下一位。", when=moment(offered_until))]
        case State.WAITLISTED:
            return [_("您在候补名单上，有名额时会通知您。")]
        case State.PENDING:
            return [_("报名正在审核，结果会通知您。")]
        case State.ENTERED:
            return [_("您已参加抽签，结果会通知您。")]
    return []


def place_lines(booking: Booking) -> list[str]:
    """Return the bus, zone or block of seats that a person signed up for, and where their party sits."""
    seats = [_("座位：%(seats)s", seats=booking.seats)] if booking.seats else []
    return [*_place_line(booking.sign_up.pool), *seats]


def _place_line(pool: Pool) -> list[str]:
    """Return the bus, zone or seats that a person signed up for. A quota says something about the person: it stays out."""
    label = loc(pool, "label")
    if not label or pool.quota_question is not None:
        return []
    match pool.unit:
        case "bus":
            return [_("乘车线路：%(label)s", label=label)]
        case "zone":
            return [_("观看区：%(label)s", label=label)]
        case "seat_block":
            return [_("席位：%(label)s", label=label)]
    return []


def _place(slot: Slot) -> Place:
    venue = slot.venue or slot.activity.venue
    return Place(loc(venue, "name"), loc(venue, "address"), venue.lat, venue.lon)


def _categories(activity: Activity) -> tuple[str, ...]:
    return (activity.track.title_zh, activity.track.title_en)


def _contact(activity: Activity) -> str:
    return " ".join(part for part in (loc(activity, "host"), activity.host_phone) if part)


def _description(slot: Slot, lines: Iterable[str], site: Site) -> str:
    """Return what must be known first, a block in each language, and where to read more; about LENGTH characters at most."""
    first = "\n".join(clean_line(line) for line in lines)
    more = f"详情 / Details: {site.activity(slot.activity.slug)}"
    added = {language: _lines_of_kind(slot, language) for language in LOCALES}
    prose = _fitted(
        _prose(slot.activity, "zh"), _prose(slot.activity, "en"), LENGTH - len("".join((first, more, *added.values())))
    )
    blocks = ("\n".join(filter(None, (words, added[language]))) for words, language in zip(prose, LOCALES, strict=True))
    return "\n\n".join(part for part in (first, *blocks, more) if part)


def _lines_of_kind(slot: Slot, language: Locale) -> str:
    """Return what an activity's kind adds for one time, such as when the doors open; never cut."""
    return "\n".join(kind_of(slot.activity).calendar_lines(slot.activity, slot, language))


def _prose(activity: Activity, language: Locale) -> str:
    """Return what an activity says of itself in one language."""
    summary = clean(str(getattr(activity, f"summary_{language}")))
    text = _plain(str(getattr(activity, f"description_{language}")))
    return text if not summary or text.startswith(summary) else f"{summary}\n{text}".strip()


def _fitted(chinese: str, english: str, room: int) -> tuple[str, str]:
    """Return both texts cut to what room there is; Chinese says the same in fewer characters."""
    room = max(0, room - 8)  # the line ends between the blocks
    chinese = _shorten(chinese, max(room - len(english), room * 2 // 5))
    return chinese, _shorten(english, room - len(chinese))


@lru_cache(maxsize=256)
def _plain(text: str) -> str:
    """Return Markdown as plain lines."""
    bare = html.unescape(nh3.clean(str(rich(text)), tags=set()))
    return "\n".join(line for line in (clean_line(line) for line in bare.splitlines()) if line)


def _shorten(text: str, length: int) -> str:
    """Return a text of at most so many characters, cut after a word."""
    if len(text) <= length:
        return text
    cut = text[: max(0, length - 1)]
    space = cut.rfind(" ")
    return f"{cut[:space] if space > length * 3 // 4 else cut}…"
