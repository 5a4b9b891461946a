"""Forms of who did not come."""

from flask import request
from flask_wtf import FlaskForm

from festival.lib.db import MAX_ID
from festival.lib.fields import Legible, LinesField, Needed, at_most
from festival.lib.i18n import _l

#: Rows that may be ticked at once: more than a page holds.
_MOST = 200


class RecordForm(FlaskForm):
    """Who is to be recorded: the rows ticked (``pick``), or all, of whom ``seen`` says how many stood on the page."""

    def picked(self) -> list[int]:
        """Return the ids of the rows ticked; what is no id counts as not ticked."""
        return [number for text in request.form.getlist("pick")[:_MOST] if (number := _number(text)) <= MAX_ID]

    def wants_all(self) -> bool:
        """Tell whether the button for all was pressed."""
        return "all" in request.form

    def seen(self) -> int | None:
        """Return how many the page named that asked whether to record all; None: it was not asked yet."""
        return _number(request.form["seen"]) if "seen" in request.form else None


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 10 else MAX_ID + 1  # noqa: PLR2004  # digits of MAX_ID


class ExcuseForm(FlaskForm):
    """Why an absence is excused."""

    reason = LinesField(
        _l("免除的理由"),
        description=_l("只有工作人员在操作记录中看到，并长期保留。请勿写健康等个人情况。"),
        validators=[Legible(), Needed(), at_most(200)],
        render_kw={"rows": 3, "maxlength": 200},
    )

    def value(self) -> str:
        """Return the reason."""
        return self.reason.data or ""
