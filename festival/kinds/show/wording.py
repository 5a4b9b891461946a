"""What a show says: decisions with words prepared in both languages, refusals, how full zones are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy.orm import joinedload

from festival.kinds.show import queries
from festival.kinds.show.models import Area, ShowDecision
from festival.kinds.show.rules import Cause, Decision, Fullness, Reason, Zone, ZoneReason, elsewhere
from festival.lib.db import db
from festival.lib.format import clock_time, count, moment
from festival.lib.i18n import LOCALES, _, _l, loc, speaking
from festival.notices import render as notices
from festival.notices.own import OwnMessage, Told
from festival.notices.rules import Placeholder
from festival.notices.wording import Values, Words, instant
from festival.outbox.texts import fitted, fitted_or
from festival.programme.models import Activity, Slot
from festival.programme.service import Why
from festival.signups.models import SignUp
from festival.signups.rules import CONCERNED, PLACED

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: What a decision is called: on its button, in the log, on the public page.
DECISIONS: "dict[Decision, LazyString]" = {
    Decision.GO: _l("如期举行"),
    Decision.HOLD: _l("暂缓，等候通知"),
    Decision.POSTPONE: _l("改期或延期"),
    Decision.CANCEL: _l("取消"),
}
#: What it means.
EXPLAINED: "dict[Decision, LazyString]" = {
    Decision.GO: _l("公开页面显示如期举行，并通知每个已预约的人。计划不变。"),
    Decision.HOLD: _l("公开页面显示暂缓和下一次公布的时间，并通知每个已预约的人。计划不变，之后可以再决定。"),
    Decision.POSTPONE: _l("有备用日期时移到备用日期：名额全部保留，每个人可以保留或放弃，放弃的给候补。没有备用日期时延期待定。"),
    Decision.CANCEL: _l("报名和签到码都保留，公开页面、入场凭证和日历显示已取消和原因。开始之前可以恢复。"),
}
#: The button that does it.
DONE: "dict[Decision, LazyString]" = {
    Decision.GO: _l("确认如期举行并通知"),
    Decision.HOLD: _l("确认暂缓并通知"),
    Decision.POSTPONE: _l("确认改期并通知"),
    Decision.CANCEL: _l("确认取消并通知"),
}
#: Reasons as people read them.
CAUSES: "dict[Cause, LazyString]" = {
    Cause.WIND: _l("阵风超过安全限值"),
    Cause.RAIN: _l("降雨"),
    Cause.LIGHTNING: _l("雷电预警"),
    Cause.AIRSPACE: _l("空域临时管控"),
    Cause.TECHNICAL: _l("设备检查未通过"),
    Cause.CROWD: _l("现场人数接近核准上限"),
    Cause.OTHER: _l("其他（请写明）"),
}
REFUSALS: "dict[Reason, LazyString]" = {
    Reason.CHANGED_MEANWHILE: _l("刚才已有同事作出决定。请看最新的决定，再继续。"),
    Reason.ANOTHER_EVENING: _l("您打开本页以后，场次、时间或后续安排有变化。请看清下面的内容，再决定一次。"),
    Reason.OVER: _l("这一场已经结束，不能再决定。"),
    Reason.IS_OFF: _l("这一场已取消或延期。请先在“改期、延期与取消”中恢复。"),
    Reason.SAID_ALREADY: _l("已经公布如期举行，无需再通知一次。"),
    Reason.NOT_AHEAD: _l("下一次公布的时间应晚于现在"),
    Reason.TOO_LATE: _l("下一次公布的时间不应晚于结束时间；要等更久，请修改时间"),
}
ZONE_REFUSALS: "dict[ZoneReason, LazyString]" = {
    ZoneReason.MORE_PLACES: _l("已放出或计划放出的名额多于安全人数减去工作人员。请先调低名额，或核对安全人数。"),
    ZoneReason.RESERVE: _l("这个场次有机动名额，补足之后可能超过安全人数。请先取消机动名额。"),
    ZoneReason.MORE_HEADS: _l("各区名额加上全部工作人员会超过核准人数。请先调低名额，或核对工作人员人数。"),
}
#: How full a zone is.
FULLNESS: "dict[Fullness, LazyString]" = {
    Fullness.OPEN: _l("有空位"),
    Fullness.FEW: _l("空位不多"),
    Fullness.FULL: _l("已满"),
}


def why_of(cause: Cause) -> Why:
    """Return a prepared reason in both languages."""
    with speaking("zh"):
        chinese = str(CAUSES[cause])
    with speaking("en"):
        return Why(chinese, str(CAUSES[cause]))


# -- messages -----------------------------------------------------------------------------------------------------------------


_DOORS = Placeholder("doors", "入场", "doors")
_UNTIL = Placeholder("until", "下次公布", "until")
_WHY = Placeholder("why", "原因", "reason")
#: A value that is there where the reader has no place yet.
_WAITS = "waits"


def _values(slot: Slot, decision: ShowDecision) -> Values:
    return {
        "doors": clock_time(queries.doors_at(slot)),
        "until": clock_time(decision.until) if decision.until is not None else "",
        "why": loc(decision, "reason").strip().rstrip("。."),
    }


def _example(_activity: Activity, slot: Slot) -> Values:
    """Return what a message would say two hours before a show."""
    return {
        "doors": clock_time(queries.doors_at(slot)),
        "until": clock_time(slot.starts_at - timedelta(minutes=30)),
        "why": str(CAUSES[Cause.WIND]),
    }


def _go(values: Values) -> Words:
    """Say that a show goes ahead, when it begins and when the gates open."""

    def short(title: str) -> str:
        return _("“%(title)s”如期举行：%(time)s，%(doors)s起入场。", title=title, time=values["time"], doors=values["doors"])

    if _WAITS in values:
        return _go_uncertain(values)
    return Words(
        fitted(short, values["title"]),
        _(
            "“%(title)s”如期举行：%(time)s 开始，%(doors)s 开放入场。请从所预约观看区的入口入场，凭签到码入场。",
            title=values["title"],
            time=values["time"],
            doors=values["doors"],
        ),
    )


def _go_uncertain(values: Values) -> Words:
    """Say that a show goes ahead to somebody who has no place yet, and so no gate to come to."""
    about, at = values["title"], values["time"]

    def short(title: str) -> str:
        return _("“%(title)s”如期举行：%(time)s。您的名额还没有确定。", title=title, time=at)

    return Words(
        fitted(short, about),
        _("“%(title)s”如期举行：%(time)s 开始。您的名额还没有确定，请以“我的报名”为准。", title=about, time=at),
    )


def _hold(values: Values) -> Words:
    """Say that a show waits, why, and when the next word comes; a text message without the reason where that does not fit."""
    about, because, until = values["title"], values["why"], values["until"]

    def short(why: str, title: str) -> str:
        return _("“%(title)s”暂缓：%(why)s。%(until)s前再公布。", title=title, why=why, until=until)

    def shorter(title: str) -> str:
        return _("“%(title)s”暂缓，%(until)s前再公布。", title=title, until=until)

    return Words(
        fitted_or(short, shorter, because, about),
        _(
            "“%(title)s”暂缓举行，原因：%(why)s。%(until)s 前公布下一步，请留意消息；已到现场请听从工作人员安排。名额保留。",
            title=about,
            why=because,
            until=until,
        ),
    )


def _tell_go(sign_up_id: int, _reader_id: int) -> Told | None:
    """Say that a show goes ahead, as long as that is the last word about it."""
    return _tell(Decision.GO, sign_up_id)


def _tell_hold(sign_up_id: int, _reader_id: int) -> Told | None:
    """Say that a show waits and when the next word comes, as long as that is the last word about it."""
    return _tell(Decision.HOLD, sign_up_id)


def _tell(what: Decision, sign_up_id: int) -> Told | None:
    sign_up = db.session.get(SignUp, sign_up_id, options=(joinedload(SignUp.activity), joinedload(SignUp.slot)))
    if sign_up is None or sign_up.state not in CONCERNED:
        return None
    last = queries.last_decision(sign_up.slot_id)
    if last is None or last.what != what or last.about_at != sign_up.slot.starts_at:
        return None
    values = dict(_values(sign_up.slot, last))
    if sign_up.state not in PLACED:
        values[_WAITS] = sign_up.state.value
    return Told(sign_up.activity, f"/sign-ups/{sign_up.code}", values, sign_up.slot)


_SAID = {
    Decision.GO: OwnMessage("show_go", _l("如期举行"), _tell_go, _go, (_DOORS,), _example, is_urgent=True),
    Decision.HOLD: OwnMessage("show_hold", _l("暂缓，请等候通知"), _tell_hold, _hold, (_UNTIL, _WHY), _example, is_urgent=True),
}
MESSAGES = tuple(_SAID.values())


def prepared(what: Decision, activity: Activity, slot: Slot, *, kind: str, moved_to: datetime | None) -> dict[str, str]:
    """Return the message that people will read, by language, with dots where the reason and the hour come.

    :param kind: the message of the change of plan, where the decision is one.
    :param moved_to: the new start, where it is known.
    """
    words: dict[str, str] = {}
    for language in LOCALES:
        with speaking(language):
            if what in _SAID:
                values = {**_example(activity, slot), "until": "……", "why": "……"}
                words[language] = notices.told_in_words(_SAID[what], Told(activity, "", values, slot)).long
            else:
                example = replace(notices.example_facts(activity, slot), why="……")
                if moved_to is not None:
                    example = replace(example, time=instant(moved_to), span=moment(moved_to))
                words[language] = notices.said_of(kind, activity, example).long
    return words


# -- zones --------------------------------------------------------------------------------------------------------------------


def mark(area: Area) -> str:
    """Return what stands on the plan for an area, in the language spoken."""
    return loc(area, "mark")


def zone_name(area: Area) -> str:
    """Return the whole name of a zone: its pool's."""
    return (loc(area.pool, "label") if area.pool is not None else "") or mark(area)


def room_words(zone: Zone, *, on_the_spot: bool) -> str:
    """Say how full a zone is: by bookings, or by heads while people are let in."""
    if on_the_spot:
        word = FULLNESS[zone.fullness(on_the_spot=True)]
        return _("%(word)s，在场 %(inside)s 人", word=word, inside=count(zone.inside))
    if zone.free == 0:
        return _("约满")
    return _("余 %(n)s 个名额", n=count(zone.free))


def elsewhere_words(zones: Sequence[Zone], marks: dict[str, str], *, on_the_spot: bool) -> str:
    """Say which zones are full and which have room; empty: none is full."""
    full, free = elsewhere(zones, on_the_spot=on_the_spot)
    if not full:
        return ""
    named = _list([marks[zone.key] for zone in full])
    if not free:
        return _("各观看区都已满。")
    room = _list(
        [_("%(zone)s还有 %(n)s 个空位", zone=marks[zone.key], n=count(zone.room if on_the_spot else zone.free)) for zone in free]
    )
    return _("%(full)s已满；%(room)s。", full=named, room=room)


def _list(words: Sequence[str]) -> str:
    return _("、").join(words)


def decision_words(decision: ShowDecision) -> str:
    """Say what was decided, with the reason and when the next word comes or the new time, in the language spoken."""
    reason = loc(decision, "reason")
    if decision.what == Decision.GO:
        return _("如期举行")
    if decision.what == Decision.HOLD and decision.until is not None:
        return _("暂缓：%(why)s。%(time)s 前公布下一步。", why=reason, time=moment(decision.until))
    if decision.what == Decision.POSTPONE:
        if decision.moved_to is not None:
            return _("改到 %(time)s：%(why)s。", time=moment(decision.moved_to), why=reason)
        return _("延期，新的时间待定：%(why)s。", why=reason)
    return _("取消：%(why)s。", why=reason)
