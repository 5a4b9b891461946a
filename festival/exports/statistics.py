"""The statistics sheet: places, sign-ups and attendance by pool, by slot, by day, and in all. 统计表"""

from collections.abc import Iterator, Sequence
from datetime import date

from festival.exports.printed import MIDDLE, WIDE, Listing, Maker, listing, of_festival
from festival.exports.queries import PoolFigures
from festival.exports.rules import Figures, grouped, total
from festival.lib import clock
from festival.lib.format import day, hours
from festival.lib.i18n import _, loc
from festival.lib.spreadsheet import Cell, Column, Strong
from festival.programme.models import Activity, Festival, Slot


def of_activity(activity: Activity, found: Sequence[PoolFigures], *, staff: int, maker: Maker) -> Listing:
    """Return the sheet of one activity: each pool of each slot, then slots, days, pools of one name, and all.

    :param staff: staff and speakers, who are in none of the figures.
    """
    heads = (Column(_("口径"), MIDDLE), *_what(), *_numbers())
    return listing(activity, _("统计表"), heads, _rows_of_activity(found), maker=maker).noted(_note(staff))


def of_all(festival: Festival, found: Sequence[PoolFigures], *, staff: int, maker: Maker) -> Listing:
    """Return the sheet of the festival: a row for each activity, each pool of each slot, then days, and all."""
    heads = (Column(_("口径"), MIDDLE), Column(_("活动"), WIDE), *_what(), *_numbers())
    return of_festival(festival, _("统计表"), heads, _rows_of_all(found), maker=maker).noted(_note(staff))


def _note(staff: int) -> str:
    told = _("单位：人。实到以签到记录为准；场次结束前不计缺席。")
    return told + _("另有工作人员和嘉宾 %(n)s 人，不占名额，未计入。", n=staff) if staff else told


def _what() -> tuple[Column, ...]:
    return (Column(_("日期"), 14), Column(_("场次"), 20), Column(_("名额池"), 20))


def _numbers() -> tuple[Column, ...]:
    words = [
        _("名额"),
        _("报名"),
        _("待定"),
        _("候补中"),
        _("已取消"),
        _("未通过或逾期"),
        _("应到"),
        _("实到"),
        _("缺席"),
        _("缺席率"),
    ]
    return tuple(Column(word, 9, centred=True) for word in words)


def _cells(figures: Figures) -> list[Cell]:
    percent = figures.no_show_percent
    return [
        _("不限") if figures.places is None else figures.places,
        figures.signed_up,
        figures.undecided,
        figures.waitlisted,
        figures.withdrawn,
        figures.refused,
        figures.expected,
        figures.came,
        "—" if figures.absent is None else figures.absent,
        "—" if percent is None else f"{percent:.1f}%",
    ]


def _rows_of_activity(found: Sequence[PoolFigures]) -> Iterator[list[Cell]]:
    for one in found:
        yield [_("名额池"), *_place(one), *_cells(one.figures)]
    yield from _summed(found)


def _rows_of_all(found: Sequence[PoolFigures]) -> Iterator[list[Cell]]:
    by_activity = grouped(found, lambda one: one.activity.id)
    for some in by_activity.values():
        yield Strong([_("活动合计"), _title(some[0].activity), "", "", "", *_cells(_sum(some))])
    for one in found:
        yield [_("名额池"), _title(one.activity), *_place(one), *_cells(one.figures)]
    for on, some in sorted(grouped(found, lambda one: _day(one.slot)).items()):
        yield Strong([_("按日期"), "", day(on), "", "", *_cells(_sum(some))])
    yield Strong([_("总计"), "", "", "", "", *_cells(_sum(found))])


def _summed(found: Sequence[PoolFigures]) -> Iterator[list[Cell]]:
    """Yield the sums that say more than the rows above: by slot, by day, by pools of one name, and in all."""
    by_slot = grouped(found, lambda one: one.slot.id)
    by_day = grouped(found, lambda one: _day(one.slot))
    by_name = grouped(found, lambda one: loc(one.pool, "label"))
    if 1 < len(by_slot) < len(found):
        for some in by_slot.values():
            yield Strong([_("按场次"), *_place(some[0])[:2], "", *_cells(_sum(some))])
    if 1 < len(by_day) < len(found):
        for on, some in sorted(by_day.items()):
            yield Strong([_("按日期"), day(on), "", "", *_cells(_sum(some))])
    if 1 < len(by_name) < len(found):
        for name, some in by_name.items():
            yield Strong([_("按名额池"), "", "", name or _("全部名额"), *_cells(_sum(some))])
    yield Strong([_("总计"), "", "", "", *_cells(_sum(found))])


def _sum(found: Sequence[PoolFigures]) -> Figures:
    return total(one.figures for one in found)


def _place(one: PoolFigures) -> list[Cell]:
    label = loc(one.slot, "label")
    times = hours(one.slot.starts_at, one.slot.ends_at) if _day(one.slot) == clock.local_day(one.slot.ends_at) else ""
    return [day(one.slot.starts_at), f"{label} {times}".strip(), loc(one.pool, "label") or _("全部名额")]


def _day(slot: Slot) -> date:
    return clock.local_day(slot.starts_at)


def _title(activity: Activity) -> str:
    return loc(activity, "short_title") or loc(activity, "title")
