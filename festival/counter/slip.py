"""The slip that somebody takes away from the counter: in both languages, whatever the page's own."""

from dataclasses import dataclass
from datetime import datetime

from festival.lib import clock
from festival.lib.format import moment, span
from festival.lib.i18n import LOCALES, _, _n, loc, speaking
from festival.signups import queries, ticket, timeline, wording
from festival.signups.models import SignUp
from festival.signups.rules import LIVE, State
from festival.signups.service import cancel_until


@dataclass(frozen=True, slots=True)
class Words:
    """A slip in one language."""

    lang: str
    title: str
    when: str
    where: str
    #: The pool, where a slot has several; else empty.
    pool: str
    party: str
    state: str
    #: What the state means, and what to do.
    lines: tuple[str, ...]
    withdraw: str
    printed: str


@dataclass(frozen=True, slots=True)
class Slip:
    """What is printed. Of the person nothing but the name."""

    sign_up: SignUp
    state: State
    #: The QR is printed where the code opens the door.
    opens_the_door: bool
    words: tuple[Words, ...]


def slip_of(sign_up: SignUp, now: datetime) -> Slip:
    """Return a sign-up as it is printed now."""
    state = wording.state_shown(sign_up, now)
    position = queries.position(sign_up) if state == State.WAITLISTED else 0
    several = queries.has_several_pools(sign_up.slot_id)
    spoken = []
    for language in LOCALES:
        with speaking(language):
            spoken.append(_in_words(sign_up, state, position, now, several=several))
    return Slip(sign_up, state, state in ticket.WITH_TICKET, tuple(spoken))


def _in_words(sign_up: SignUp, state: State, position: int, now: datetime, *, several: bool) -> Words:
    venue = timeline.venue_of(sign_up)
    pool = loc(sign_up.pool, "label") if several else ""
    return Words(
        lang=_("zh-CN"),
        title=loc(sign_up.activity, "title"),
        when=span(sign_up.slot.starts_at, sign_up.slot.ends_at),
        where=f"{loc(venue, 'name')} {loc(venue, 'address')}".strip(),
        pool=f"{wording.unit_words(sign_up.pool.unit)}{_('：')}{pool}" if pool else "",
        party=_n("%(num)s 人", "%(num)s 人", sign_up.party_size),
        state=wording.state_words(sign_up, now, position),
        lines=_lines(sign_up, state),
        withdraw=_withdraw(sign_up, state, now),
        printed=_("打印于 %(time)s", time=moment(clock.now())),
    )


def _lines(sign_up: SignUp, state: State) -> tuple[str, ...]:
    """Say what follows from a state, to somebody whom no message reaches."""
    ask = _ask(sign_up)
    match state:
        case State.CONFIRMED | State.ATTENDED:
            return (_("%(time)s 起签到，凭二维码或 6 位数字入场。", time=moment(wording.arrive_at(sign_up.slot))),)
        case State.WAITLISTED:
            return (_("有空位时按先后递补。%(ask)s", ask=ask), _("递补成功后，报 6 位数字即可入场。"))
        case State.OFFERED:
            until = moment(sign_up.offered_until) if sign_up.offered_until else ""
            return (_("请于 %(time)s 前在柜台确认参加。", time=until),)
        case State.PENDING:
            return (_("等待审核。%(ask)s", ask=ask),)
        case State.ENTERED:
            return (_("已参加抽签。%(ask)s", ask=ask),)
    return (_("这份报名已不在名单中。%(ask)s", ask=ask),)


def _ask(sign_up: SignUp) -> str:
    phone = sign_up.activity.host_phone
    return _("结果请致电 %(phone)s 查询，报 6 位数字。", phone=phone) if phone else _("结果请到柜台查询，报 6 位数字。")


def _withdraw(sign_up: SignUp, state: State, now: datetime) -> str:
    """Say how to withdraw; empty where nothing is left to withdraw."""
    if state not in LIVE or now >= sign_up.slot.ends_at:
        return ""
    host, phone = loc(sign_up.activity, "host"), sign_up.activity.host_phone
    until = cancel_until(sign_up.activity, sign_up.slot)
    if state in {State.CONFIRMED, State.OFFERED} and now < until:
        if phone:
            return _("不能参加：请在 %(time)s 前致电%(host)s %(phone)s 取消。", time=moment(until), host=host, phone=phone)
        return _("不能参加：请在 %(time)s 前到柜台取消。", time=moment(until))
    if phone:
        return _("不想参加了：请致电%(host)s %(phone)s。", host=host, phone=phone)
    return _("不想参加了：请到柜台说明。")
