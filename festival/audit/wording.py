"""The audit trail in words."""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from flask_babel import LazyString

from festival.lib.i18n import _, _l

#: What was done, by ``AuditEntry.action``. An action without words shows its own name.
ACTIONS: dict[str, LazyString] = {
    "activity.make": _l("新建活动"),
    "activity.clone": _l("复制活动"),
    "activity.publish": _l("发布活动"),
    "activity.schedule": _l("定时发布活动"),
    "activity.unpublish": _l("撤回为草稿"),
    "activity.delete": _l("删除草稿"),
    "activity.basics": _l("修改活动类型与归属"),
    "activity.details": _l("修改该类型的内容"),
    "activity.edit": _l("修改活动信息"),
    "venue.make": _l("新增地点"),
    "venue.edit": _l("修改地点"),
    "slot.series": _l("按规则添加场次"),
    "slot.add": _l("添加场次"),
    "slot.delete": _l("删除场次"),
    "question.add": _l("新增问题"),
    "question.edit": _l("修改问题"),
    "question.move": _l("调整问题顺序"),
    "question.delete": _l("删除问题"),
    "question.remind": _l("请报名者补充回答"),
    "festival.clone": _l("复制整届活动季"),
    "festival.publish": _l("公开新一届活动季"),
    "activity.venue": _l("更换活动地点"),
    "activity.window": _l("调整报名时间"),
    "activity.rules": _l("调整报名规则"),
    "activity.cancel": _l("取消活动"),
    "activity.postpone": _l("活动延期"),
    "activity.resume": _l("恢复活动"),
    "slot.cancel": _l("取消场次"),
    "slot.postpone": _l("场次延期"),
    "slot.resume": _l("恢复场次"),
    "slot.backup": _l("改到备用日期"),
    "slot.weather": _l("修改天气预案"),
    "slot.edit": _l("修改场次名称"),
    "slot.reschedule": _l("改期"),
    "slot.venue": _l("更换场次地点"),
    "pool.capacity": _l("调整名额"),
    "slot.ceiling": _l("调整核准人数"),
    "pool.batch": _l("新增一批名额"),
    "pool.batch_remove": _l("撤销一批名额"),
    "pool.reserve": _l("设为机动名额"),
    "pool.reserve_end": _l("不再作为机动名额"),
    "pool.merge": _l("合并名额池"),
    "pool.split": _l("拆分名额池"),
    "seat.draw": _l("绘制座位图"),
    "seat.remove": _l("删除座位图"),
    "seat.arrange": _l("自动安排座位"),
    "seat.clear_automatic": _l("清空自动安排的座位"),
    "seat.give": _l("手工安排座位"),
    "seat.clear": _l("腾出座位"),
    "seat.import": _l("批量修改座位"),
    "seat.tell": _l("通知座位"),
    "sign_up.remove": _l("移出名单"),
    "sign_up.excuse": _l("免除未到场记录"),
    "festival.rules": _l("调整活动季规则"),
    "sign_up.appeal_answer": _l("答复未到场说明"),
    "activity.no_shows": _l("记录未到场"),
    "scan.undo": _l("撤销签到"),
    "activity.walk_ins": _l("开放或关闭现场报名"),
    "sign_up.place": _l("在门口递补候补的人"),
    "slot.release": _l("释放未到场者的名额"),
    "gate.open": _l("启用签到口"),
    "gate.close": _l("停用签到口"),
    "contact.reveal": _l("查看联系方式"),
    "answer.reveal": _l("查看填写内容"),
    "roster.move": _l("批量改场次或名额池"),
    "roster.message": _l("批量发消息"),
    "letter.send": _l("群发了消息"),
    "letter.stop": _l("停止了群发消息"),
    "letter.again": _l("重新发送了群发消息"),
    "roster.tag": _l("批量加标签"),
    "roster.untag": _l("批量取下标签"),
    "roster.remove": _l("批量移出名单"),
    "roster.excuse": _l("批量免除未到场记录"),
    "roster.coming": _l("代为记录仍会参加"),
    "reconfirm.plan": _l("安排了再次确认"),
    "reconfirm.cancel": _l("取消了再次确认"),
    "reconfirm.spare": _l("再次确认不再有期限"),
    "reconfirm.release": _l("到期未确认，名额已放弃"),
    "tag.make": _l("新建了标签"),
    "tag.edit": _l("修改了标签"),
    "tag.delete": _l("删除了标签"),
    "sign_up.tag": _l("改动报名的标签"),
    "sign_up.note": _l("写了内部备注"),
    "roster.export": _l("导出名单"),
    "roster.export_full": _l("导出完整名单"),
    "insurance.export": _l("导出保险名单"),
    "roster.return": _l("回填名单"),
    "sign_up.make": _l("代为报名"),
    "sign_up.edit": _l("代为修改报名"),
    "sign_up.withdraw": _l("代为取消报名"),
    "sign_up.confirm": _l("代为确认参加"),
    "review.approve": _l("审核通过"),
    "review.reject": _l("审核不通过"),
    "review.ask": _l("要求补充材料"),
    "draw.freeze": _l("封存抽签名单"),
    "draw.draw": _l("开出抽签结果"),
    "draw.void": _l("作废抽签"),
    "invitation.make": _l("生成邀请链接"),
    "invitation.make_code": _l("新增邀请码"),
    "invitation.revoke": _l("收回一份邀请"),
    "invitation.export": _l("导出邀请名单"),
    "message.wording": _l("修改消息文案"),
    "message.wording_reset": _l("恢复系统文案"),
    "message.reminders": _l("调整提醒时间"),
    "message.again": _l("重新发送消息"),
    "account.made": _l("注册账号"),
    "account.erase": _l("注销账号并清除个人信息"),
    "address.add": _l("添加联系地址"),
    "address.remove": _l("删除联系地址"),
    "sign_up.forget": _l("按本人要求清除个人信息"),
    "consent.take": _l("代为记录本人的同意"),
    "consent.withdraw": _l("撤回同意"),
    "person.find": _l("查找个人信息"),
    "person.read": _l("查看个人信息"),
    "person.export": _l("导出个人信息"),
    "person.correct": _l("更正个人信息"),
    "privacy.purge": _l("清除到期的信息"),
    "privacy.affected": _l("列出受影响的人"),
    "session.begin": _l("登录"),
    "session.end": _l("退出登录"),
    "session.end_all": _l("退出所有设备"),
    "staff.made": _l("新增工作人员"),
    "staff.grant": _l("授予角色"),
    "staff.take_role": _l("收回角色"),
    "staff.contact": _l("修改工作人员联系方式"),
    "staff.second_factor_reset": _l("重置两步验证"),
    "staff.link": _l("发出设置密码的链接"),
    "staff.password": _l("设置了密码"),
    "staff.disable": _l("停用工作人员"),
    "staff.enable": _l("恢复工作人员"),
    "staff.refused": _l("密码不符"),
    "staff.locked": _l("多次失败，暂停登录"),
    "staff.second_factor": _l("设置两步验证"),
    "staff.second_factor_refused": _l("两步验证不符"),
    "staff.recovery_code": _l("使用恢复码登录"),
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
    "publish_at": _l("发布时间"),
    "status": _l("状态"),
    "track": _l("主题线"),
    "slug": _l("网址"),
    "kind": _l("活动类型"),
    "mode": _l("名额给法"),
    "note": _l("内部备注"),
    "overlap": _l("时间冲突"),
    "smaller_may_pass": _l("小队伍先递补"),
    "activities_max": _l("每人最多活动数"),
    "reveals_max": _l("每人一小时内最多查看人数"),
    "balance_tolerance": _l("各组人数最多相差"),
    "promotion": _l("递补方式"),
    "promotion_cutoff_minutes": _l("停止递补（开始前分钟）"),
    "release_minutes": _l("释放未到场名额（开始后分钟）"),
    "party_max": _l("每个报名最多人数"),
    "waitlist_limit": _l("候补人数上限"),
    "per_organisation": _l("同一单位最多报名数"),
    "approved_ceiling": _l("核准人数"),
    "reminders": _l("提前提醒"),
}

#: Values that stand before and behind an arrow.
_VALUES: dict[str, LazyString] = {
    "warn": _l("提醒"),
    "block": _l("不允许"),
    "allow": _l("不提醒"),
    "auto": _l("直接递补"),
    "offer": _l("先征询"),
    "yes": _l("是"),
    "no": _l("否"),
    "none": _l("不限"),
    "draft": _l("草稿"),
    "published": _l("已发布"),
    "postponed": _l("已延期"),
    "cancelled": _l("已取消"),
    "open": _l("先到先得"),
    "approval": _l("需审核"),
    "ballot": _l("抽签"),
    "invitation": _l("仅限邀请"),
    "ticket": _l("服务诉求"),
}


#: The tables that entries are about.
SUBJECTS: dict[str, LazyString] = {
    "account": _l("账号"),
    "activity": _l("活动"),
    "address": _l("联系地址"),
    "answer": _l("回答"),
    "consent": _l("同意"),
    "draw": _l("抽签"),
    "festival": _l("活动季"),
    "gate": _l("入口"),
    "invitation": _l("邀请"),
    "letter": _l("群发消息"),
    "message": _l("消息"),
    "pool": _l("名额池"),
    "purge_run": _l("清除"),
    "question": _l("问题"),
    "reconfirmation": _l("再次确认"),
    "seat_map": _l("座位图"),
    "sign_in_session": _l("登录状态"),
    "sign_up": _l("报名"),
    "slot": _l("场次"),
    "tag": _l("标签"),
    "venue": _l("场地"),
}


#: Words of actions, tables, fields or values, by name.
Named: TypeAlias = Mapping[str, LazyString]

_of_kinds: dict[str, LazyString] = {}


def register(words: Iterable[Named]) -> None:
    """Make known what kinds of activities call what they record: actions, tables, fields, values; called once."""
    _of_kinds.clear()
    for each in words:
        _of_kinds.update(each)


def subject_words(subject: str) -> str:
    """Return what kind of row an entry is about, in words; a table without words is called by its name."""
    return str(SUBJECTS.get(subject) or _of_kinds.get(subject, subject))


def action_words(action: str) -> str:
    """Return what was done, in words."""
    return str(ACTIONS.get(action) or _of_kinds.get(action, action))


def change_words(changes: str) -> str:
    """Return what changed: field names in words, anything else (nobody's personal data) as it was written."""
    return _("、").join(_part_words(part) for part in changes.split(", ")) if changes else ""


def _part_words(part: str) -> str:
    """Return one change in words: a field, or ``<field> <value> -> <value>`` of a field that has words."""
    name, _space, values = part.partition(" ")
    before, arrow, after = values.partition(" -> ")
    found = FIELDS.get(name) or _of_kinds.get(name)
    if found is None or (values and not arrow):
        return part
    return f"{found} {_value_words(before)} → {_value_words(after)}" if arrow else str(found)


def _value_words(value: str) -> str:
    return str(_VALUES.get(value) or _of_kinds.get(value, value))
