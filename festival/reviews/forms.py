"""The form of a bulk decision."""

from flask import request
from flask_wtf import FlaskForm
from wtforms import ValidationError

from festival.lib.db import MAX_ID
from festival.lib.fields import LinesField, at_most
from festival.lib.i18n import _, _l
from festival.reviews.rules import Decision

#: Rows one decision may take: a page of the queue.
MOST = 200


class DecisionForm(FlaskForm):
    """Which sign-ups, what of them, and why. The buttons are named ``decision``, the boxes ``pick``."""

    words = LinesField(
        _l("原因或需补充的内容"),
        description=_l("不通过或要求补充时必填，报名人会看到；通过时可不填。"),
        validators=[at_most(500)],
    )

    def validate_words(self, field: LinesField) -> None:
        """A "no" and a question need words."""
        if self.decision() in {Decision.REJECT, Decision.ASK} and not field.data:
            raise ValidationError(_("请写明原因或需要补充的内容，报名人会看到。"))

    def decision(self) -> Decision | None:
        """Return the button that was pressed; None for one that does not exist."""
        try:
            return Decision(request.form.get("decision", ""))
        except ValueError:
            return None

    def picked(self) -> list[int]:
        """Return the ids of the rows ticked; what is no id counts as not ticked."""
        typed = [text for text in request.form.getlist("pick")[:MOST] if text.isascii() and text.isdigit() and len(text) <= 10]  # noqa: PLR2004
        return [number for number in map(int, typed) if number <= MAX_ID]
