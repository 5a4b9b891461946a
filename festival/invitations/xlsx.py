"""The list of links as organizers send it out themselves (A4 landscape)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import IO

from festival.invitations.queries import Row
from festival.invitations.wording import pool_words, state_words, typed_code
from festival.lib import clock
from festival.lib.format import span, stamp
from festival.lib.i18n import _, loc
from festival.lib.spreadsheet import Cell, Column, Sheet, write_xlsx
from festival.programme.models import Activity


def write_links(  # a sheet has a file, rows, addresses and a maker
    file: IO[bytes],
    activity: Activity,
    rows: Sequence[Row],
    address_of: Callable[[Row], str],
    *,
    made_by: str,
    at: datetime,
) -> int:
    """Write links and codes, and return how many there are."""
    several = len({row.invitation.pool.slot_id for row in rows}) > 1
    watermark = _("导出：%(who)s　%(at)s　仅供本活动使用", who=made_by, at=stamp(at))
    sheet = Sheet(
        name=_("邀请名单"),
        title=f"{loc(activity, 'title')} · {_('邀请名单')}",
        lines=(
            _("时间：%(span)s", span=span(activity.starts_at, activity.ends_at)),
            _("地点：%(place)s", place=loc(activity.venue, "name")),
            _("链接就是入场资格，请逐一发给本人，不要发到群里。"),
            watermark,
        ),
        columns=(
            Column(_("序号"), 6, centred=True),
            Column(_("受邀人"), 18),
            Column(_("邀请到"), 22),
            Column(_("邀请码"), 18),
            Column(_("链接"), 58),
            Column(_("已用 / 可用"), 12, centred=True),
            Column(_("有效期至"), 17),
            Column(_("状态"), 10),
        ),
        watermark=watermark,
        pages=_("第 &P 页 共 &N 页"),
    )

    def cells(number: int, row: Row) -> list[Cell]:
        invitation = row.invitation
        return [
            number,
            invitation.label,
            pool_words(invitation.pool.slot, invitation.pool, of_several=several),
            "" if row.is_personal else typed_code(invitation.code),
            address_of(row),
            f"{row.invited.uses} / {row.invited.uses_max}",
            stamp(invitation.expires_at) if invitation.expires_at else "",
            state_words(row),
        ]

    return write_xlsx(file, sheet, (cells(number, row) for number, row in enumerate(rows, start=1)))


def file_name(activity: Activity, at: datetime) -> str:
    """Return the name of the file: 首届河西人才节_高峰论坛_邀请名单_20230618.xlsx."""
    short = loc(activity, "short_title") or loc(activity, "title")
    return f"{loc(activity.festival, 'title')}_{short}_{_('邀请名单')}_{clock.local(at):%Y%m%d}.xlsx"
