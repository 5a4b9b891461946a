"""Authoring in words."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from festival.authoring.rules import AuthoringReason, Collision, SeriesProblem
from festival.lib.i18n import _, _l
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, Mode

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

#: Why something cannot be done, and what to do instead.
REFUSALS: "dict[AuthoringReason, LazyString]" = {
    AuthoringReason.HAS_SIGN_UPS: _l("已有人报名，不能这样操作，报名和记录都保留。不再举行请到“改期与取消”页面取消。"),
    AuthoringReason.NOT_A_DRAFT: _l("只有草稿可以这样操作。没有人报名的活动可以先撤回为草稿。"),
    AuthoringReason.NOT_PUBLISHED: _l("活动没有发布，或已取消、延期。"),
    AuthoringReason.NO_PLACES: _l("还没有可以报名的场次或名额。请先添加场次。"),
    AuthoringReason.ALL_PAST: _l("所有场次都已结束，不能发布。请先修改时间。"),
    AuthoringReason.TIME_PASSED: _l("发布时间已过。请填写将来的时间，或立即发布。"),
    AuthoringReason.AFTER_THE_END: _l("发布时间在活动结束之后。"),
    AuthoringReason.LAST_SLOT: _l("活动至少要有一个场次。"),
    AuthoringReason.DRAWN: _l("该场次已有抽签，不能删除。"),
    AuthoringReason.SLUG_TAKEN: _l("这个网址已被占用，请换一个。"),
    AuthoringReason.OUTSIDE_SESSION: _l("分时段应在所属场次的时间之内。"),
    AuthoringReason.UNKNOWN: _l("所选的内容已不存在，请重新选择。"),
    AuthoringReason.ASKED_ALREADY: _l("这个问题已经在询问了。"),
    AuthoringReason.ANSWERED: _l("已有人回答，不能这样修改或删除；可以改为选填，或另加一个新问题。"),
    AuthoringReason.NEVER_COLLECTED: _l("证件照片、收入、住房、身高、婚史一律不收集。请删去这个问题。"),
    AuthoringReason.NEEDS_CONFIRMATION: _l("这个问题涉及敏感个人信息，请确认确有必要。"),
    AuthoringReason.LONGER_THAN_PROMISED: _l("已有人按较短的保存天数同意，只能缩短，不能延长。"),
    AuthoringReason.NOBODY_TO_ASK: _l("没有需要补充回答的人，或刚刚提醒过。"),
    AuthoringReason.IN_USE: _l("名额按这个问题的回答分配，或活动内容引用了它，不能删除或改变。"),
    AuthoringReason.NOTHING_PUBLISHED: _l("这一届还没有已发布的活动。请先发布至少一项，再公开。"),
    AuthoringReason.CHANGED_MEANWHILE: _l("您查看之后情况已有变化，请看新的预览再确认。"),
}

#: Why a rule makes no slots.
SERIES_PROBLEMS: "dict[SeriesProblem, LazyString]" = {
    SeriesProblem.ENDS_BEFORE_START: _l("最后一天应不早于第一天"),
    SeriesProblem.TOO_LONG: _l("从第一天到最后一天最多 400 天"),
    SeriesProblem.NO_WEEKDAY: _l("请选择星期，或填写另外开放的日期"),
    SeriesProblem.NO_DAY: _l("按这个规则没有开放的日子，请检查星期和不开放的日期"),
    SeriesProblem.NO_TIME: _l("请填写每天的开始时间和时长"),
    SeriesProblem.OVERLAP: _l("相邻两场重叠：开始时间的间隔应不少于时长"),
    SeriesProblem.PAST_MIDNIGHT: _l("最后一场应在当天结束"),
    SeriesProblem.TOO_MANY: _l("场次过多，一项活动最多 2,000 个"),
}

#: What a day runs into.
COLLISIONS: "dict[Collision, LazyString]" = {
    Collision.HOLIDAY: _l("法定节假日"),
    Collision.WORKDAY: _l("调休上班"),
    Collision.UNKNOWN: _l("当年放假安排尚未录入"),
}

#: What an activity's own question may be.
OWN_TYPES: "dict[str, LazyString]" = {
    "text": _l("一行文字"),
    "textarea": _l("多行文字"),
    "select": _l("单选"),
    "multi": _l("多选"),
}
#: What any question is.
TYPES: "dict[str, LazyString]" = {
    **OWN_TYPES,
    "number": _l("数字"),
    "year": _l("年份"),
    "boolean": _l("是或否"),
    "tags": _l("多选"),
    "mobile": _l("手机号"),
    "email": _l("邮箱"),
    "id_number": _l("证件号码"),
    "uscc": _l("统一社会信用代码"),
    "file": _l("文件"),
    "pledge": _l("承诺"),
    "names": _l("姓名，每行一个"),
}

WEEKDAYS: "tuple[LazyString, ...]" = (_l("周一"), _l("周二"), _l("周三"), _l("周四"), _l("周五"), _l("周六"), _l("周日"))


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at before publishing."""

    is_good: bool
    words: str
    #: Under ``/manage/activities/<slug>/``, where it is mended; empty: nowhere of its own.
    page: str = ""


def checks(activity: Activity, now: datetime) -> list[Check]:
    """Return what is there and what is missing; nothing of it is in the way of publishing but slots with places."""
    both = (
        ("title", _("名称有中文和英文")),
        ("short_title", _("简称有中文和英文")),
        ("summary", _("一句话介绍有中文和英文")),
        ("description", _("详细介绍有中文和英文")),
        ("host", _("主办单位有中文和英文")),
        ("audience", _("面向人群有中文和英文")),
    )
    found = [
        Check(bool(getattr(activity, f"{name}_zh") and getattr(activity, f"{name}_en")), words, "edit") for name, words in both
    ]
    found.append(Check(bool(activity.host_phone), _("有咨询电话"), "edit"))
    ahead = [slot for slot in activity.slots if slot.ends_at > now]
    found.append(Check(bool(ahead), _("有尚未结束的场次"), "slots"))
    if activity.mode != Mode.TICKET:
        bare = [slot for slot in ahead if not slot.pools and not any(one.parent_id == slot.id for one in activity.slots)]
        found.append(Check(bool(ahead) and not bare, _("每个场次都有名额"), "slots"))
    is_open_long_enough = activity.closes_at is None or activity.closes_at > max(now, activity.publish_at or now)
    found.append(Check(is_open_long_enough, _("发布后仍可报名"), "window"))
    if kind_of(activity).details_model.model_fields:
        found.append(Check(activity.details not in {"", "{}"}, _("填写了该类型特有的内容"), "details"))
    return found
