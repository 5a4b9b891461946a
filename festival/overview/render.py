"""What the overview and the statistics show: charts with their tables, the numbers of the day, and what to do."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from festival.accounts.rules import Permission
from festival.checkin import scans
from festival.checkin.render import part_name
from festival.exports.queries import PoolFigures
from festival.exports.rules import Figures, grouped, total
from festival.lib import clock
from festival.lib.format import clock_time, count, day, hours, moment, month_day
from festival.lib.i18n import _, _n, loc
from festival.lib.pages import path_to
from festival.overview.queries import Waiting
from festival.overview.rules import MOST_BARS, Chart, Series, Shape, Todo, day_range, stacked
from festival.programme.models import Activity, ActivityStatus, Pool, Slot, SlotStatus
from festival.signups.standing import CEILING_WARNINGS, ActivityStanding

#: Series of a day's columns before they are one: more colours nobody can tell apart.
_MOST_SERIES = 9
May = Callable[[Permission, int], bool]


def title_of(activity: Activity) -> str:
    """Return what an activity is called in a list."""
    return loc(activity, "short_title") or loc(activity, "title")


# -- charts -----------------------------------------------------------------------------------------------------------------


def festival_charts(
    activities: Sequence[Activity], found: Sequence[PoolFigures], made: Mapping[tuple[date, int], int]
) -> list[Chart]:
    """Return the charts of several activities: sign-ups by day and track, then by track, who waits, and who did not come."""
    by_track = grouped(found, lambda one: one.activity.track_id)
    by_activity = grouped(found, lambda one: one.activity.id)
    names = [title_of(some[0].activity) for some in by_activity.values()]
    sums = [total(one.figures for one in some) for some in by_activity.values()]
    track_sums = [total(one.figures for one in some) for some in by_track.values()]
    track_of = {pool.id: one.track_id for one in activities for slot in one.slots for pool in slot.pools}
    tracks = {one.track_id: one.track for one in activities}
    return [
        _days(made, track_of, {track.id: (loc(track, "title"), track.colour) for track in tracks.values()}),
        Chart(
            "tracks",
            _("按板块"),
            _("板块"),
            tuple(loc(some[0].activity.track, "title") for some in by_track.values()),
            _held(track_sums),
        ),
        _depth(_("活动"), names, sums),
        _no_shows(_("活动"), names, sums),
    ]


def activity_charts(activity: Activity, found: Sequence[PoolFigures], made: Mapping[tuple[date, int], int]) -> list[Chart]:
    """Return the charts of one activity: sign-ups by day and pool, then by pool, who waits, and who did not come."""
    pools = {pool.id: (loc(pool, "label") or pool.key, "") for slot in activity.slots for pool in slot.pools}
    several = len({words for words, _colour in pools.values()}) <= _MOST_SERIES and len(activity.slots) == 1
    group_of = {pool_id: pool_id if several else 0 for pool_id in pools}
    groups = pools if several and len(pools) > 1 else {0: (_("报名"), "")}
    if groups is not pools:
        group_of = dict.fromkeys(pools, 0)
    heading, names, sums = _lines(activity, found)
    return [
        _days(made, group_of, groups),
        Chart("pools", _("按名额池") if heading != _("日期") else _("按日期"), heading, tuple(names), _held(sums)),
        _depth(heading, names, sums),
        _no_shows(heading, names, sums, is_one=True),
    ]


def _lines(activity: Activity, found: Sequence[PoolFigures]) -> tuple[str, list[str], list[Figures]]:
    """Return the lines of an activity's charts: its pools, or its days where it has too many pools for one picture."""
    if len(found) <= MOST_BARS:
        return _("名额池"), [_pool_name(one.slot, one.pool, activity) for one in found], [one.figures for one in found]
    by_day = sorted(grouped(found, lambda one: clock.local_day(one.slot.starts_at)).items())
    return _("日期"), [day(on) for on, _some in by_day], [total(one.figures for one in some) for _on, some in by_day]


def _pool_name(slot: Slot, pool: Pool, activity: Activity) -> str:
    """Return what tells a pool from the others of its activity."""
    label = loc(pool, "label") if len(slot.pools) > 1 else ""
    if len(activity.slots) == 1:
        return label or _("全部名额")
    times = f"{month_day(slot.starts_at)} {hours(slot.starts_at, slot.ends_at)}"
    return f"{times} {label}".strip()


def _days(made: Mapping[tuple[date, int], int], group_of: Mapping[int, int], groups: Mapping[int, tuple[str, str]]) -> Chart:
    counts: dict[tuple[date, int], int] = {}
    for (on, pool_id), number in made.items():
        key = (on, group_of.get(pool_id, 0))
        counts[key] = counts.get(key, 0) + number
    on_days = day_range(on for on, _group in counts)
    shown = [group for group in groups if any(counts.get((on, group)) for on in on_days)]
    values = stacked(counts, on_days, shown)
    series = tuple(Series(*_named(groups[group], of)) for group, of in zip(shown, values, strict=True))
    return Chart("days", _("每日新增报名"), _("日期"), tuple(month_day(on) for on in on_days), series, Shape.DAYS)


def _named(group: tuple[str, str], values: tuple[float | None, ...]) -> tuple[str, tuple[float | None, ...], str]:
    return group[0], values, group[1]


def _held(sums: Sequence[Figures]) -> tuple[Series, ...]:
    """Return who has a place and who may get one."""
    return (
        Series(_("报名成功"), tuple(one.expected for one in sums)),
        Series(_("待定"), tuple(one.undecided for one in sums)),
        Series(_("候补中"), tuple(one.waitlisted for one in sums)),
    )


def _depth(heading: str, names: Sequence[str], sums: Sequence[Figures]) -> Chart:
    """Return where people wait, and how many; what has no list is left out."""
    waits = [(name, one.waitlisted) for name, one in zip(names, sums, strict=True) if one.waitlisted]
    series = (Series(_("候补人数"), tuple(number for _name, number in waits)),)
    return Chart("waitlist", _("候补深度"), heading, tuple(name for name, _number in waits), series)


def _no_shows(heading: str, names: Sequence[str], sums: Sequence[Figures], *, is_one: bool = False) -> Chart:
    """Return the share of those who did not come, of what is over; where nobody was ever checked in, nobody knows.

    :param is_one: the lines belong to one activity: a pool to which nobody came is told where others were checked in.
    """
    is_checked = is_one and total(sums).due_came > 0
    over = [
        (name, round(one.no_show_percent, 1))
        for name, one in zip(names, sums, strict=True)
        if one.no_show_percent is not None and (one.due_came or is_checked)
    ]
    series = (Series(_("缺席率"), tuple(percent for _name, percent in over)),)
    return Chart("absences", _("缺席率"), heading, tuple(name for name, _percent in over), series, is_percent=True)


def number(value: float | None, *, is_percent: bool) -> str:
    """Return a number of a chart's table."""
    if value is None:
        return "—"
    return f"{value:.1f}%" if is_percent else count(int(value))


def told(chart: Chart) -> str:
    """Return what a chart shows, for those who do not see it: the table beside it has every number."""
    if chart.is_empty:
        return _("%(title)s：还没有数据。", title=chart.title)
    where, most = chart.peak
    if chart.is_percent:
        words = number(max(value or 0 for value in chart.series[0].values), is_percent=True)
        return _("%(title)s：最高的是%(where)s，%(n)s。", title=chart.title, where=where, n=words)
    return _(
        "%(title)s：合计 %(total)s，最多的是%(where)s，%(n)s。",
        title=chart.title,
        total=count(int(chart.total)),
        where=where,
        n=count(int(most)),
    )


# -- the day ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Line:
    """Expected and arrived persons of one pool."""

    name: str
    expected: int
    came: int
    #: Of a part with places of its own; None: it is not said, or unlimited.
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """A session of today with the live numbers of its pools; ``limit``: the approved number, None where none is needed."""

    activity: Activity
    slot: Slot
    lines: list[Line]
    heads: int
    limit: int | None
    door: str | None
    #: Parts with places of their own, for people who are counted in ``lines`` already.
    parts: list[Line]

    @property
    def title(self) -> str:
        """Return which activity it is."""
        return title_of(self.activity)

    @property
    def expected(self) -> int:
        """Return the persons who have a place."""
        return sum(one.expected for one in self.lines)

    @property
    def came(self) -> int:
        """Return the persons who have come."""
        return sum(one.came for one in self.lines)

    @property
    def warning(self) -> int | None:
        """Return the warning of the ceiling that holds: 80 or 95 percent are reached; None: neither."""
        if not self.limit:
            return None
        return next((at for at in CEILING_WARNINGS if 100 * self.heads >= at * self.limit), None)


def sessions_today(found: Sequence[PoolFigures], now: datetime, may: May) -> list[Session]:
    """Return the sessions that take place today, by time, with the timed entries of each as lines."""
    today = clock.local_day(now)
    sessions: dict[int, list[PoolFigures]] = {}
    for one in found:
        sessions.setdefault(one.slot.parent_id or one.slot.id, []).append(one)
    on = _of_today(found, today)
    parts: dict[int | None, list[Line]] = {}
    for part in scans.parts([slot.id for _activity, slot in on]) if on else ():
        line = Line(part_name(part.slot), part.count.expected, part.count.arrived, part.capacity)
        parts.setdefault(part.slot.parent_id, []).append(line)
    shown = []
    for activity, slot in on:
        pools = [one for one in sessions.get(slot.id, []) if clock.local_day(one.slot.starts_at) <= today]
        lines = [Line(_line_name(one, slot), one.figures.expected, one.figures.came) for one in pools]
        door = (
            path_to("/manage/activities/<slug>/check-in", slug=activity.slug) if may(Permission.CHECK_IN, activity.id) else None
        )
        shown.append(Session(activity, slot, lines, slot.heads, slot.approved_ceiling, door, parts.get(slot.id, [])))
    return shown


def _of_today(found: Sequence[PoolFigures], today: date) -> list[tuple[Activity, Slot]]:
    """Return the sessions on a day that are on, each once, by time."""
    known = {
        slot.id: (activity, slot)
        for activity in {one.activity.id: one.activity for one in found}.values()
        if activity.status == ActivityStatus.PUBLISHED
        for slot in activity.slots
        if slot.parent_id is None
        and slot.status == SlotStatus.SCHEDULED
        and clock.local_day(slot.starts_at) <= today <= clock.local_day(slot.ends_at)
    }
    return sorted(known.values(), key=lambda one: (one[1].starts_at, one[1].id))


def _line_name(one: PoolFigures, session: Slot) -> str:
    label = loc(one.pool, "label") if len(one.slot.pools) > 1 else ""
    if one.slot.id == session.id:
        return label or _("全部名额")
    return f"{hours(one.slot.starts_at, one.slot.ends_at)} {label}".strip()


# -- what to do --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do: what it is in words, and the page that does it."""

    todo: Todo
    words: str
    href: str
    symbol: str


@dataclass(frozen=True, slots=True)
class OwnTask:
    """One thing that a kind of activity needs now: in words, and the rule of the page that does it, with ``<slug>``."""

    words: str
    rule: str
    permission: Permission


#: Tells what an activity of a kind needs at an instant.
OwnTasks: TypeAlias = Callable[[Activity, datetime], Sequence[OwnTask]]

_of_kinds: dict[str, OwnTasks] = {}


def register(of_kinds: Mapping[str, OwnTasks]) -> None:
    """Make known, by kind of activity, what else there may be to do; called once by the composition root."""
    _of_kinds.clear()
    _of_kinds.update(of_kinds)


def _own_tasks(activity: Activity, now: datetime, may: May) -> list[Task]:
    if activity.kind not in _of_kinds:
        return []
    own = [one for one in _of_kinds[activity.kind](activity, now) if may(one.permission, activity.id)]
    return [_task(Todo.OWN, f"{title_of(activity)}{_('：')}{one.words}", one.rule, activity, "alert") for one in own]


def in_order(found: Iterable[Task | None]) -> list[Task]:
    """Return what is to be done, most urgent first."""
    order = list(Todo)
    return sorted((task for task in found if task is not None), key=lambda task: order.index(task.todo))


def tasks(
    standings: Iterable[ActivityStanding],
    waiting: Mapping[int, Waiting],
    unseated: Mapping[int, int],
    now: datetime,
    may: May,
) -> list[Task]:
    """Return what activities need of the reader now: only what they may do, each with the page that does it."""
    found: list[Task] = []
    for standing in standings:
        activity = standing.activity
        waits = waiting.get(activity.id, Waiting())
        found += _own_tasks(activity, now, may)
        found += _about_places(standing, activity, may)
        found += _about_words(activity, waits, may)
        missing = unseated.get(activity.id, 0)
        if missing and activity.ends_at > now and may(Permission.CAPACITY_EDIT, activity.id):
            words = _n("%(name)s：%(num)s 人还没有座位", "%(name)s：%(num)s 人还没有座位", missing, name=title_of(activity))
            found.append(_task(Todo.SEATS, words, "/manage/activities/<slug>/seats", activity, "list"))
        found += _about_today(standing, activity, now, may)
    return found


def _task(todo: Todo, words: str, address: str, activity: Activity, symbol: str, query: str = "") -> Task:
    home = path_to("/manage/activities/<slug>/", slug=activity.slug) or ""
    page = path_to(address, slug=activity.slug)
    return Task(todo, words, f"{page}{query}" if page else home, symbol)


def _about_places(standing: ActivityStanding, activity: Activity, may: May) -> list[Task]:
    """Return what is wrong with places: too many, offers that run out, the approved number."""
    if not may(Permission.CAPACITY_EDIT, activity.id):
        return []
    name, home = title_of(activity), "/manage/activities/<slug>/"
    found = []
    if standing.over:
        words = _("%(name)s：超出名额 %(n)s 人", name=name, n=count(standing.over))
        found.append(_task(Todo.OVER, words, home, activity, "alert"))
    if standing.offers_ending and standing.offers_end_at is not None:
        at = moment(standing.offers_end_at)
        words = _("%(name)s：%(n)s 个待确认名额将在 %(at)s 起陆续到期", name=name, n=count(standing.offers_ending), at=at)
        roster = "/manage/activities/<slug>/roster"
        found.append(_task(Todo.OFFERS, words, roster, activity, "s-wait", "?state=offered"))
    nearest = standing.ceiling
    if nearest is not None and nearest.ceiling_warning is not None:
        words = _("%(name)s：已达核准人数的 %(n)s%%", name=name, n=nearest.ceiling_percent or 0)
        rules = "/manage/activities/<slug>/rules"
        found.append(_task(Todo.CEILING, words, rules, activity, "alert"))
    return found


def _about_words(activity: Activity, waits: Waiting, may: May) -> list[Task]:
    """Return who waits for a word: under review, with an answer to a question, with a reason for not having come."""
    found, name = [], title_of(activity)
    review, absences = "/manage/activities/<slug>/review", "/manage/activities/<slug>/absences"
    if waits.to_review and may(Permission.REVIEW, activity.id):
        words = _("%(name)s：%(n)s 个报名待审核", name=name, n=count(waits.to_review))
        found.append(_task(Todo.REVIEW, words, review, activity, "s-review"))
    if waits.replies and may(Permission.REVIEW, activity.id):
        words = _("%(name)s：%(n)s 个报名已补充材料，待审核", name=name, n=count(waits.replies))
        found.append(_task(Todo.REPLIES, words, review, activity, "message", "?stage=answered"))
    if waits.appeals and may(Permission.ACTIVITY_EDIT, activity.id):
        words = _("%(name)s：%(n)s 人说明了未到场的原因，待处理", name=name, n=count(waits.appeals))
        found.append(_task(Todo.APPEALS, words, absences, activity, "message", "?show=recorded"))
    return found


def _about_today(standing: ActivityStanding, activity: Activity, now: datetime, may: May) -> list[Task]:
    today = [slot for slot in standing.sessions_on(now) if slot.ends_at > now]
    if not today:
        return []
    words = _("%(name)s：今天有 %(n)s 场，%(at)s 开始", name=title_of(activity), n=len(today), at=clock_time(today[0].starts_at))
    page = "/manage/activities/<slug>/check-in" if may(Permission.CHECK_IN, activity.id) else "/manage/activities/<slug>/"
    return [_task(Todo.TODAY, words, page, activity, "clock")]


def failed_task(failed: int) -> Task | None:
    """Return that messages could not be delivered; None: all were."""
    page = path_to("/manage/messages")
    if not failed or page is None:
        return None
    words = _n("%(num)s 条消息没有送达，可重新发送", "%(num)s 条消息没有送达，可重新发送", failed)
    return Task(Todo.FAILED, words, f"{page}?state=failed", "message")


def flag_task(flags: int) -> Task | None:
    """Return that somebody revealed very many people within an hour, for whoever reads the trail; None: nobody did."""
    page = path_to("/manage/audit")
    if not flags or page is None:
        return None
    words = _n("有 %(num)s 次一小时内大量查看联系方式", "有 %(num)s 次一小时内大量查看联系方式", flags)
    return Task(Todo.FLAGS, words, page, "eye")
