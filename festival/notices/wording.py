"""The words of messages, in the language spoken. One function for each kind; ``WORDS`` and ``SUBJECTS`` are keyed by it.

A text message fits into 70 characters with real values, signature included, and carries no link; what a mail and 我的消息 say
may be longer. ``Facts`` is what a sign-up's message may speak of, each value already in words.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from festival.lib.format import clock_time, month_day
from festival.lib.i18n import _, _l, locale
from festival.notices.rules import Placeholder, filled, unknown_placeholders
from festival.outbox.models import MessageState
from festival.outbox.texts import SIGNATURE, SMS_LENGTH, fitted, fitted_or, has_link, units

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString


@dataclass(frozen=True, slots=True)
class Facts:
    """What a message about a sign-up may say."""

    #: The activity's short title.
    title: str
    #: When it starts: 6月18日09:00, or 18 Jun 09:00.
    time: str
    #: The whole time, for those who have room.
    span: str
    place: str
    #: The check-in digits.
    digits: str
    #: An offer's deadline.
    deadline: str = ""
    #: Place on the waiting list, 1 is next.
    position: int = 0
    #: Why it was removed or rejected, in words the person may read.
    reason: str = ""
    #: The bus, zone or seats it is in.
    pool: str = ""
    #: Why the plan changed, in the organizers' words.
    why: str = ""
    #: When a draw's result is announced.
    result: str = ""
    #: The seats it has; empty: none (any more).
    seats: str = ""
    #: It waits again at the end of the list.
    is_waiting: bool = False

    def values(self) -> "Values":
        """Return what staff's own words may name, by field."""
        return {name: str(value) for name, value in asdict(self).items()}


#: What a message may name: a value in words for each placeholder's field.
Values: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """A message in words: ``short`` is the signed text message, ``long`` what everybody else reads."""

    short: str
    long: str


def said(sentence: Callable[..., str], *parts: str, long: str = "", more: str = "") -> Words:
    """Return a message of one sentence, whose parts are cut where a text message has no room for them, the first one first.

    :param long: what is said where there is room; empty: the same sentence. ``more``: what stands behind that.
    """
    return Words(fitted(sentence, *parts), long or sentence(*parts) + more)


def further(sentence: str) -> str:
    """Return a sentence that stands behind another one, parted from it as the language does."""
    return f" {sentence}" if locale() == "en" else sentence


def code_words(code: str, minutes: int) -> Words:
    """Return the words of a one-time code. Nothing that anybody typed stands in them."""

    def sentence() -> str:
        return _("验证码%(code)s，%(minutes)s分钟内有效，请勿告知他人。非本人操作请忽略。", code=code, minutes=minutes)

    return Words(fitted(sentence), sentence())


def address_added_words(masked: str) -> Words:
    """Return the words for the owner of an account that got another address."""

    def sentence() -> str:
        return _("您的账号已增加登录方式%(address)s。如非本人操作，请登录后移除。", address=masked)

    return Words(fitted(sentence), sentence())


def staff_link_words(name: str, hours: int) -> Words:
    """Return the words for a new member of staff, or one who sets a new password. The link is the mail's own."""
    words = _("您的管理端用户名是 %(name)s。请用下面的链接设置密码，%(hours)s 小时内可用一次，请勿转发。", name=name, hours=hours)
    return Words(words, words)


def left_words(values: Values) -> Words:
    """Return the words for a mailbox whose owner has moved from one slot of an activity to another."""

    def sentence(title: str) -> str:
        return _("您已不在“%(title)s”原来的场次（%(when)s）。随信的日程会从您的日历中移除它。", title=title, when=values["span"])

    return said(sentence, values["title"])


def opened_words(values: Values) -> Words:
    """Return the words for who wanted to hear that sign-up opens. ``deadline``: when it closes; empty: nobody has said so."""

    def sentence(title: str) -> str:
        if values["deadline"]:
            return _("您收藏的“%(title)s”开始报名了，%(time)s截止。请登录报名。", title=title, time=values["deadline"])
        return _("您收藏的“%(title)s”开始报名了。请登录报名。", title=title)

    return said(sentence, values["title"])


def _confirmed(facts: Facts) -> Words:
    def short(place: str, title: str) -> str:
        return _(
            "您已成功报名“%(title)s”，时间%(time)s，地点%(place)s。请凭签到码%(no)s入场。",
            title=title,
            time=facts.time,
            place=place,
            no=facts.digits,
        )

    def shorter(title: str) -> str:
        return _("您已成功报名“%(title)s”，时间%(time)s。请凭签到码%(no)s入场。", title=title, time=facts.time, no=facts.digits)

    return Words(
        fitted_or(short, shorter, facts.place, facts.title),
        _(
            "您已成功报名“%(title)s”。时间：%(span)s；地点：%(place)s。请凭签到码 %(no)s 入场。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
            no=facts.digits,
        ),
    )


def _promoted(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”有名额了，已为您报名成功，时间%(time)s。不能参加请登录取消。", title=title, time=facts.time)

    return Words(
        fitted(short, facts.title),
        _(
            "“%(title)s”有名额了，已为您报名成功。时间：%(span)s；地点：%(place)s；签到码 %(no)s。不能参加时请取消报名。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
            no=facts.digits,
        ),
    )


def _waitlisted(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("“%(title)s”名额已满，您已进入候补，当前第%(n)s位。有空位将通知您。", title=title, n=facts.position)

    long = _(
        "“%(title)s”（%(span)s）名额已满，您已进入候补，当前第%(n)s位。有空位将通知您。",
        title=facts.title,
        span=facts.span,
        n=facts.position,
    )
    return said(sentence, facts.title, long=long)


def _released(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”已开始，您未签到，名额已释放。到场后有空位仍可入场。", title=title)

    return Words(
        fitted(short, facts.title),
        _(
            "“%(title)s”已开始，您还没有签到，名额已让给现场候补的人，您排到候补末位。如已在路上，到场后有空位仍可入场。",
            title=facts.title,
        ),
    )


def _pending(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("您的“%(title)s”报名已提交，正在审核，结果将通知您。", title=title)

    long = _("您的“%(title)s”（%(span)s）报名已提交，正在审核，结果将通知您。", title=facts.title, span=facts.span)
    return said(sentence, facts.title, long=long)


def _entered(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        if facts.result:
            return _("您已参加“%(title)s”抽签，%(time)s公布结果，届时将通知您。", title=title, time=facts.result)
        return _("您已参加“%(title)s”抽签，结果公布后将通知您。", title=title)

    if facts.result:
        long = _(
            "您已参加“%(title)s”（%(span)s）的抽签，%(time)s公布结果，届时将通知您。",
            title=facts.title,
            span=facts.span,
            time=facts.result,
        )
    else:
        long = _("您已参加“%(title)s”（%(span)s）的抽签，结果公布后将通知您。", title=facts.title, span=facts.span)
    return said(sentence, facts.title, long=long)


def _offered(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _(
            "“%(title)s”有名额了，请于%(time)s前登录确认，逾期自动转给下一位。",
            title=title,
            time=facts.deadline,
        )

    long = _(
        "“%(title)s”（%(span)s）有名额了，已为您保留。请于%(time)s前登录确认，逾期自动转给下一位。",
        title=facts.title,
        span=facts.span,
        time=facts.deadline,
    )
    return said(sentence, facts.title, long=long)


def _expired(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        if facts.is_waiting:
            return _("“%(title)s”的名额因逾期未确认已转给下一位，您仍在候补名单末尾。", title=title)
        return _("“%(title)s”的名额因逾期未确认已转给下一位，您的候补已结束。", title=title)

    if facts.is_waiting:
        long = _(
            "“%(title)s”（%(span)s）的名额因逾期未确认，已转给下一位，您仍在候补名单末尾。", title=facts.title, span=facts.span
        )
    else:
        long = _("“%(title)s”（%(span)s）的名额因逾期未确认，已转给下一位，您的候补已结束。", title=facts.title, span=facts.span)
    return said(sentence, facts.title, long=long)


def _withdrawn(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("您已取消“%(title)s”的报名，原定时间%(time)s。", title=title, time=facts.time)

    long = _("您已取消“%(title)s”的报名，原定时间：%(span)s。", title=facts.title, span=facts.span)
    return said(sentence, facts.title, long=long)


def _no_show(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”未到场已记录，有原因请登录说明。", title=title)

    return Words(
        fitted(short, facts.title),
        _("您未到场参加“%(title)s”，已记录一次。如有特殊原因，请在我的报名中说明。", title=facts.title),
    )


def _excused(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”的未到场记录已免除。", title=title)

    return Words(
        fitted(short, facts.title),
        _("您在“%(title)s”的未到场记录已免除，今后报名不受影响。", title=facts.title),
    )


def _appeal_answered(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”未到场的说明已有答复，请登录查看。", title=title)

    return Words(
        fitted(short, facts.title),
        _("主办方答复了您对“%(title)s”未到场的说明，记录保留。答复请在我的报名中查看。", title=facts.title),
    )


def _with_reason(facts: Facts, sentence: Callable[..., str], shorter: Callable[[str], str], long: str) -> Words:
    """Return a message with a reason; a text message without it where there is none, or no room for most of it."""
    if not facts.reason:
        return Words(fitted(shorter, facts.title), long)
    return Words(fitted_or(sentence, shorter, facts.reason, facts.title), long)


def _removed(facts: Facts) -> Words:
    def short(reason: str, title: str) -> str:
        return _("您报名的“%(title)s”已由主办方移出名单，原因：%(reason)s。", title=title, reason=reason)

    def shorter(title: str) -> str:
        return _("您报名的“%(title)s”已由主办方移出名单，原因请登录查看。", title=title)

    long = _(
        "您报名的“%(title)s”（%(span)s）已由主办方移出名单，原因：%(reason)s。",
        title=facts.title,
        span=facts.span,
        reason=facts.reason or _("未说明"),
    )
    return _with_reason(facts, short, shorter, long)


def _rejected(facts: Facts) -> Words:
    def short(reason: str, title: str) -> str:
        return _("很抱歉，您报名的“%(title)s”未通过审核，原因：%(reason)s。欢迎关注其他活动。", title=title, reason=reason)

    def shorter(title: str) -> str:
        return _("很抱歉，您报名的“%(title)s”未通过审核，原因请登录查看。", title=title)

    long = _(
        "很抱歉，您报名的“%(title)s”（%(span)s）未通过审核，原因：%(reason)s。欢迎关注其他活动。",
        title=facts.title,
        span=facts.span,
        reason=facts.reason or _("未说明"),
    )
    return _with_reason(facts, short, shorter, long)


def _approved(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("“%(title)s”审核已通过，报名成功，时间%(time)s。", title=title, time=facts.time)

    return Words(
        fitted(sentence, facts.title),
        _(
            "“%(title)s”审核已通过，报名成功。时间：%(span)s；地点：%(place)s。请凭签到码 %(no)s 入场。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
            no=facts.digits,
        ),
    )


def _approved_offer(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("“%(title)s”审核已通过，请于%(time)s前登录确认参加，逾期名额将递补。", title=title, time=facts.deadline)

    long = _(
        "“%(title)s”（%(span)s）审核已通过，名额已为您保留。请于%(time)s前登录确认参加，逾期名额将递补。",
        title=facts.title,
        span=facts.span,
        time=facts.deadline,
    )
    return said(sentence, facts.title, long=long)


def _asked(facts: Facts) -> Words:
    def short(reason: str, title: str) -> str:
        return _("您的“%(title)s”报名需补充材料：%(reason)s。请登录补充。", title=title, reason=reason)

    def shorter(title: str) -> str:
        return _("您的“%(title)s”报名需补充材料，请登录查看。", title=title)

    long = _(
        "您的“%(title)s”（%(span)s）报名需补充材料：%(reason)s。请登录补充。",
        title=facts.title,
        span=facts.span,
        reason=facts.reason or _("未说明"),
    )
    return _with_reason(facts, short, shorter, long)


def _not_drawn(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("很遗憾，“%(title)s”本次未抽中，您已自动进入候补。抽签结果可登录查看。", title=title)

    long = _(
        "很遗憾，“%(title)s”（%(span)s）本次未抽中，您已自动进入候补。抽签结果可登录查看。", title=facts.title, span=facts.span
    )
    return said(sentence, facts.title, long=long)


def _draw_void(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("“%(title)s”的抽签已作废并将重新抽签，您无需再次报名。原因可登录查看。", title=title)

    long = _(
        "“%(title)s”（%(span)s）的抽签已作废并将重新抽签，您无需再次报名。原因可登录查看。", title=facts.title, span=facts.span
    )
    return said(sentence, facts.title, long=long)


def _pool(facts: Facts) -> Words:
    def sentence(pool: str, title: str) -> str:
        return _("您的“%(title)s”报名已调整到“%(pool)s”，时间%(time)s，签到码不变。", title=title, pool=pool, time=facts.time)

    long = _(
        "您的“%(title)s”报名已调整到“%(pool)s”，时间：%(span)s，签到码不变。",
        title=facts.title,
        pool=facts.pool,
        span=facts.span,
    )
    return said(sentence, facts.pool, facts.title, long=long)


def _seats(facts: Facts) -> Words:
    def sentence(seats: str, title: str) -> str:
        if not seats:
            return _("“%(title)s”的座位正在重新安排，确定后在报名页显示。", title=title)
        return _("您在“%(title)s”的座位：%(seats)s，时间%(time)s。", title=title, seats=seats, time=facts.time)

    return Words(fitted(sentence, facts.seats, facts.title), sentence(facts.seats, facts.title))


def _changed(facts: Facts) -> Words:
    def short(place: str, title: str) -> str:
        return _(
            "重要：“%(title)s”改为%(time)s在%(place)s举行。如不能参加请登录取消。",
            title=title,
            time=facts.time,
            place=place,
        )

    def shorter(title: str) -> str:
        return _("重要：“%(title)s”改在%(time)s举行，地点请登录查看。不能参加请登录取消。", title=title, time=facts.time)

    return Words(
        fitted_or(short, shorter, facts.place, facts.title),
        _(
            "重要：“%(title)s”有变动。现在的时间：%(span)s；地点：%(place)s。您的报名仍然有效；不能参加时，请在报名页选择“放弃”。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
        )
        + _because(facts),
    )


def _postponed(facts: Facts) -> Words:
    def sentence(title: str) -> str:
        return _("重要：“%(title)s”延期举行，新时间另行通知，您的报名仍然有效。", title=title)

    long = _("重要：原定%(span)s的“%(title)s”延期举行，新时间另行通知，您的报名仍然有效。", title=facts.title, span=facts.span)
    return said(sentence, facts.title, long=long + _because(facts))


def _resumed(facts: Facts) -> Words:
    def short(place: str, title: str) -> str:
        return _("重要：“%(title)s”恢复举行，%(time)s，%(place)s。您的报名仍然有效。", title=title, time=facts.time, place=place)

    def shorter(title: str) -> str:
        return _("重要：“%(title)s”恢复举行，时间%(time)s。您的报名仍然有效。", title=title, time=facts.time)

    return Words(
        fitted_or(short, shorter, facts.place, facts.title),
        _(
            "重要：“%(title)s”恢复举行。时间：%(span)s；地点：%(place)s。您的报名仍然有效，签到码不变；不能参加时，请在报名页选择“放弃”或取消报名。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
        ),
    )


def _questions_added(facts: Facts) -> Words:
    def short(title: str) -> str:
        return _("“%(title)s”有新的问题需要您补充，请登录后在我的报名中填写。您的报名仍然有效。", title=title)

    return Words(
        fitted(short, facts.title),
        _(
            "“%(title)s”（%(span)s）的主办方增加了问题，请在“我的报名”里打开这项报名，点“修改报名信息”补充。您的报名仍然有效，签到码不变。",
            title=facts.title,
            span=facts.span,
        ),
    )


def _cancelled(facts: Facts) -> Words:
    def short(reason: str, title: str) -> str:
        return _(
            "因%(reason)s，原定%(time)s的“%(title)s”取消。给您带来不便，深表歉意。",
            reason=reason,
            title=title,
            time=facts.time,
        )

    def plain(title: str) -> str:
        return _("原定%(time)s的“%(title)s”取消。给您带来不便，深表歉意。", title=title, time=facts.time)

    long = _("原定%(span)s的“%(title)s”取消。给您带来不便，深表歉意。", title=facts.title, span=facts.span)
    if not facts.why:
        return said(plain, facts.title, long=long)
    return Words(fitted_or(short, plain, facts.why, facts.title), long + _because(facts))


def _reminder(facts: Facts) -> Words:
    def shorter(title: str) -> str:
        return _("提醒：您报名的“%(title)s”将于%(time)s开始，签到码%(no)s。", title=title, time=facts.time, no=facts.digits)

    def short(place: str, title: str) -> str:
        return _(
            "提醒：您报名的“%(title)s”将于%(time)s在%(place)s开始，签到码%(no)s。",
            title=title,
            time=facts.time,
            place=place,
            no=facts.digits,
        )

    return Words(
        fitted_or(short, shorter, facts.place, facts.title),
        _(
            "提醒：您报名的“%(title)s”即将开始。时间：%(span)s；地点：%(place)s。请凭签到码 %(no)s 入场；不能参加时请取消报名。",
            title=facts.title,
            span=facts.span,
            place=facts.place,
            no=facts.digits,
        ),
    )


def _reconfirm(facts: Facts) -> Words:
    def short(title: str) -> str:
        if facts.deadline:
            return _("请于%(by)s前登录确认仍会参加“%(title)s”，逾期名额将递补。", by=facts.deadline, title=title)
        return _("您仍会参加%(time)s的“%(title)s”吗？请登录确认，不能来请放弃名额。", time=facts.time, title=title)

    long = _(
        "您报名的“%(title)s”将于%(span)s在%(place)s举行。请在报名页选择“仍会参加”或“放弃名额”。",
        title=facts.title,
        span=facts.span,
        place=facts.place,
    )
    by = _("请于%(by)s前回答，到时没有回答，名额会转给候补的人。", by=facts.deadline) if facts.deadline else ""
    return Words(fitted(short, facts.title), long + by)


def _because(facts: Facts) -> str:
    """Return the organizers' reason as a further sentence; empty where they gave none."""
    if not facts.why:
        return ""
    return further(_("原因：%(reason)s。", reason=facts.why))


#: Kind -> what it says.
WORDS: dict[str, Callable[[Facts], Words]] = {
    "sign_up_confirmed": _confirmed,
    "sign_up_promoted": _promoted,
    "sign_up_waitlisted": _waitlisted,
    "sign_up_pending": _pending,
    "sign_up_entered": _entered,
    "sign_up_offered": _offered,
    "sign_up_expired": _expired,
    "sign_up_withdrawn": _withdrawn,
    "sign_up_removed": _removed,
    "sign_up_no_show": _no_show,
    "sign_up_released": _released,
    "sign_up_excused": _excused,
    "sign_up_appeal_answered": _appeal_answered,
    "sign_up_rejected": _rejected,
    "sign_up_approved": _approved,
    "sign_up_approved_offer": _approved_offer,
    "sign_up_asked": _asked,
    "sign_up_not_drawn": _not_drawn,
    "sign_up_draw_void": _draw_void,
    "sign_up_pool": _pool,
    "seat_given": _seats,
    "sign_up_reminder": _reminder,
    "sign_up_reconfirm": _reconfirm,
    "activity_changed": _changed,
    "activity_postponed": _postponed,
    "activity_cancelled": _cancelled,
    "activity_resumed": _resumed,
    "questions_added": _questions_added,
}
#: Kind -> the subject of a mail, and the heading in 我的消息.
SUBJECTS: "dict[str, LazyString]" = {
    "code": _l("您的验证码"),
    "address_added": _l("登录方式有变动"),
    "staff_link": _l("设置管理端密码"),
    "slot_left": _l("原场次已从日程中移除"),
    "letter": _l("主办方的消息"),
    "saved_opened": _l("报名开始"),
    "sign_up_confirmed": _l("报名成功"),
    "sign_up_promoted": _l("递补成功"),
    "sign_up_waitlisted": _l("已进入候补"),
    "sign_up_pending": _l("报名已提交，待审核"),
    "sign_up_entered": _l("已参加抽签"),
    "sign_up_offered": _l("请确认参加"),
    "sign_up_expired": _l("名额已转给下一位"),
    "sign_up_withdrawn": _l("已取消报名"),
    "sign_up_removed": _l("已移出名单"),
    "sign_up_no_show": _l("未到场记录"),
    "sign_up_released": _l("名额已释放"),
    "sign_up_excused": _l("未到场记录已免除"),
    "sign_up_appeal_answered": _l("未到场的说明已有答复"),
    "sign_up_rejected": _l("审核未通过"),
    "sign_up_approved": _l("审核通过"),
    "sign_up_approved_offer": _l("审核通过，请确认参加"),
    "sign_up_asked": _l("需补充材料"),
    "sign_up_not_drawn": _l("本次未抽中"),
    "sign_up_draw_void": _l("抽签作废，将重新抽签"),
    "sign_up_pool": _l("名额类别有调整"),
    "seat_given": _l("您的座位"),
    "sign_up_reminder": _l("活动提醒"),
    "sign_up_reconfirm": _l("请确认仍会参加"),
    "activity_changed": _l("时间或地点有变动"),
    "activity_postponed": _l("活动延期"),
    "activity_cancelled": _l("活动取消"),
    "activity_resumed": _l("活动恢复举行"),
    "questions_added": _l("请补充报名信息"),
}


#: Messages whose words staff may change, as they look for them.
GROUPS: "tuple[tuple[LazyString, tuple[str, ...]], ...]" = (
    (
        _l("报名与取消"),
        (
            "saved_opened",
            "sign_up_confirmed",
            "sign_up_pool",
            "questions_added",
            "seat_given",
            "slot_left",
            "sign_up_withdrawn",
            "sign_up_removed",
        ),
    ),
    (_l("候补与递补"), ("sign_up_waitlisted", "sign_up_promoted", "sign_up_offered", "sign_up_expired")),
    (
        _l("审核"),
        ("sign_up_pending", "sign_up_asked", "sign_up_approved", "sign_up_approved_offer", "sign_up_rejected"),
    ),
    (_l("抽签"), ("sign_up_entered", "sign_up_not_drawn", "sign_up_draw_void")),
    (_l("提醒与再次确认"), ("sign_up_reminder", "sign_up_reconfirm")),
    (
        _l("改期、延期与取消"),
        ("activity_changed", "activity_postponed", "activity_cancelled", "activity_resumed"),
    ),
    (_l("到场"), ("sign_up_released", "sign_up_no_show", "sign_up_excused", "sign_up_appeal_answered")),
)


def ours(kind: str, facts: Facts) -> Words:
    """Return what a kind of message says, in our words. A reason with a link in it is read in 我的消息, not on a telephone."""
    words = WORDS[kind](facts)
    if has_link(facts.reason + " " + facts.why):
        return Words(WORDS[kind](replace(facts, reason="", why="")).short, words.long)
    return words


def own_words(ours: Words, short: str, long: str, values: Values, placeholders: Iterable[Placeholder]) -> Words:
    """Return a message in staff's own words where it has them.

    Ours is what holds where theirs say nothing with this reader's values, or name what there is no more; and the text message
    that does not fit is ours: rather plain words than half a sentence.

    :param short: the text message without signature, with placeholders; empty: ours. ``long`` likewise.
    """
    known = tuple(placeholders)
    mine = " ".join(_in_own_words(short, values, known).split())
    signed = SIGNATURE + mine
    return Words(
        signed if mine and units(signed) <= SMS_LENGTH and not has_link(signed) else ours.short,
        _in_own_words(long, values, known) or ours.long,
    )


def _in_own_words(text: str, values: Values, placeholders: tuple[Placeholder, ...]) -> str:
    return "" if unknown_placeholders(text, placeholders) else filled(text, values, placeholders).strip()


#: What became of a message.
STATES: "dict[MessageState, LazyString]" = {
    MessageState.OWED: _l("待发送"),
    MessageState.SENT: _l("已发送"),
    MessageState.DROPPED: _l("不再属实，未发"),
    MessageState.FAILED: _l("发送失败"),
}


def instant(at: datetime) -> str:
    """Return an instant in the festival's time, as short as a text message needs it."""
    return short_instant(month_day(at), clock_time(at))


def short_instant(month_day: str, clock_time: str) -> str:
    """Return an instant as short as a text message needs it: 6月18日09:00, or 18 Jun 09:00."""
    return f"{month_day}{clock_time}" if locale() == "zh" else f"{month_day} {clock_time}"
