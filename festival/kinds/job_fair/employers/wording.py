"""Employers in words."""

from flask_babel import LazyString

from festival.kinds.job_fair.employers.rules import (
    BoothState,
    Check,
    Education,
    EmployerState,
    Figure,
    Industry,
    Paper,
    PositionState,
    Reason,
    ReportReason,
    ReportState,
)
from festival.lib.i18n import _l

REASONS: dict[Reason, LazyString] = {
    Reason.NOT_OPEN: _l("用人单位报名尚未开始。"),
    Reason.CLOSED: _l("用人单位报名已截止，如需参加请联系主办方。"),
    Reason.ALREADY: _l("该统一社会信用代码已有一份有效报名，每家单位一份。如非本单位所为，请联系主办方。"),
    Reason.BARRED: _l("该单位累计 2 次未到场，一年内不能报名。如有异议，请联系主办方。"),
    Reason.STATE: _l("报名状态已有变化，请查看最新情况后再操作。"),
    Reason.OWN: _l("这份报名由您本人提交，请由同事审核。"),
    Reason.BOOTH_TAKEN: _l("这个展位刚刚被其他单位选走，请另选一个。"),
    Reason.BOOTH_UNKNOWN: _l("没有这个展位，请从平面图中选择。"),
    Reason.NOT_APPROVED: _l("审核通过后才能进行这项操作。"),
    Reason.TOO_LATE: _l("已过取消期限，如确实不能参加，请联系主办方。"),
    Reason.OVER: _l("招聘会已结束或已取消。"),
    Reason.NOT_LATE_YET: _l("还没有到最晚到场时间，展位为该单位保留。"),
    Reason.IS_HERE: _l("该单位已到场，展位不能收回。"),
    Reason.NO_BOOTH: _l("该单位没有展位。"),
    Reason.NOT_NEXT: _l("前面还有单位在等候展位。不按次序安排时，请写明原因。"),
    Reason.MOST: _l("已达到数量上限，请先删去不用的。"),
    Reason.RECRUITER_TWICE: _l("这个号码或邮箱已在招聘者名单中。"),
    Reason.REPORTED: _l("您已举报过这个岗位，主办方正在核实。"),
    Reason.LAST_RECRUITER: _l("至少保留一位招聘者。"),
    Reason.NOT_THE_DAY: _l("招聘会当天才能进行这项操作。"),
    Reason.STALE: _l("内容已被他人修改，请核对最新内容后再提交。"),
}
STATES: dict[EmployerState, LazyString] = {
    EmployerState.APPLIED: _l("待审核"),
    EmployerState.RETURNED: _l("需补充材料"),
    EmployerState.APPROVED: _l("审核通过"),
    EmployerState.REJECTED: _l("审核未通过"),
    EmployerState.WITHDRAWN: _l("已取消参会"),
}
INDUSTRIES: dict[Industry, LazyString] = {
    Industry.IT: _l("信息技术"),
    Industry.DESIGN: _l("工程设计"),
    Industry.FINANCE: _l("金融"),
    Industry.SHIPPING: _l("航运"),
    Industry.TRADE: _l("商贸"),
    Industry.HEALTH: _l("健康服务"),
    Industry.CULTURE: _l("文化"),
    Industry.EDUCATION: _l("教育"),
    Industry.SERVICE: _l("专业服务"),
    Industry.OTHER: _l("其他行业"),
}
EDUCATIONS: dict[Education, LazyString] = {
    Education.COLLEGE: _l("大专及以上"),
    Education.BACHELOR: _l("本科及以上"),
    Education.MASTER: _l("硕士及以上"),
    Education.DOCTOR: _l("博士"),
    Education.STUDENT: _l("在校生"),
}
PAPERS: dict[Paper, LazyString] = {
    Paper.LICENCE: _l("营业执照副本"),
    Paper.ADVERT: _l("招聘简章"),
    Paper.MANDATE: _l("经办人授权委托书"),
}
FIELDS: dict[str, LazyString] = {
    "name_zh": _l("单位中文名称"),
    "name_en": _l("单位英文名称"),
    "uscc": _l("统一社会信用代码"),
    "industry": _l("行业"),
    "size": _l("人数规模"),
    "contact_name": _l("经办人姓名"),
    **{str(paper): words for paper, words in PAPERS.items()},
}
BOOTHS: dict[BoothState, LazyString] = {
    BoothState.FREE: _l("空闲"),
    BoothState.TAKEN: _l("已有单位"),
    BoothState.RELEASED: _l("收回待安排"),
}
CHECKS: dict[Check, LazyString] = {
    Check.BOOTH: _l("已选展位"),
    Check.POSITIONS: _l("已填岗位"),
    Check.RECRUITERS: _l("已定招聘者"),
    Check.ARRIVED: _l("已到场"),
}
POSITION_STATES: dict[PositionState, LazyString] = {
    PositionState.OPEN: _l("招聘中"),
    PositionState.CLOSED: _l("已停招"),
}
REPORT_REASONS: dict[ReportReason, LazyString] = {
    ReportReason.FAKE: _l("岗位不存在或与实际不符"),
    ReportReason.FEE: _l("向求职者收费或扣押证件"),
    ReportReason.PAY: _l("薪资与实际不符"),
    ReportReason.BIAS: _l("含有歧视性要求"),
    ReportReason.OTHER: _l("其他问题"),
}
REPORT_STATES: dict[ReportState, LazyString] = {
    ReportState.OPEN: _l("待核实"),
    ReportState.UPHELD: _l("属实，岗位已下架"),
    ReportState.DISMISSED: _l("未发现问题"),
}
FIGURES: dict[Figure, LazyString] = {
    Figure.EMPLOYERS: _l("参会单位数"),
    Figure.POSITIONS: _l("提供岗位数"),
    Figure.OPENINGS: _l("招聘人数"),
    Figure.VISITORS: _l("进场人数"),
    Figure.CVS: _l("收到简历份数"),
    Figure.INTERVIEWS: _l("预约面试人次"),
    Figure.INTENTS: _l("初步达成意向人数"),
    Figure.SIGNED: _l("现场签约人数"),
    Figure.RATIO: _l("求人倍率"),
}
#: What the audit trail calls what is done, and to which rows.
AUDIT: dict[str, LazyString] = {
    "employer": _l("用人单位"),
    "position": _l("岗位"),
    "employer.change": _l("用人单位修改报名"),
    "employer.approved": _l("用人单位审核通过"),
    "employer.returned": _l("退回用人单位报名"),
    "employer.rejected": _l("不通过用人单位报名"),
    "employer.withdraw": _l("用人单位取消参会"),
    "employer.booth": _l("选择展位"),
    "employer.wait": _l("等候展位"),
    "employer.arrive": _l("用人单位到场"),
    "employer.arrive_undo": _l("撤销用人单位到场"),
    "employer.release": _l("收回展位"),
    "employer.give": _l("安排展位"),
    "employer.reuse": _l("沿用往届岗位"),
    "employer.recruiter": _l("添加招聘者"),
    "employer.recruiter_remove": _l("移除招聘者"),
    "employer.paper": _l("下载用人单位材料"),
    "employer.contact": _l("查看用人单位联系方式"),
    "position.add": _l("填写岗位"),
    "position.edit": _l("修改岗位"),
    "position.hide": _l("下架岗位"),
    "position.show": _l("恢复岗位"),
    "position.report_dismiss": _l("岗位举报未属实"),
    "fair.figure": _l("填写招聘会数据"),
    "fair.export": _l("导出招聘会数据"),
}
