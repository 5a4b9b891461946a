"""What every list that organizers take away has in common: its head, its columns, its rows, and its name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from festival.lib import clock
from festival.lib.format import span, stamp
from festival.lib.i18n import _, loc
from festival.lib.spreadsheet import Cell, Column, Sheet
from festival.programme.models import Activity, Festival, Slot
from festival.roster.queries import Row
from festival.roster.rules import EXPECTED

#: Widths, in characters.
NARROW, MIDDLE, WIDE = 6, 12, 22


@dataclass(frozen=True, slots=True)
class Maker:
    """Who makes a file, and when; what for, where that was asked."""

    name: str
    at: datetime
    purpose: str = ""

    @property
    def watermark(self) -> str:
        """The line that every copy carries."""
        if self.purpose:
            return _("导出：%(who)s　%(at)s　用途：%(why)s", who=self.name, at=stamp(self.at), why=self.purpose)
        return _("导出：%(who)s　%(at)s　仅供本活动使用", who=self.name, at=stamp(self.at))


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: what it is, and its rows, which are read once."""

    #: What it is called in the file's name: 花名册.
    word: str
    #: The festival and the activity, as the file's name says them.
    names: tuple[str, ...]
    sheet: Sheet
    rows: Iterable[Sequence[Cell]]
    #: Lines under the table, read after the last row.
    closing: Iterable[str]
    at: datetime

    def table(self) -> Iterator[Sequence[Cell]]:
        """Yield the heads and the rows, for a file that is nothing but a table."""
        yield [column.title for column in self.sheet.columns]
        yield from self.rows

    def following(self, rows: Iterable[Sequence[Cell]]) -> "Listing":
        """Return the list with its rows read through something else, such as a counter."""
        return replace(self, rows=rows)

    def noted(self, words: str) -> "Listing":
        """Return the list with one more line on top, under the others."""
        return replace(self, sheet=replace(self.sheet, lines=(*self.sheet.lines, words)))

    def to_fill_in(self, *, blank_rows: int, row_height: int) -> "Listing":
        """Return the list with room to write by hand. Heights in points."""
        return replace(self, sheet=replace(self.sheet, blank_rows=blank_rows, row_height=row_height))

    def file_name(self, suffix: str) -> str:
        """Return the name of its file: 首届河西人才节_工程设计论坛_花名册_20230618.xlsx."""
        return "_".join([*self.names, self.word, f"{clock.local(self.at):%Y%m%d}"]) + f".{suffix}"


@dataclass(slots=True)
class Tally:
    """Adds up persons while rows go by. 应到, 实到."""

    expected: int = 0
    arrived: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: iter(range(1, 10_000_000)))

    def next(self, row: Row) -> int:
        """Count a row and return its number."""
        if row.state in EXPECTED:
            self.expected += row.party_size
        self.arrived += row.arrived
        return next(self.numbers)

    def lines(self) -> Iterator[str]:
        """Yield the line under the table; where nobody has come yet, the number is written in by hand."""
        come = str(self.arrived) if self.arrived else "____"
        yield _("应到 %(expected)s 人　实到 %(come)s 人", expected=self.expected, come=come)


def listing(  # a list has a name, columns, rows and a maker
    activity: Activity,
    word: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    maker: Maker,
    slot: Slot | None = None,
    closing: Iterable[str] = (),
) -> Listing:
    """Return a list of an activity with time, place and host on top, and the watermark on every page.

    :param slot: the list is of this slot alone; None: of the whole activity.
    """
    sheet = Sheet(
        name=word,
        title=f"{loc(activity, 'title')} · {word}",
        lines=(*_top(activity, slot), maker.watermark),
        columns=tuple(columns),
        watermark=maker.watermark,
        pages=pages(),
        header=maker.watermark if maker.purpose else "",
    )
    names = (loc(activity.festival, "title"), loc(activity, "short_title") or loc(activity, "title"))
    return Listing(word, names, sheet, rows, closing, maker.at)


def of_festival(
    festival: Festival,
    word: str,
    columns: Sequence[Column],
    rows: Iterable[Sequence[Cell]],
    *,
    maker: Maker,
) -> Listing:
    """Return a list over all activities."""
    sheet = Sheet(
        name=word,
        title=f"{loc(festival, 'title')} · {word}",
        lines=(_("主办单位：%(host)s", host=loc(festival, "host") or "—"), maker.watermark),
        columns=tuple(columns),
        watermark=maker.watermark,
        pages=pages(),
    )
    return Listing(word, (loc(festival, "title"),), sheet, rows, (), maker.at)


def _top(activity: Activity, slot: Slot | None) -> tuple[str, ...]:
    """Return what stands on top: time, place, host."""
    starts_at, ends_at = (slot.starts_at, slot.ends_at) if slot else (activity.starts_at, activity.ends_at)
    venue = (slot.venue if slot else None) or activity.venue
    place = loc(venue, "name")
    address = loc(venue, "address")
    return (
        _("时间：%(span)s", span=span(starts_at, ends_at)),
        _("地点：%(place)s", place=f"{place}（{address}）" if address else place),
        _("主办单位：%(host)s", host=loc(activity, "host") or "—"),
    )


def pages() -> str:
    """Return the page number of a footer, as Excel's own commands."""
    return _("第 &P 页 共 &N 页")
