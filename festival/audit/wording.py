"""The audit trail in words."""

from flask_babel import LazyString

from festival.lib.i18n import _, _l

#: What was done, by ``AuditEntry.action``. An action without words shows its own name.
ACTIONS: dict[str, LazyString] = {
    "activity.edit": _l("修改活动信息"),
    "activity.venue": _l("更换活动地点"),
    "activity.window": _l("调整报名时间"),
    "slot.edit": _l("修改场次名称"),
    "slot.reschedule": _l("改期"),
    "slot.venue": _l("更换场次地点"),
    "pool.capacity": _l("调整名额"),
    "sign_up.remove": _l("移出名单"),
    "contact.reveal": _l("查看联系方式"),
    "roster.export": _l("导出名单"),
}

#: Field names that stand in ``AuditEntry.changes``.
FIELDS: dict[str, LazyString] = {
    "title_zh": _l("名称（中文）"),
    "title_en": _l("名称（英文）"),
    "short_title_zh": _l("简称（中文）"),
    "short_title_en": _l("简称（英文）"),
    "summary_zh": _l("一句话介绍（中文）"),
    "summary_en": _l("一句话介绍（英文）"),
    "description_zh": _l("详细介绍（中文）"),
    "description_en": _l("详细介绍（英文）"),
    "host_zh": _l("主办单位（中文）"),
    "host_en": _l("主办单位（英文）"),
    "host_phone": _l("咨询电话"),
    "audience_zh": _l("面向人群（中文）"),
    "audience_en": _l("面向人群（英文）"),
    "notices_zh": _l("温馨提示（中文）"),
    "notices_en": _l("温馨提示（英文）"),
    "label_zh": _l("场次名称（中文）"),
    "label_en": _l("场次名称（英文）"),
    "contact": _l("联系方式"),
}


def action_words(action: str) -> str:
    """Return what was done, in words."""
    return str(ACTIONS.get(action, action))


def change_words(changes: str) -> str:
    """Return what changed: field names in words, anything else (nobody's personal data) as it was written."""
    return _("、").join(str(FIELDS.get(part, part)) for part in changes.split(", ")) if changes else ""
