"""Rosters and sign-in sheets as organizers print them (A4 landscape)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import IO

from festival.lib import clock
from festival.lib.format import phone, span, stamp
from festival.lib.i18n import _, loc
from festival.lib.spreadsheet import Cell, Column, Sheet, write_xlsx
from festival.programme.models import Activity, Slot
from festival.roster.queries import Row
from festival.roster.render import Places, all_state_words, answer_words, answered, columns, has_more, is_hidden
from festival.roster.rules import EXPECTED
from festival.signups.rules import State

#: Empty rows at the end of a sign-in sheet, for those who come without having signed up.
BLANK_ROWS = 12
#: Rows high enough to sign in, in points.
_SIGNING_HEIGHT = 28
#: Widths, in characters.
_NARROW, _MIDDLE, _WIDE = 6, 12, 22


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


def write_roster(file: IO[bytes], activity: Activity, rows: Iterable[Row], *, made_by: str, at: datetime) -> int:
    """Write a roster and return how many sign-ups it lists. Contacts are masked; sensitive answers are left out."""
    places, tally, words = Places(activity), Tally(), all_state_words()
    asked = [question for question in answered(activity) if not is_hidden(question)]
    sheet = Sheet(
        name=_("花名册"),
        title=f"{loc(activity, 'title')} · {_('花名册')}",
        lines=_top(activity, None, made_by, at),
        columns=(
            Column(_("序号"), _NARROW, centred=True),
            Column(_("签到码"), _MIDDLE),
            Column(_("姓名"), _MIDDLE),
            Column(_("状态"), _MIDDLE),
            Column(_("人数"), _NARROW, centred=True),
            Column(_("联系方式"), 18),
            *([Column(_("场次"), _WIDE)] if places.are_many else []),
            Column(_("名额"), 16),
            Column(_("报名时间"), 17),
            Column(_("签到时间"), 17),
            *(Column(loc(question, "label"), _WIDE) for question in asked),
        ),
        watermark=_watermark(made_by, at),
        pages=_pages(),
    )

    def cells() -> Iterator[list[Cell]]:
        for row in rows:
            yield [
                tally.next(row),
                row.digits,
                row.name,
                words[row.state, has_more(row)],
                row.party_size,
                phone(row.contact) if row.contact else "",
                *([places.slot(row.slot_id)] if places.are_many else []),
                places.pool(row.pool_id),
                stamp(row.signed_up_at),
                stamp(row.checked_in_at) if row.checked_in_at else "",
                *(answer_words(question, row) for question in asked),
            ]

    return write_xlsx(file, sheet, cells(), tally.lines())


def write_sign_in_sheet(  # a sheet has a file, rows, a slot and a maker
    file: IO[bytes],
    activity: Activity,
    rows: Iterable[Row],
    *,
    slot: Slot | None,
    made_by: str,
    at: datetime,
) -> int:
    """Write a sign-in sheet with a column to sign in and empty rows at the end; return how many sign-ups it lists."""
    places, tally = Places(activity), Tally()
    asked = columns(activity)[:1]
    with_slot = slot is None and places.are_many
    sheet = Sheet(
        name=_("签到表"),
        title=f"{loc(activity, 'title')} · {_('签到表')}",
        lines=_top(activity, slot, made_by, at),
        columns=(
            Column(_("序号"), _NARROW, centred=True),
            Column(_("姓名"), 14),
            Column(_("人数"), _NARROW, centred=True),
            *(Column(loc(question, "label"), 28) for question in asked),
            Column(_("联系方式"), 18),
            *([Column(_("场次"), _WIDE)] if with_slot else []),
            Column(_("名额"), 16),
            Column(_("签到码"), _MIDDLE),
            Column(_("签名"), 26),
        ),
        watermark=_watermark(made_by, at),
        pages=_pages(),
        blank_rows=BLANK_ROWS,
        row_height=_SIGNING_HEIGHT,
    )

    def cells() -> Iterator[list[Cell]]:
        for row in rows:
            yield [
                tally.next(row),
                row.name,
                row.party_size,
                *(answer_words(question, row) for question in asked),
                phone(row.contact) if row.contact else "",
                *([places.slot(row.slot_id)] if with_slot else []),
                places.pool(row.pool_id),
                row.digits,
                _("已签到") if row.state == State.ATTENDED else "",
            ]

    return write_xlsx(file, sheet, cells(), tally.lines())


def file_name(activity: Activity, what: str, at: datetime) -> str:
    """Return the name of a file: 首届河西人才节_工程设计论坛_花名册_20230618.xlsx."""
    short = loc(activity, "short_title") or loc(activity, "title")
    return f"{loc(activity.festival, 'title')}_{short}_{what}_{clock.local(at):%Y%m%d}.xlsx"


def _top(activity: Activity, slot: Slot | None, made_by: str, at: datetime) -> tuple[str, ...]:
    """Return what stands on top: time, place, host, and who made the file."""
    starts_at, ends_at = (slot.starts_at, slot.ends_at) if slot else (activity.starts_at, activity.ends_at)
    venue = (slot.venue if slot else None) or activity.venue
    place = loc(venue, "name")
    address = loc(venue, "address")
    return (
        _("时间：%(span)s", span=span(starts_at, ends_at)),
        _("地点：%(place)s", place=f"{place}（{address}）" if address else place),
        _("主办单位：%(host)s", host=loc(activity, "host") or "—"),
        _watermark(made_by, at),
    )


def _watermark(made_by: str, at: datetime) -> str:
    return _("导出：%(who)s　%(at)s　仅供本活动使用", who=made_by, at=stamp(at))


def _pages() -> str:
    return _("第 &P 页 共 &N 页")
