"""What a show says in other slices: at the door, on the ticket, in the roster, in one's own calendar, in the audit trail."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from flask import has_request_context
from flask_babel import LazyString
from sqlalchemy import select

from festival.accounts.rules import Permission
from festival.checkin.door import gate_id_of
from festival.checkin.render import DoorBoard, Note
from festival.kinds.show import live, queries, wording
from festival.kinds.show.models import Area, ShowDecision
from festival.kinds.show.rules import Decision
from festival.lib import clock
from festival.lib.db import db
from festival.lib.format import moment
from festival.lib.i18n import _, _l, loc
from festival.overview.render import OwnTask
from festival.programme.models import Activity, Slot
from festival.roster.columns import Extra
from festival.signups.models import SignUp
from festival.signups.rules import CONCERNED, LIVE
from festival.signups.ticket import Panel

#: What the audit trail calls what a show records.
AUDIT_WORDS: "dict[str, LazyString]" = {
    "show.decide": _l("决定是否举行"),
    "show.plan": _l("修改天气、交通与禁飞"),
    "show.zone": _l("设置观看区"),
    "decision": _l("决定"),
    "safety_limit": _l("安全人数"),
    "zone_staff": _l("工作人员"),
    "weather_zh": _l("天气限值（中文）"),
    "weather_en": _l("天气限值（英文）"),
    "transit_zh": _l("交通（中文）"),
    "transit_en": _l("交通（英文）"),
    "no_fly_zh": _l("禁飞（中文）"),
    "no_fly_en": _l("禁飞（英文）"),
    "no_fly_metres": _l("禁飞半径（米）"),
    **{what.value: words for what, words in wording.DECISIONS.items()},
}


def _gates(area: Area) -> str:
    """Return the entrances of a zone, in the language spoken."""
    return _("、").join(loc(one, "label") for one in area.entrances if one.gate.closed_at is None)


# -- the door -----------------------------------------------------------------------------------------------------------------


def door_facts(sign_up: SignUp) -> Sequence[tuple[str, str]]:
    """Say through which gate a party goes, and first of all if this is another one."""
    area = queries.zone_of_pool(sign_up.pool_id)
    if area is None or not (names := _gates(area)):
        return ()
    gate_id = gate_id_of(sign_up.activity_id) if has_request_context() else None
    here = queries.entrance_of_gate(gate_id) if gate_id is not None else None
    if here is not None and here.area_id != area.id:
        return ((_("走错入口"), _("这里是%(here)s，请到%(there)s", here=loc(here, "label"), there=names)),)
    return ((_("入口"), names),)


def door_board(activity: Activity, now: datetime) -> DoorBoard:
    """Say what was decided, which zones are full and where there is room; staff count against the approved number."""
    shown = live.shown(activity, now=now, fresh=True)
    if shown is None:
        return DoorBoard()
    notes = [Note("warn", shown.elsewhere)] if shown.elsewhere else []
    if shown.decision is not None and shown.is_standing and _holds_people_back(shown.decision, now):
        notes.insert(0, Note("stop", wording.decision_words(shown.decision)))
    return DoorBoard(notes, shown.staff)


def _holds_people_back(decision: ShowDecision, now: datetime) -> bool:
    """Tell whether nobody is to be let in by what was decided: on the evening that a show was moved to, it is on."""
    is_that_day = decision.moved_to is not None and clock.local_day(decision.moved_to) == clock.local_day(now)
    return decision.what != Decision.GO and not is_that_day


# -- the ticket ---------------------------------------------------------------------------------------------------------------


def _ticket(sign_up: SignUp) -> Mapping[str, object] | None:
    """Return what stands below a ticket: the gate, and what was decided; None: nothing to say of a place that is gone."""
    area = queries.zone_of_pool(sign_up.pool_id)
    if sign_up.state not in CONCERNED or area is None:
        return None
    last = queries.last_decision(sign_up.slot_id)
    standing = last is not None and live.stands(last, sign_up.activity, sign_up.slot)
    return {
        "area": area,
        "zone": wording.zone_name(area),
        "gates": _gates(area),
        "decision": wording.decision_words(last) if last is not None and standing else "",
        "slug": sign_up.activity.slug,
    }


PANEL = Panel("kinds/show/ticket.html", _ticket)

# -- what to do ---------------------------------------------------------------------------------------------------------------


def tasks(activity: Activity, now: datetime) -> Sequence[OwnTask]:
    """Return that a word is owed: whether it goes ahead, or what follows a hold."""
    slot = queries.evening(activity)
    owed_by = live.is_owed(activity, slot, queries.last_decision(slot.id), now) if slot is not None else None
    if owed_by is None:
        return ()
    words = _("应在 %(time)s 前公布是否举行，还没有公布。", time=moment(owed_by))
    return (OwnTask(words, "/manage/activities/<slug>/show", Permission.ACTIVITY_EDIT),)


# -- the roster, the calendar -------------------------------------------------------------------------------------------------


def _was_moved(activity: Activity) -> bool:
    return any(slot.moved_at is not None for slot in activity.slots)


def _answers(sign_up_ids: Sequence[int]) -> Mapping[int, str]:
    """Return what people have answered since the show was moved; who was not asked is left out."""
    rows = db.session.execute(
        select(SignUp.id, SignUp.kept_at, Slot.moved_at)
        .join(Slot, Slot.id == SignUp.slot_id)
        .where(SignUp.id.in_(sign_up_ids), SignUp.state.in_(LIVE), SignUp.signed_up_at <= Slot.moved_at),
    )
    return {row.id: _("保留") if row.kept_at is not None and row.kept_at >= row.moved_at else _("未答复") for row in rows}


COLUMN = Extra("kept", _l("改期答复"), _was_moved, _answers)


def private_lines(sign_up: SignUp) -> list[str]:
    """Return the gate, for one's own calendar."""
    area = queries.zone_of_pool(sign_up.pool_id)
    names = _gates(area) if area is not None else ""
    return [_("入口：%(gates)s", gates=names)] if names else []
