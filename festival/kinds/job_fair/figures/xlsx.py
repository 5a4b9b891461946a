"""The sheet of a fair's nine figures. 招聘会数据表"""

from collections.abc import Iterable, Iterator

from festival.exports.printed import MIDDLE, NARROW, WIDE, Listing, Maker, listing
from festival.kinds.job_fair.employers.wording import FIGURES
from festival.kinds.job_fair.figures.rules import Line
from festival.kinds.job_fair.figures.wording import MEANINGS, SOURCES
from festival.lib.i18n import _
from festival.lib.spreadsheet import Cell, Column
from festival.programme.models import Activity


def sheet(activity: Activity, lines: Iterable[Line], *, maker: Maker) -> Listing:
    """Return the sheet: each figure with its parts, where it comes from, and what it counts."""
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("指标"), WIDE),
        Column(_("数值"), MIDDLE, centred=True),
        Column(_("系统统计"), MIDDLE, centred=True),
        Column(_("单位手工填写"), MIDDLE, centred=True),
        Column(_("主办方手工填写"), MIDDLE, centred=True),
        Column(_("来源"), WIDE),
        Column(_("口径"), 36),
    )
    return listing(activity, _("招聘会数据表"), heads, _rows(lines), maker=maker)


def _rows(lines: Iterable[Line]) -> Iterator[list[Cell]]:
    for number, line in enumerate(lines, start=1):
        value = line.value
        yield [
            number,
            str(FIGURES[line.figure]),
            value if isinstance(value, int) else (str(value) if value is not None else "—"),
            "" if line.counted is None else line.counted,
            line.by_employers or "",
            "" if line.by_staff is None else line.by_staff,
            str(SOURCES[line.source]),
            str(MEANINGS[line.figure]),
        ]
