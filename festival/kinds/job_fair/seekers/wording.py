"""The words of states, refusals and messages of the job fair's seekers, in the language spoken."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from festival.kinds.job_fair.seekers import queries
from festival.kinds.job_fair.seekers.models import Application, BoothNumber
from festival.kinds.job_fair.seekers.rules import MOST_APPLICATIONS, MOST_NUMBERS, VERSIONS_MOST, Reason, State, Turn
from festival.lib.db import db
from festival.lib.format import clock_time, month_day
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.wording import Words, short_instant
from festival.outbox.texts import fitted
from festival.programme.models import Activity

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: What a seeker reads of an application's state.
STATES: dict[State, "LazyString"] = {
    State.SUBMITTED: _l("已投递"),
    State.VIEWED: _l("已查看"),
    State.SHORTLISTED: _l("初选通过"),
    State.INVITED: _l("邀请面试"),
    State.ACCEPTED: _l("面试已预约"),
    State.DECLINED: _l("不参加面试"),
    State.INTENT: _l("达成意向"),
    State.NOT_SELECTED: _l("未入选"),
    State.WITHDRAWN: _l("已撤回"),
}
#: The shape and colour of each state: keys of ``components/words.html``.
SHAPES: dict[State, str] = {
    State.SUBMITTED: "pending",
    State.VIEWED: "pending",
    State.SHORTLISTED: "open",
    State.INVITED: "offered",
    State.ACCEPTED: "confirmed",
    State.DECLINED: "withdrawn",
    State.INTENT: "attended",
    State.NOT_SELECTED: "ended",
    State.WITHDRAWN: "withdrawn",
}
#: What comes next, for the seeker.
NEXT: dict[State, "LazyString"] = {
    State.SUBMITTED: _l("用人单位查看简历后，这里会显示“已查看”。"),
    State.VIEWED: _l("用人单位已查看您的简历，有结果会用消息告诉您。"),
    State.SHORTLISTED: _l("您已通过初选，用人单位可能会邀请您面试。"),
    State.INVITED: _l("请在下面选一个面试时间；不参加也请告知。"),
    State.ACCEPTED: _l("请按时到展位面试，并凭签到码入场。"),
    State.DECLINED: _l("您已告知用人单位不参加面试。"),
    State.INTENT: _l("双方达成意向，请与用人单位联系后续手续。"),
    State.NOT_SELECTED: _l("这个岗位没有选上，欢迎投递其他岗位。"),
    State.WITHDRAWN: _l("用人单位已看不到这次投递，也不能再打开您的简历。"),
}
TURNS: dict[Turn, "LazyString"] = {
    Turn.WAITING: _l("排队中"),
    Turn.CALLED: _l("请到展位"),
    Turn.DONE: _l("已完成"),
    Turn.MISSED: _l("已过号"),
    Turn.LEFT: _l("已取消"),
}
_REASONS: dict[Reason, "LazyString"] = {
    Reason.CLOSED: _l("招聘会已结束或未如期举行，现在不能办理。"),
    Reason.POSITION_GONE: _l("这个岗位已不再招聘。"),
    Reason.NO_CV: _l("请先上传简历，再投递。"),
    Reason.MOST_APPLICATIONS: _l("最多同时投递 %(n)s 个岗位。撤回一个后可以再投。", n=MOST_APPLICATIONS),
    Reason.AGAIN: _l("这个岗位您已投递过。"),
    Reason.STATE: _l("情况已有变化，请看下面的最新状态。"),
    Reason.NOT_SIGNED_UP: _l("请先报名招聘会的入场时段，再办理。"),
    Reason.BEFORE_ENTRY: _l("这个时间早于您的入场时段，请选晚一些的时间，或更改入场时段。"),
    Reason.SLOT_TAKEN: _l("这个时间刚被别人约走，请另选一个。"),
    Reason.SLOT_UNKNOWN: _l("请从列出的时间中选择。"),
    Reason.SLOT_PAST: _l("这个时间已经过了，请另选一个。"),
    Reason.OTHER_INTERVIEW: _l("这个时间您已有另一场面试，请另选一个。"),
    Reason.OTHER_ACTIVITY: _l("这个时间您报名了另一项活动，请另选一个。"),
    Reason.MOST_INTERVIEWS: _l("您预约的面试已达上限。让出一个后可以再约。"),
    Reason.NO_SLOTS: _l("没有空闲的面试时间了。"),
    Reason.VERSIONS: _l("最多保存 %(n)s 个版本，请先删除不用的。", n=VERSIONS_MOST),
    Reason.NOT_THE_DAY: _l("招聘会当天才能取号。"),
    Reason.MOST_NUMBERS: _l("最多同时在 %(n)s 个展位排队。取消一个后可以再取。", n=MOST_NUMBERS),
    Reason.NO_BOOTH: _l("这家单位还没有展位，暂时不能取号。"),
}


def refusal(reason: Reason) -> str:
    """Return why something is not done, and what to do instead."""
    return str(_REASONS[reason])


# -- messages ----------------------------------------------------------------------------------------------------------------

#: Writes one message: the employer, the position, when and where the interview is (empty: none).
_Sentence = Callable[[str, str, str, str], str]


def _submitted(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您已向“%(employer)s”投递“%(position)s”，进展可登录查看。", employer=employer, position=position)


def _shortlisted(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您投递的“%(employer)s”“%(position)s”已通过初选。", employer=employer, position=position)


def _viewed(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”已查看您投递“%(position)s”的简历。", employer=employer, position=position)


def _invited(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”邀请您面试“%(position)s”，请登录选择时间。", employer=employer, position=position)


def _accepted(employer: str, position: str, when: str, booth: str) -> str:
    return _(
        "面试已预约：%(when)s，展位%(booth)s，“%(employer)s”“%(position)s”。",
        when=when,
        booth=booth or _("待定"),
        employer=employer,
        position=position,
    )


def _intent(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您与“%(employer)s”就“%(position)s”达成意向，恭喜！", employer=employer, position=position)


def _not_selected(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("很抱歉，您投递的“%(employer)s”“%(position)s”未入选。欢迎投递其他岗位。", employer=employer, position=position)


def _employer_left(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”不再参加招聘会，您投递的“%(position)s”已结束。", employer=employer, position=position)


def _time_off(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”“%(position)s”原约的面试时间已取消，请登录另选。", employer=employer, position=position)


def _entry_lost(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您已没有招聘会的入场名额，“%(employer)s”“%(position)s”的面试时间已取消。", employer=employer, position=position)


def _booked(_employer: str, position: str, when: str, _booth: str) -> str:
    return _("求职者预约了“%(position)s”的面试：%(when)s。", position=position, when=when)


def _given_back(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("求职者取消了“%(position)s”已约的面试时间，邀请仍有效。", position=position)


def _declined(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("求职者不参加“%(position)s”的面试。", position=position)


def _left(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("受邀的求职者撤回了“%(position)s”的投递。", position=position)


def _written(sentence: _Sentence, employer: str, position: str, when: str, booth: str) -> Words:
    short = fitted(lambda who, what: sentence(who, what, when, booth), employer, position)
    return Words(short, sentence(employer, position, when, booth))


def _teller(sentence: _Sentence, states: frozenset[State], *, to_seeker: bool) -> Callable[[int, int], Told | None]:
    """Return what puts an application into words for its seeker, or for a recruiter, while it is in one of these states."""

    def tell(application_id: int, reader_id: int) -> Told | None:
        application = db.session.get(Application, application_id)
        if application is None or application.state not in states or (application.person_id == reader_id) != to_seeker:
            return None
        interview = queries.standing_interview(application_id)
        when = _instant(interview.starts_at) if interview else ""
        words = _written(
            sentence,
            loc(application.employer, "name"),
            loc(application.position, "title"),
            when,
            queries.booth_of(application.employer_id),
        )
        path = f"/me/applications/{application_id}" if to_seeker else f"/recruiting/applications/{application_id}"
        if application.state == State.WITHDRAWN and not to_seeker:
            path = f"/recruiting/{application.employer_id}"
        return Told(words, _title(application.activity_id), path)

    return tell


def _instant(at: datetime) -> str:
    return short_instant(month_day(at), clock_time(at))


def _title(activity_id: int) -> str:
    activity = db.session.get_one(Activity, activity_id)
    return loc(activity, "short_title") or loc(activity, "title")


def _number_teller(sentence: Callable[[str, str, int], str], turn: Turn) -> Callable[[int, int], Told | None]:
    """Return what says to the holder of a number how it stands: employer, booth, number."""

    def tell(number_id: int, reader_id: int) -> Told | None:
        held = db.session.get(BoothNumber, number_id)
        if held is None or held.state != turn or held.person_id != reader_id:
            return None
        booth = queries.booth_of(held.employer_id)
        employer = loc(held.employer, "name")
        words = Words(fitted(lambda who: sentence(who, booth, held.number), employer), sentence(employer, booth, held.number))
        return Told(words, _title(held.employer.activity_id), "/me/numbers")

    return tell


def _called(employer: str, booth: str, number: int) -> str:
    return _("%(n)s号，请到展位%(booth)s“%(employer)s”。", n=number, booth=booth, employer=employer)


def _near(employer: str, booth: str, number: int) -> str:
    return _("展位%(booth)s“%(employer)s”前面还有 2 位，您是%(n)s号，请到附近等候。", n=number, booth=booth, employer=employer)


_ALL = frozenset(State)
MESSAGES = (
    OwnMessage("job_submitted", _l("已投递"), _teller(_submitted, _ALL - {State.WITHDRAWN}, to_seeker=True), is_quiet=True),
    OwnMessage(
        "job_viewed",
        _l("简历已查看"),
        _teller(_viewed, frozenset({State.VIEWED, State.SHORTLISTED}), to_seeker=True),
        is_quiet=True,
    ),
    OwnMessage("job_shortlisted", _l("初选通过"), _teller(_shortlisted, frozenset({State.SHORTLISTED}), to_seeker=True)),
    OwnMessage("job_invited", _l("邀请面试"), _teller(_invited, frozenset({State.INVITED}), to_seeker=True)),
    OwnMessage("job_accepted", _l("面试已预约"), _teller(_accepted, frozenset({State.ACCEPTED}), to_seeker=True)),
    OwnMessage("job_intent", _l("达成意向"), _teller(_intent, frozenset({State.INTENT}), to_seeker=True)),
    OwnMessage("job_not_selected", _l("投递结果"), _teller(_not_selected, frozenset({State.NOT_SELECTED}), to_seeker=True)),
    OwnMessage("job_employer_left", _l("投递已结束"), _teller(_employer_left, frozenset({State.NOT_SELECTED}), to_seeker=True)),
    OwnMessage("job_time_off", _l("请另选面试时间"), _teller(_time_off, frozenset({State.INVITED}), to_seeker=True)),
    OwnMessage("job_entry_lost", _l("面试时间已取消"), _teller(_entry_lost, frozenset({State.INVITED}), to_seeker=True)),
    OwnMessage("job_booked", _l("新的面试预约"), _teller(_booked, frozenset({State.ACCEPTED}), to_seeker=False)),
    OwnMessage("job_given_back", _l("面试时间已取消"), _teller(_given_back, frozenset({State.INVITED}), to_seeker=False)),
    OwnMessage("job_declined", _l("不参加面试"), _teller(_declined, frozenset({State.DECLINED}), to_seeker=False)),
    OwnMessage("job_left", _l("投递已撤回"), _teller(_left, frozenset({State.WITHDRAWN}), to_seeker=False)),
    OwnMessage("job_number_called", _l("请到展位"), _number_teller(_called, Turn.CALLED), is_urgent=True),
    OwnMessage("job_number_near", _l("快到您了"), _number_teller(_near, Turn.WAITING), is_urgent=True),
)
