"""What employers are told about the data of who applies for them, as it is kept with their consent."""

from festival.kinds.job_fair.employers.rules import RETAIN_DAYS
from festival.programme.models import Activity
from festival.signups.notice import RIGHTS_EN, RIGHTS_ZH, Notice, worded


def notice_of(activity: Activity) -> Notice:
    """Return the notice for who applies for an employer, in both languages."""
    chinese = (
        f"个人信息处理者：{activity.host_zh or activity.festival.host_zh}",
        f"活动：{activity.title_zh}（用人单位报名）",
        f"经办人姓名、手机号或邮箱：用于审核联系、登录工作台；招聘会结束{RETAIN_DAYS}天后删除。",
        f"营业执照等材料：用于核对单位身份，加密保存，仅审核人员可以打开；招聘会结束{RETAIN_DAYS}天后删除。",
        RIGHTS_ZH,
    )
    deleted = f"deleted {RETAIN_DAYS} days after the fair"
    english = (
        f"Controller: {activity.host_en or activity.festival.host_en}",
        f"Activity: {activity.title_en} (applications of employers)",
        f"Name, mobile number or e-mail of who applies: to review, to reach you and to let you in; {deleted}.",
        f"Licence and other papers: to check the employer's identity; stored encrypted, opened by reviewers only; {deleted}.",
        RIGHTS_EN,
    )
    return worded(chinese, english)
