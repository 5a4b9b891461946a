"""Figures in words."""

from flask_babel import LazyString

from festival.kinds.job_fair.employers.rules import Figure
from festival.kinds.job_fair.figures.rules import Source
from festival.lib.i18n import _l

SOURCES: dict[Source, LazyString] = {
    Source.COUNTED: _l("系统统计"),
    Source.COMPLETED: _l("系统统计，另加单位手工填写"),
    Source.ENTERED: _l("主办方手工填写"),
    Source.REASONED: _l("由其他数据计算"),
}
#: What exactly is counted.
MEANINGS: dict[Figure, LazyString] = {
    Figure.EMPLOYERS: _l("已记录到场的单位"),
    Figure.POSITIONS: _l("审核通过且未缺席单位的岗位，下架的不计"),
    Figure.OPENINGS: _l("上述岗位的招聘人数之和"),
    Figure.VISITORS: _l("签到进场的人数，含同行人"),
    Figure.CVS: _l("线上投递份数，撤回的不计"),
    Figure.INTERVIEWS: _l("已预约且未取消的面试"),
    Figure.INTENTS: _l("标记为达成意向的投递"),
    Figure.SIGNED: _l("标记为现场签约的投递"),
    Figure.RATIO: _l("招聘人数 ÷ 进场人数"),
}
