"""A forum in words: what is refused, what clashes, what changed, and what people are told."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from flask_babel import LazyString

from festival.kinds.forum import queries
from festival.kinds.forum.rules import Change, ChangeKind, Clash, ClashKind, ForumReason, Planned, SessionType
from festival.lib.format import day_then, hours
from festival.lib.i18n import _, _l, locale
from festival.programme.models import Slot

TYPES: dict[SessionType, LazyString] = {
    SessionType.OPENING: _l("开幕"),
    SessionType.KEYNOTE: _l("主旨报告"),
    SessionType.PANEL: _l("圆桌对话"),
    SessionType.PARALLEL: _l("平行论坛"),
    SessionType.MATCHING: _l("供需对接"),
    SessionType.BREAK: _l("休息与用餐"),
    SessionType.CLOSING: _l("闭幕"),
}
REASONS: dict[ForumReason, LazyString] = {
    ForumReason.CLASHES: _l("议程中还有冲突，请先调整再发布。"),
    ForumReason.NOTHING_CHANGED: _l("与已发布的议程相同，没有需要发布的内容。"),
    ForumReason.CHANGED_MEANWHILE: _l("议程草稿刚刚被同事改过，请看过最新的内容再发布。"),
    ForumReason.IN_USE: _l("议程的某个版本用到了它，不能删除，可以改名。"),
    ForumReason.SAME_NAME: _l("已有同名的房间"),
    ForumReason.NOT_SEEN: _l("没有入场签到记录，无法计算学时。"),
    ForumReason.NOT_LEFT: _l("没有离场扫码记录，无法确认在场时间，请联系会务组补录。"),
    ForumReason.TOO_SHORT: _l("在场时间未达到学时要求。"),
    ForumReason.NOT_OVER: _l("论坛结束后可以领取学时证明。"),
    ForumReason.NO_HOURS: _l("本场论坛不计继续教育学时。"),
    ForumReason.REVOKED: _l("这份证明已被撤销。"),
    ForumReason.TOO_MANY: _l("数量已达上限。"),
}
AUDIT: dict[str, LazyString] = {
    "forum.draft": _l("修改议程草稿"),
    "forum.discard": _l("放弃议程草稿"),
    "forum.publish": _l("发布议程"),
    "forum.room": _l("修改论坛房间"),
    "forum.speaker": _l("修改演讲嘉宾"),
    "forum.hours": _l("设置学时规则"),
    "forum.certify": _l("开具学时证明"),
    "forum.revoke": _l("撤销学时证明"),
    "forum.material": _l("修改会议资料"),
}


def title_of(item: Planned) -> str:
    """Return an item's title in the language spoken."""
    return item.title_en if locale() == "en" else item.title_zh


@dataclass(frozen=True, slots=True)
class Names:
    """What ids are called, in the language spoken."""

    rooms: Mapping[int, str]
    speakers: Mapping[int, str]
    days: Mapping[int, Slot]

    def time(self, item: Planned) -> str:
        """Return when an item is, with its day where there are several."""
        on = self.days.get(item.day_id)
        if on is None:
            return "—"
        starts_at, ends_at = queries.span_of(item, on)
        when = hours(starts_at, ends_at)
        return f"{day_then(starts_at)} {when}" if len(self.days) > 1 else when

    def room(self, item: Planned) -> str:
        """Return an item's room."""
        return self.rooms.get(item.room_id, "—")

    def who(self, item: Planned) -> str:
        """Return who speaks."""
        return _("、").join(self.speakers.get(one, "—") for one in item.speaker_ids) or "—"


def names_of(activity_id: int) -> Names:
    """Return what a forum's rooms, speakers and days are called, in the language spoken."""
    english = locale() == "en"
    return Names(
        rooms={one.id: one.name_en if english else one.name_zh for one in queries.rooms(activity_id)},
        speakers={one.id: one.name_en if english else one.name_zh for one in queries.speakers(activity_id)},
        days={one.id: one for one in queries.days(activity_id)},
    )


def clash_words(clash: Clash, names: Names) -> str:
    """Return what clashes, in a sentence."""
    first = _("“%(title)s”（%(time)s）", title=title_of(clash.first), time=names.time(clash.first))
    if clash.kind == ClashKind.OUTSIDE or clash.second is None:
        return _("%(first)s超出了当天的会议时间。", first=first)
    second = _("“%(title)s”（%(time)s）", title=title_of(clash.second), time=names.time(clash.second))
    if clash.kind == ClashKind.ROOM:
        room = names.rooms.get(clash.about, "—")
        return _("%(room)s同时安排了%(first)s和%(second)s。", room=room, first=first, second=second)
    who = names.speakers.get(clash.about, "—")
    return _("%(who)s同时出现在%(first)s和%(second)s。", who=who, first=first, second=second)


def change_words(change: Change, names: Names) -> str:
    """Return one change, in a sentence."""
    was, now = change.before, change.after
    if now is None:
        assert was is not None  # one of them is there
        return _("取消：“%(title)s”（原定 %(time)s，%(room)s）", title=title_of(was), time=names.time(was), room=names.room(was))
    title = title_of(now)
    if was is None:
        return _("新增：“%(title)s”，%(time)s，%(room)s", title=title, time=names.time(now), room=names.room(now))
    match change.kind:
        case ChangeKind.MOVED:
            return _("“%(title)s”时间由 %(was)s 改为 %(now)s", title=title, was=names.time(was), now=names.time(now))
        case ChangeKind.ROOM:
            return _("“%(title)s”地点由%(was)s改为%(now)s", title=title, was=names.room(was), now=names.room(now))
        case ChangeKind.SPEAKERS:
            return _("“%(title)s”嘉宾由%(was)s调整为%(now)s", title=title, was=names.who(was), now=names.who(now))
        case ChangeKind.TITLE:
            return _("“%(was)s”改名为“%(now)s”", was=title_of(was), now=title)
        case ChangeKind.SEATS:
            return _("“%(title)s”席位由 %(was)s 改为 %(now)s", title=title, was=_seats(was), now=_seats(now))
        case _:
            return _("“%(title)s”更新了介绍", title=title)


def _seats(item: Planned) -> str:
    return "—" if item.seats is None else str(item.seats)


def told(found: Iterable[Change], keys: Sequence[str], names: Names) -> list[str]:
    """Return the changes of a version that concern somebody who booked or saved some items; texts alone concern nobody."""
    said = {ChangeKind.REMOVED, ChangeKind.MOVED, ChangeKind.ROOM, ChangeKind.SPEAKERS}
    return [change_words(change, names) for change in found if change.key in keys and change.kind in said]


UNKNOWN_NUMBER = _l("没有找到这个编号的证明，请对照原件再核对一遍。")
