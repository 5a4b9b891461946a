"""A bundle in words: the one line that sums it up, and what to do about each activity that was not possible."""

from collections import Counter
from collections.abc import Mapping, Sequence

from flask_babel import LazyString

from festival.lib.i18n import _, _l
from festival.signups.rules import Reason, State
from festival.signups.wording import REASON_TITLES

#: How many of each state, in the order in which the line says it.
COUNTED: dict[State, LazyString] = {
    State.CONFIRMED: _l("%(n)s 项报名成功"),
    State.ATTENDED: _l("%(n)s 项已签到"),
    State.OFFERED: _l("%(n)s 项待确认"),
    State.WAITLISTED: _l("%(n)s 项候补（第 %(places)s 位）"),
    State.PENDING: _l("%(n)s 项待审核"),
    State.ENTERED: _l("%(n)s 项已参加抽签"),
    State.NO_SHOW: _l("%(n)s 项缺席"),
    State.WITHDRAWN: _l("%(n)s 项已取消报名"),
    State.REMOVED: _l("%(n)s 项已移出名单"),
    State.REJECTED: _l("%(n)s 项审核未通过"),
    State.EXPIRED: _l("%(n)s 项已逾期"),
}

#: What helps after a refusal; where nothing is said, the reason's own sentence says it.
WHAT_TO_DO: dict[Reason, LazyString] = {
    Reason.OVERLAP: _l("取消其中一项后，可以再单独报名。"),
    Reason.LIMIT: _l("取消不能参加的活动后，可以再单独报名。"),
    Reason.PARTY_TOO_LARGE: _l("减少人数后，可以再单独报名。"),
    Reason.UNKNOWN_POOL: _l("请单独报名，并选择场次。"),
    Reason.NOTICE_CHANGED: _l("请单独报名，重新阅读规则后勾选。"),
    Reason.INELIGIBLE: _l("如果填写有误，可以再单独报名。"),
}
#: Refusals after which the activity's own form may still help.
MAY_TRY_AGAIN = frozenset({*WHAT_TO_DO, Reason.FULL, Reason.CEILING})


def summary(states: Sequence[State], places: Sequence[int], reasons: Sequence[Reason], already: int) -> str:
    """Return the one line: ``3 项报名成功，1 项候补（第 4 位），1 项时间冲突``.

    :param states: of what was signed up for just now; ``places``: on the list, of those that wait.
    :param already: how many were held before.
    """
    counts = Counter(states)
    parts = [_counted(state, counts[state], places) for state in COUNTED if counts[state]]
    if already:
        parts.append(_("%(n)s 项此前已报名", n=already))
    parts += [_("%(n)s 项%(why)s", n=n, why=_lower(str(REASON_TITLES[reason]))) for reason, n in Counter(reasons).items()]
    return _("，").join(parts)


def _counted(state: State, n: int, places: Sequence[int]) -> str:
    said: Mapping[str, object] = {"n": n, "places": _("、").join(str(place) for place in places)}
    return str(COUNTED[state]) % said


def _lower(title: str) -> str:
    """Return a title as it stands within a sentence; Chinese stays as it is."""
    return title[:1].lower() + title[1:]
