"""Reviews in words."""

from typing import TYPE_CHECKING

from festival.lib.i18n import _l
from festival.reviews.rules import Decision, ReviewReason

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[ReviewReason, LazyString]" = {
    ReviewReason.NOT_PENDING: _l("已不在待审核状态，可能已由同事处理或本人取消。"),
    ReviewReason.OWN_SIGN_UP: _l("这是您本人的报名，请由同事审核。"),
    ReviewReason.NO_REASON: _l("请写明原因或需要补充的内容，报名人会看到。"),
    ReviewReason.LIST_FULL: _l("名额和候补名单都已满，暂不能通过。"),
    ReviewReason.ACTIVITY_NOT_ON: _l("活动已延期或取消，暂不能通过。"),
}

DECISIONS: "dict[Decision, LazyString]" = {
    Decision.APPROVE: _l("审核通过"),
    Decision.REJECT: _l("不通过"),
    Decision.ASK: _l("要求补充"),
}
