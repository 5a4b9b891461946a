"""Signing in, in words: what is wrong and what to do. One place, keyed by reason."""

import math
from typing import TYPE_CHECKING

from festival.accounts.rules import (
    CODE_DIGITS,
    CODE_TRIES,
    MOBILE_LENGTH,
    PASSWORD_LEAST,
    PASSWORD_MOST,
    AddressProblem,
    CodeReason,
    NotAnAddress,
    Role,
    StaffReason,
)
from festival.accounts.service import CodeRefused, CodeRejected
from festival.lib.i18n import _, _l, _n

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: One sentence for each reason. Those with a number in them are filled in by ``code_words`` and ``address_words``.
REASON_WORDS: "dict[AddressProblem | CodeReason | StaffReason, LazyString]" = {
    AddressProblem.MISSING: _l("请填写手机号或邮箱"),
    AddressProblem.LENGTH: _l("手机号应为 %(length)s 位数字，现在是 %(n)s 位"),
    AddressProblem.PREFIX: _l("手机号以 13 至 19 开头，请核对"),
    AddressProblem.FOREIGN: _l("短信只能发到中国大陆手机号，请改填邮箱"),
    AddressProblem.MAIL: _l("请填写 11 位手机号，或完整的邮箱，如 name@example.com"),
    AddressProblem.TAKEN: _l("它已是另一个账号的登录方式。请用它登录并注销那个账号，或换一个"),
    AddressProblem.LAST: _l("这是唯一的登录方式，请先增加另一种"),
    CodeReason.TOO_SOON: _l("验证码刚刚发出，%(n)s 秒后可以重新获取"),
    CodeReason.HOURLY: _l("一小时内已发出 5 次验证码，%(n)s 分钟后可以重新获取"),
    CodeReason.DAILY: _l("一天内已发出 10 次验证码，%(n)s 小时后可以重新获取"),
    CodeReason.SHAPE: _l("验证码是 %(n)s 位数字"),
    CodeReason.NONE: _l("请先获取验证码"),
    CodeReason.WRONG: _l("验证码不符，请核对最近一次收到的验证码"),
    CodeReason.EXPIRED: _l("验证码已过期，请重新获取"),
    CodeReason.TRIED_OUT: _l("这个验证码已试满 %(n)s 次，请重新获取"),
    CodeReason.USED: _l("这个验证码已经用过，请重新获取"),
    StaffReason.NOT_LET_IN: _l("用户名或密码不符，或该用户名暂时停用。连续多次不符后，请 15 分钟后再试。"),
    StaffReason.SECOND_WRONG: _l("动态口令不符。请填写验证器现在显示的 6 位数字，或一个恢复码。"),
    StaffReason.SECOND_LATE: _l("等待时间过长，请重新登录。"),
    StaffReason.LINK_DEAD: _l("这个链接已用过或已过期，请联系管理员重新获取。"),
    StaffReason.SHORT: _l("密码至少 %(n)s 个字符"),
    StaffReason.LONG: _l("密码最多 %(n)s 个字符"),
    StaffReason.COMMON: _l("这个密码太常见，请换一个；几个不相干的词连在一起就很好"),
    StaffReason.NAMED: _l("密码不能只比用户名多几个字符"),
    StaffReason.DIFFERENT: _l("两次填写的密码不一致"),
    StaffReason.NAME_SHAPE: _l("用户名由小写字母、数字和连字符组成，以字母开头，如 wang-li"),
    StaffReason.NAME_TAKEN: _l("已有同名的工作人员，请换一个用户名，或在那位工作人员的页面授予角色"),
    StaffReason.LAST_ADMINISTRATOR: _l("这是最后一位管理员。请先授予另一人管理员角色。"),
    StaffReason.ONESELF: _l("不能收回自己的管理员角色，请由另一位管理员操作。"),
}

ROLE_WORDS: "dict[Role, LazyString]" = {
    Role.ADMINISTRATOR: _l("管理员"),
    Role.ORGANIZER: _l("主办方"),
    Role.REVIEWER: _l("审核员"),
    Role.STEWARD: _l("签到员"),
    Role.AUDITOR: _l("审计员"),
}

_NUMBERS = {
    CodeReason.SHAPE: CODE_DIGITS,
    CodeReason.TRIED_OUT: CODE_TRIES,
    StaffReason.SHORT: PASSWORD_LEAST,
    StaffReason.LONG: PASSWORD_MOST,
}
#: What a wait is counted in.
_SECONDS_IN = {CodeReason.TOO_SOON: 1, CodeReason.HOURLY: 60, CodeReason.DAILY: 3600}


def address_words(problem: NotAnAddress) -> str:
    """Say what is wrong with a typed number or mail address."""
    words = str(REASON_WORDS[problem.reason])
    return words % {"length": MOBILE_LENGTH, "n": problem.digits} if problem.reason is AddressProblem.LENGTH else words


def code_words(refused: CodeRefused | CodeRejected) -> str:
    """Say why no code was sent, or why one was not taken."""
    reason = refused.reason
    if isinstance(reason, AddressProblem):
        return address_words(NotAnAddress(reason, refused.digits))
    if isinstance(refused, CodeRejected) and reason is CodeReason.WRONG:
        left = _n("还可以试 %(num)s 次", "还可以试 %(num)s 次", refused.tries_left)
        return _("%(words)s，%(left)s", words=str(REASON_WORDS[reason]), left=left)
    if isinstance(refused, CodeRefused) and reason in _SECONDS_IN:
        return str(REASON_WORDS[reason]) % {"n": math.ceil(refused.retry_after / _SECONDS_IN[reason])}
    return _filled(reason)


def staff_words(reason: StaffReason) -> str:
    """Say why staff were not let in, or why a password was not taken."""
    return _filled(reason)


def _filled(reason: CodeReason | StaffReason) -> str:
    words = str(REASON_WORDS[reason])
    return words % {"n": _NUMBERS[reason]} if reason in _NUMBERS else words
