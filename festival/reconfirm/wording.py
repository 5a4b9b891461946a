"""Asking whether somebody is still coming, in words."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from festival.lib import clock
from festival.lib.format import moment
from festival.lib.i18n import _, _l
from festival.reconfirm import queries
from festival.reconfirm.rules import Answer, ReconfirmReason
from festival.signups import changed
from festival.signups.models import SignUp
from festival.signups.rules import State

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[ReconfirmReason, LazyString]" = {
    ReconfirmReason.PAST: _l("询问的时间已经过去"),
    ReconfirmReason.BEGUN: _l("场次在人们读到之前已经开始"),
    ReconfirmReason.OFF: _l("活动或场次没有在正常举行，不能询问"),
    ReconfirmReason.RUNNING: _l("这个场次还有一次询问没有结束，请先取消它"),
    ReconfirmReason.JUST_ASKED: _l("这个场次刚问过，至少隔 12 小时再问"),
    ReconfirmReason.TOO_SOON: _l("期限离询问太近，至少留 12 小时（夜间发出的从早上8点算起）"),
    ReconfirmReason.AFTER_CUTOFF: _l("期限太晚：放弃的名额来不及递补，请早于停止递补的时间"),
    ReconfirmReason.NOBODY: _l("没有需要询问的报名"),
    ReconfirmReason.CHANGED: _l("人数刚才有变化，请再看一遍。"),
}


_ANSWERS: "dict[Answer | None, LazyString]" = {
    None: _l("尚未回答"),
    Answer.COMING: _l("已确认会来"),
    Answer.RELEASED: _l("已放弃"),
    Answer.LAPSED: _l("到期未答"),
}


def answers(sign_up_ids: Sequence[int]) -> dict[int, str]:
    """Return what people answered, in words, by sign-up; who was not asked is left out."""
    return {one: str(_ANSWERS[found.answer]) for one, found in queries.standing(sign_up_ids).items()}


def ticket_panel(sign_up: SignUp) -> Mapping[str, object] | None:
    """Return what a ticket shows of it; None: nobody asked, or there is nothing to answer any more."""
    now = clock.now()
    if sign_up.state != State.CONFIRMED or now >= sign_up.slot.starts_at or changed.is_postponed(sign_up):
        return None
    found = queries.standing([sign_up.id]).get(sign_up.id)
    if found is None or found.answer not in {None, Answer.COMING}:
        return None
    return {"standing": found, "code": sign_up.code}


def asked_words(sign_ups: Sequence[SignUp]) -> dict[int, str]:
    """Return what those who have not answered read in the list of their sign-ups, by sign-up."""
    held = [one.id for one in sign_ups if one.state == State.CONFIRMED and one.slot.starts_at > clock.now()]
    if not held:
        return {}
    silent = {one: found for one, found in queries.standing(held).items() if found.answer is None}
    return {
        one: _("请于 %(time)s 前打开确认：仍会参加，或放弃名额。", time=moment(found.release_at))
        if found.release_at
        else _("主办方想确认您是否仍会参加，请打开回答。")
        for one, found in silent.items()
    }
