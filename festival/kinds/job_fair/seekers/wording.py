"""The words of states, refusals and messages of the job fair's seekers, in the language spoken."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

from festival.kinds.job_fair.employers import messages as employers
from festival.kinds.job_fair.seekers import queries
from festival.kinds.job_fair.seekers.models import Application, BoothNumber
from festival.kinds.job_fair.seekers.rules import LIVE, MOST_APPLICATIONS, MOST_NUMBERS, VERSIONS_MOST, Reason, State, Turn
from festival.lib.db import db
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.rules import Placeholder
from festival.notices.wording import Values, Words, instant, said
from festival.programme.models import Activity, Slot

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
    return _("您向“%(employer)s”投递的“%(position)s”已通过初选。", employer=employer, position=position)


def _viewed(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”已查看您投递“%(position)s”的简历。", employer=employer, position=position)


def _invited(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”邀请您面试“%(position)s”，请登录选择时间。", employer=employer, position=position)


def _accepted(employer: str, position: str, when: str, booth: str) -> str:
    return _(
        "面试已预约：%(when)s，展位%(booth)s，“%(employer)s”的“%(position)s”。",
        when=when,
        booth=booth,
        employer=employer,
        position=position,
    )


def _intent(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您与“%(employer)s”就“%(position)s”达成意向，恭喜！", employer=employer, position=position)


def _not_selected(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("很抱歉，您向“%(employer)s”投递的“%(position)s”未入选。欢迎投递其他岗位。", employer=employer, position=position)


def _employer_left(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”不再参加招聘会，您对“%(position)s”的投递已结束。", employer=employer, position=position)


def _time_off(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”的“%(position)s”面试时间已取消，请登录另选。", employer=employer, position=position)


def _entry_lost(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您已没有招聘会的入场名额，“%(employer)s”的“%(position)s”面试时间也已取消。", employer=employer, position=position)


def _taken_down(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您向“%(employer)s”投递的“%(position)s”已被主办方下架，请谨慎往来，不要付费。", employer=employer, position=position)


def _booked(_employer: str, position: str, when: str, _booth: str) -> str:
    return _("求职者预约了“%(position)s”的面试：%(when)s。", position=position, when=when)


def _given_back(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("求职者取消了“%(position)s”已约的面试时间，邀请仍有效。", position=position)


def _declined(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("求职者不参加“%(position)s”的面试。", position=position)


def _left(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("受邀的求职者撤回了“%(position)s”的投递。", position=position)


# -- what those say of it who have room -----------------------------------------------------------------------------------------


def _invited_at_length(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”邀请您面试“%(position)s”。请登录选择时间；不参加也请告知。", employer=employer, position=position)


def _accepted_at_length(employer: str, position: str, when: str, booth: str) -> str:
    return _(
        "面试已预约：%(when)s，展位%(booth)s，“%(employer)s”的“%(position)s”。请凭签到码入场，按时到展位。",
        when=when,
        booth=booth,
        employer=employer,
        position=position,
    )


def _intent_at_length(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("您与“%(employer)s”就“%(position)s”达成意向，恭喜！后续手续请与用人单位联系。", employer=employer, position=position)


def _employer_left_at_length(employer: str, position: str, _when: str, _booth: str) -> str:
    return _(
        "“%(employer)s”不再参加招聘会，您对“%(position)s”的投递已结束。欢迎投递其他岗位。",
        employer=employer,
        position=position,
    )


def _time_off_at_length(employer: str, position: str, _when: str, _booth: str) -> str:
    return _("“%(employer)s”的“%(position)s”面试时间已取消，邀请仍有效，请登录另选时间。", employer=employer, position=position)


def _entry_lost_at_length(employer: str, position: str, _when: str, _booth: str) -> str:
    return _(
        "您已没有招聘会的入场名额，“%(employer)s”的“%(position)s”面试时间也已取消。重新报名入场后可以再选时间。",
        employer=employer,
        position=position,
    )


def _given_back_at_length(_employer: str, position: str, _when: str, _booth: str) -> str:
    return _("求职者取消了“%(position)s”已约的面试时间。邀请仍有效，对方可以另选时间。", position=position)


_AT_LENGTH: dict[str, _Sentence] = {
    "job_invited": _invited_at_length,
    "job_accepted": _accepted_at_length,
    "job_intent": _intent_at_length,
    "job_employer_left": _employer_left_at_length,
    "job_time_off": _time_off_at_length,
    "job_entry_lost": _entry_lost_at_length,
    "job_given_back": _given_back_at_length,
}


def _written(sentence: _Sentence, employer: str, position: str, when: str, booth: str, long: _Sentence | None = None) -> Words:
    at_length = long(employer, position, when, booth) if long else ""
    return said(lambda who, what: sentence(who, what, when, booth), employer, position, long=at_length)


def _teller(states: frozenset[State], *, to_seeker: bool, is_taken_down: bool) -> Callable[[int, int], Told | None]:
    """Return what tells of an application to its seeker, or to a recruiter, while it is in one of these states.

    :param is_taken_down: only while its position is out of sight.
    """

    def tell(application_id: int, reader_id: int) -> Told | None:
        application = db.session.get(Application, application_id)
        if application is None or application.state not in states or (application.person_id == reader_id) != to_seeker:
            return None
        if is_taken_down and application.position.hidden_at is None:
            return None
        interview = queries.standing_interview(application_id)
        values = {
            "employer": loc(application.employer, "name"),
            "position": loc(application.position, "title"),
            "when": instant(interview.starts_at) if interview else "",
            "booth": queries.booth_of(application.employer_id) or _("待定"),
        }
        path = f"/me/applications/{application_id}" if to_seeker else f"/recruiting/applications/{application_id}"
        if application.state == State.WITHDRAWN and not to_seeker:
            path = f"/recruiting/{application.employer_id}"
        return Told(db.session.get_one(Activity, application.activity_id), path, values)

    return tell


def _example(activity: Activity, slot: Slot) -> Values:
    """Return an employer and a position of a fair, an interview there, and a number in a queue."""
    return {**employers.example(activity, slot), "when": instant(slot.starts_at + timedelta(minutes=50)), "number": "18"}


_WHEN = Placeholder("when", "面试时间", "interview")
_NUMBER = Placeholder("number", "号码", "number")
_TO_SEEKERS = _l("发给求职者")


def _message(
    kind: str,
    heading: "LazyString",
    sentence: _Sentence,
    *states: State,
    more: tuple[Placeholder, ...] = (),
    to_seeker: bool = True,
    is_quiet: bool = False,
    is_taken_down: bool = False,
) -> OwnMessage:
    """Return a message about an application."""
    return OwnMessage(
        kind,
        heading,
        _teller(frozenset(states), to_seeker=to_seeker, is_taken_down=is_taken_down),
        lambda values: _written(
            sentence, values["employer"], values["position"], values["when"], values["booth"], _AT_LENGTH.get(kind)
        ),
        (employers.EMPLOYER, employers.POSITION, *more),
        _example,
        _TO_SEEKERS if to_seeker else employers.TO_EMPLOYERS,
        is_quiet=is_quiet,
    )


def _number_message(kind: str, heading: "LazyString", sentence: Callable[[str, str, int], str], turn: Turn) -> OwnMessage:
    """Return a message to the holder of a number, about how it stands: employer, booth, number."""

    def tell(number_id: int, reader_id: int) -> Told | None:
        held = db.session.get(BoothNumber, number_id)
        if held is None or held.state != turn or held.person_id != reader_id:
            return None
        values = {
            "employer": loc(held.employer, "name"),
            "booth": queries.booth_of(held.employer_id),
            "number": str(held.number),
        }
        return Told(db.session.get_one(Activity, held.employer.activity_id), "/me/numbers", values)

    def words(values: Values) -> Words:
        return said(lambda who: sentence(who, values["booth"], int(values["number"])), values["employer"])

    named = (employers.EMPLOYER, employers.BOOTH, _NUMBER)
    return OwnMessage(kind, heading, tell, words, named, _example, _TO_SEEKERS, is_urgent=True)


def _called(employer: str, booth: str, number: int) -> str:
    return _("%(n)s号，请到展位%(booth)s“%(employer)s”。", n=number, booth=booth, employer=employer)


def _near(employer: str, booth: str, number: int) -> str:
    return _("展位%(booth)s“%(employer)s”前面还有 2 位，您是%(n)s号，请到附近等候。", n=number, booth=booth, employer=employer)


_AT = (_WHEN, employers.BOOTH)
MESSAGES = (
    _message("job_submitted", _l("已投递"), _submitted, *(frozenset(State) - {State.WITHDRAWN}), is_quiet=True),
    _message("job_viewed", _l("简历已查看"), _viewed, State.VIEWED, State.SHORTLISTED, is_quiet=True),
    _message("job_shortlisted", _l("初选通过"), _shortlisted, State.SHORTLISTED),
    _message("job_invited", _l("邀请面试"), _invited, State.INVITED),
    _message("job_accepted", _l("面试已预约"), _accepted, State.ACCEPTED, more=_AT),
    _message("job_intent", _l("达成意向"), _intent, State.INTENT),
    _message("job_not_selected", _l("投递结果"), _not_selected, State.NOT_SELECTED),
    _message("job_employer_left", _l("投递已结束"), _employer_left, State.NOT_SELECTED),
    _message("job_time_off", _l("请另选面试时间"), _time_off, State.INVITED),
    _message("job_entry_lost", _l("面试时间已取消"), _entry_lost, State.INVITED),
    _message("job_position_hidden", _l("投递的岗位已下架"), _taken_down, *LIVE, is_taken_down=True),
    _number_message("job_number_called", _l("请到展位"), _called, Turn.CALLED),
    _number_message("job_number_near", _l("快到您了"), _near, Turn.WAITING),
    _message("job_booked", _l("新的面试预约"), _booked, State.ACCEPTED, more=_AT, to_seeker=False),
    _message("job_given_back", _l("面试时间已取消"), _given_back, State.INVITED, to_seeker=False),
    _message("job_declined", _l("不参加面试"), _declined, State.DECLINED, to_seeker=False),
    _message("job_left", _l("投递已撤回"), _left, State.WITHDRAWN, to_seeker=False),
)
