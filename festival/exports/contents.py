"""Which lists there are for an activity, and where each is had."""

from collections.abc import Iterator

from flask import url_for

from festival.accounts.rules import Permission
from festival.exports import seating, xlsx
from festival.exports.forms import Part
from festival.exports.wording import Entry, Way
from festival.lib.i18n import _
from festival.programme.models import Activity


def entries(activity: Activity, part: Part, *, are_long: bool) -> Iterator[Entry]:
    """Yield the lists that there are for an activity.

    :param are_long: lists with a row for everybody are made beside the request.
    """
    slug, of = activity.slug, part.parameters

    def ways(excel: str, csv: str) -> list[Way]:
        return [Way("Excel", excel), Way("CSV", csv)]

    def prepared(what: str) -> list[Way]:
        begin = url_for("manage.waiting.prepare", slug=slug, **of)
        return [Way("Excel", begin, f"{what}.xlsx"), Way("CSV", begin, f"{what}.csv")]

    def taken(what: str) -> list[Way]:
        return ways(*(url_for("manage.exports.take", slug=slug, what=what, form=form, **of) for form in ("xlsx", "csv")))

    yield Entry(
        "roster",
        _("花名册"),
        _("所有报名：状态、名额、报名与签到时间和填写的内容。CSV 含每一次报名，供程序读取。"),
        _("联系方式隐去中间，敏感信息不在表中"),
        Permission.ROSTER_EXPORT,
        prepared("roster")
        if are_long
        else ways(url_for("manage.exports.roster_xlsx", slug=slug, **of), url_for("manage.exports.roster_csv", slug=slug)),
    )
    yield Entry(
        "sign-in",
        _("签到表"),
        _("应到的人，留有签名栏，末尾有空行供现场填写。"),
        _("联系方式隐去中间"),
        Permission.ROSTER_EXPORT,
        prepared("sign-in-sheet")
        if are_long
        else ways(*(url_for(f"manage.exports.{name}", slug=slug, **of) for name in ("sign_in_sheet", "sign_in_sheet_csv"))),
    )
    if seating.has_seats(activity):
        yield Entry(
            "seats",
            _("座位表"),
            _("应到的人和座位，按排和座号排列。"),
            _("不含联系方式"),
            Permission.ROSTER_EXPORT,
            taken("seats"),
        )
    yield Entry(
        "cards",
        _("胸卡与桌签"),
        _("填了姓名的应到人员：姓名、单位、名额。可直接打印，也可取表格交印刷厂。"),
        _("不含联系方式和签到码"),
        Permission.ROSTER_EXPORT,
        [
            Way(_("打印胸卡"), url_for("manage.exports.print_cards", slug=slug, **of)),
            Way(_("打印桌签"), url_for("manage.exports.print_cards", slug=slug, form="table", **of)),
            *taken("cards"),
        ],
    )
    yield Entry(
        "names",
        _("复制名单"),
        _("应到人员的姓名，用顿号连成一行，可粘贴到微信群。"),
        _("姓名隐去中间的字"),
        Permission.ROSTER_EXPORT,
        [Way(_("打开"), url_for("manage.exports.group_names", slug=slug, **of))],
    )
    yield Entry(
        "statistics",
        _("统计表"),
        _("名额、报名、候补、取消、应到、实到和缺席率，按名额池、场次和日期合计。"),
        _("不含个人信息"),
        Permission.STATISTICS,
        ways(*(url_for("manage.exports.statistics_file", slug=slug, what="statistics", form=form) for form in ("xlsx", "csv"))),
    )
    if xlsx.insured(activity):
        yield Entry(
            "insurance",
            _("保险名单"),
            _("应到人员的姓名和证件号码，供投保使用。"),
            _("证件号码完整显示：要写明用途，并记入操作记录；不含联系方式"),
            Permission.CONTACT_REVEAL,
            [Way(_("填写用途"), url_for("manage.exports.insurance", slug=slug, **of))],
        )
    yield Entry(
        "return",
        _("花名册（可回填）"),
        _("在表格中填写审核结果、座位、标签和备注，再传回来：先看对比，再一次保存。"),
        _("不含联系方式"),
        Permission.ROSTER_EXPORT,
        [
            Way("Excel", url_for("manage.returning.to_edit", slug=slug)),
            Way(_("上传填好的表"), url_for("manage.returning.ask", slug=slug)),
        ],
    )
    yield Entry(
        "full",
        _("完整名单"),
        _("花名册的全部栏目，联系方式完整。"),
        _("联系方式完整显示：要写明用途和动态口令，每页印有导出人、时间和用途；敏感信息不在表中"),
        Permission.ROSTER_EXPORT_FULL,
        [Way(_("填写用途"), url_for("manage.exports.whole", slug=slug))],
    )
