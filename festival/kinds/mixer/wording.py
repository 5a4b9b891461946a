"""The mixer in words."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from festival.accounts.rules import Permission
from festival.kinds.mixer import queries
from festival.kinds.mixer.details import MixerDetails
from festival.kinds.mixer.rules import Complaint, Reason
from festival.lib.db import db
from festival.lib.format import clock_time, hours
from festival.lib.i18n import _, _l, _n
from festival.notices.own import OwnMessage, Told
from festival.notices.wording import Values, Words, said
from festival.overview.render import OwnTask
from festival.programme.kinds import Candidate, details_of
from festival.programme.models import Activity, Slot
from festival.signups.models import SignUp
from festival.signups.rules import State

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REASONS: "dict[Reason, LazyString]" = {
    Reason.NOT_HERE: _l("签到领到编号以后才能使用。"),
    Reason.NO_GROUPS: _l("联谊需要两个名额池（如男嘉宾、女嘉宾），请先设置名额。"),
    Reason.NO_TIMES: _l("互选时间还没有设置。"),
    Reason.NOT_OPEN: _l("互选还没有开始。"),
    Reason.CLOSED: _l("互选已经结束，不能再改。"),
    Reason.NOT_YET: _l("结果还没有到公布时间。"),
    Reason.KEY_FIXED: _l("互选开始后不能再换手机。之前那台手机上的选择仍然有效。"),
    Reason.KEY_BAD: _l("这台手机没能准备好互选，请刷新页面再试。"),
    Reason.NO_KEY: _l("请先在这台手机上打开本页，做好互选准备。"),
    Reason.NO_CONSENT: _l("您已撤回互选授权，不再参加互选。"),
    Reason.ROWS_BAD: _l("没有收到完整的选择，请刷新页面再试。"),
    Reason.UNKNOWN_NUMBER: _l("没有人佩戴这个编号，请对照胸牌再看一遍。"),
    Reason.OWN_NUMBER: _l("这是您自己的编号。"),
    Reason.TOO_MANY: _l("已达到可填写的数量，请联系现场工作人员。"),
    Reason.PLANNED: _l("轮桌表已经排好，不能再改熟人名单。不愿与某人同桌时，可使用“不再相遇”。"),
    Reason.NO_MORE_ROUNDS: _l("没有可以安排的轮次了。"),
    Reason.SETTLED: _l("互选已经结束，时间不能再改。"),
    Reason.NOBODY: _l("两组都有人签到以后才能排桌。"),
}
COMPLAINTS: "dict[Complaint, LazyString]" = {
    Complaint.HARASSMENT: _l("言语或行为骚扰"),
    Complaint.UNTRUE: _l("信息不实（如并非单身）"),
    Complaint.PICTURES: _l("未经同意拍照、录像"),
    Complaint.SELLING: _l("推销、借贷等"),
    Complaint.OTHER: _l("其他"),
}
#: What is recorded, and of what. Choices are not: the trail is kept for good.
AUDIT: "dict[str, LazyString]" = {
    "mixer.plan": _l("排轮桌"),
    "mixer.round": _l("开始一轮"),
    "mixer.times": _l("调整互选时间与轮次"),
    "mixer.settle": _l("互选结束，选择已全部删除"),
    "mixer.report_read": _l("查看一条反馈"),
    "mixer.report_closed": _l("反馈处理完毕"),
    "mixer_report": _l("反馈"),
}


def refusal(candidate: Candidate) -> str | None:
    """Return why somebody is not of the age that a mixer is for; None: they are, or it asks nobody's age."""
    details = details_of(candidate.activity)
    band = details.band if isinstance(details, MixerDetails) else None
    if band is None or "birth_year" not in candidate.answers or band.takes(candidate.answers["birth_year"]):
        return None
    return _("本活动面向 %(first)s 至 %(last)s 年出生的青年。", first=band.first, last=band.last)


def calendar_lines(activity: Activity, _slot: Slot, language: str) -> list[str]:
    """Return the first part of the afternoon, which lies before the start."""
    details = details_of(activity)
    if not isinstance(details, MixerDetails) or not details.agenda:
        return []
    first = details.agenda[0]
    return [f"{first.starts:%H:%M} {first.title.en if language == 'en' else first.title.zh}"]


# -- on the roster and at the door ---------------------------------------------------------------------------------------------


def number_column(sign_up_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers that people wear, for the roster."""
    return queries.labels(sign_up_ids)


def photo_column(sign_up_ids: Sequence[int]) -> dict[int, str]:
    """Return who must not be photographed, for the roster."""
    return dict.fromkeys(queries.without_photo(sign_up_ids), _("不拍照"))


def door_facts(sign_up: SignUp) -> list[tuple[str, str]]:
    """Return the number to hand out, and whether it gets the mark of those who must not be photographed."""
    number = queries.labels([sign_up.id]).get(sign_up.id)
    found = [(_("编号"), number)] if number else []
    if queries.without_photo([sign_up.id]):
        found.append((_("拍照"), _("不拍照，请贴标记")))
    return found


# -- what to do ----------------------------------------------------------------------------------------------------------------


def tasks(activity: Activity, _now: datetime) -> Sequence[OwnTask]:
    """Return that somebody has reported something, for whoever may read it: how many reports, and nothing of whom."""
    waiting = queries.open_reports(activity.id)
    if not waiting:
        return ()
    words = _n("有 %(num)s 条现场反馈等待处理。", "有 %(num)s 条现场反馈等待处理。", waiting)
    return (OwnTask(words, "/manage/activities/<slug>/mixer/reports", Permission.CONTACT_REVEAL),)


# -- to oneself ----------------------------------------------------------------------------------------------------------------


def private_lines(sign_up: SignUp) -> list[str]:
    """Return what one's own calendar says of the afternoon."""
    times = queries.times(sign_up.activity)
    if times is None:
        return []
    when, reveal = hours(times.opens_at, times.closes_at), clock_time(times.reveal_at)
    return [_("心动互选 %(hours)s，结果 %(reveal)s 起仅本人可见", hours=when, reveal=reveal)]


def _result(sign_up_id: int, _account_id: int) -> Told | None:
    """Tell that results can be seen: the same to everybody who was there, whatever theirs is."""
    sign_up = db.session.get(SignUp, sign_up_id)
    if sign_up is None or sign_up.state != State.ATTENDED:
        return None
    return Told(sign_up.activity, f"/sign-ups/{sign_up.code}/mixer", {}, sign_up.slot)


def _result_words(values: Values) -> Words:
    return said(
        lambda about: _("“%(title)s”互选已结束，请登录查看您的结果。", title=about),
        values["title"],
        long=_("“%(title)s”的互选已结束，请登录查看只有您本人可见的结果。", title=values["title"]),
    )


MESSAGES = (OwnMessage("mixer_result", _l("互选结果可以查看了"), _result, _result_words),)
