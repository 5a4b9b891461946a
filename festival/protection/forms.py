"""Forms of the privacy desk. Each asks why: the answer stands in the audit trail."""

import re
from collections.abc import Mapping

from flask_wtf import FlaskForm
from wtforms import BooleanField, StringField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import ValidationError

from festival.lib.fields import LineField, Needed, OneOfRadioField, Ticked, at_most
from festival.lib.i18n import Locale, _, _l
from festival.lib.text import clean, clean_line
from festival.protection.service import Correction

#: The widths of the columns, and what one may say in an answer.
_NAME_LIMIT = 100
_ANSWER_LIMIT = 2000
_ROW = re.compile(r"(name|answer)-(\d{1,9})")


class ReasonForm(FlaskForm):
    """Why something is done to one person's data."""

    reason = LineField(
        _l("原因"),
        validators=[Needed(), at_most(200)],
        description=_l("会记入操作记录，如：本人来电要求。请勿写姓名和号码。"),
    )

    def validate_reason(self, field: StringField) -> None:
        """A reason says something: two characters at least."""
        if len(field.data or "") < 2:  # noqa: PLR2004  # 来电
            raise ValidationError(_("请写明原因，至少两个字"))

    def why(self) -> str:
        """Return the reason; call it on a valid form."""
        return self.reason.data or ""


class FindForm(ReasonForm):
    """Whom somebody looks for: exactly, never by part of a name."""

    person = LineField(
        _l("手机号、邮箱或签到码"),
        validators=[Needed(), at_most(254)],
        description=_l("须完整填写。没有手机号的人，用其凭证上的 26 位签到码查找。"),
        render_kw={"inputmode": "email", "autocapitalize": "none", "autocomplete": "off", "maxlength": 254, "required": True},
    )


class CorrectForm(ReasonForm):
    """What is wrong in a person's data. The names on sign-ups and the answers are fields of the page's own."""

    name = LineField(_l("账号上的姓名"), validators=[at_most(_NAME_LIMIT)], render_kw={"autocomplete": "off"})
    language = OneOfRadioField(
        _l("消息语言"),
        validators=[Needed()],
        choices=[SelectChoice(value="zh", label="中文"), SelectChoice(value="en", label="English")],
    )

    def value(self, sent: Mapping[str, str]) -> Correction:
        """Return what shall stand instead; call it on a valid form.

        :param sent: all that was posted: ``name-<sign-up>`` and ``answer-<answer>``. What is too long is cut.
        """
        names: dict[int, str] = {}
        answers: dict[int, str] = {}
        for field, typed in sent.items():
            row = _ROW.fullmatch(field)
            if row and row[1] == "name":
                names[int(row[2])] = clean_line(typed)[:_NAME_LIMIT]
            elif row:
                answers[int(row[2])] = clean(typed).strip()[:_ANSWER_LIMIT]
        language: Locale = "en" if self.language.data == "en" else "zh"
        return Correction(name=self.name.data or "", locale=language, names=names, answers=answers)


class ForgetForm(ReasonForm):
    """A person asks to be forgotten."""

    confirm = BooleanField(_l("已核实是本人要求，确认清除"), validators=[Ticked(_l("请先勾选确认"))])
