"""Forms of changes of plan."""

from flask_wtf import FlaskForm

from festival.lib.fields import LineField, Needed, at_most
from festival.lib.i18n import _l
from festival.programme.service import Why


class StepForm(FlaskForm):
    """Why an activity or a slot is called off, postponed or moved, in the words that people read."""

    reason_zh = LineField(
        _l("原因（中文）"), validators=[Needed(), at_most(60)], description=_l("公开显示，并写进通知，如“大风黄色预警”")
    )
    reason_en = LineField(_l("原因（英文）"), validators=[Needed(), at_most(120)], description=_l("英文页面和英文通知使用"))

    def value(self) -> Why:
        """Return the reason."""
        return Why(self.reason_zh.data or "", self.reason_en.data or "")


class PlainStepForm(FlaskForm):
    """A step that needs no reason: taking up again."""

    def value(self) -> Why:
        """Return no reason."""
        return Why()
