"""Forms of messages: an activity's own words for one kind, and when it reminds."""

from flask_wtf import FlaskForm
from wtforms import ValidationError

from festival.lib.fields import Legible, LineField, LinesField, at_most
from festival.lib.i18n import Locale, _, _l
from festival.notices.rules import EARLIEST, MOST_REMINDERS, filled, read_hours, unknown_placeholders
from festival.outbox.texts import SIGNATURE, SMS_LENGTH, has_link, units

#: Characters of a text that mails and 我的消息 say.
_LONG = 600
_SHORT = 200


class WordingForm(FlaskForm):
    """An activity's own words for one kind of message in both languages; an empty field leaves ours."""

    short_zh = LineField(
        _l("短信（中文）"),
        description=_l("不含签名，填入真实内容后连签名最多 70 个字，不带链接。留空用系统文案。"),
        validators=[Legible(), at_most(_SHORT)],
    )
    long_zh = LinesField(
        _l("邮件与站内消息（中文）"),
        description=_l("留空用系统文案。"),
        validators=[Legible(), at_most(_LONG)],
        render_kw={"rows": 4},
    )
    short_en = LineField(
        _l("短信（英文）"),
        description=_l("不含签名，填入真实内容后连签名最多 70 个字，不带链接。留空用系统文案。"),
        validators=[Legible(), at_most(_SHORT)],
    )
    long_en = LinesField(
        _l("邮件与站内消息（英文）"),
        description=_l("留空用系统文案。"),
        validators=[Legible(), at_most(_LONG)],
        render_kw={"rows": 4},
    )
    #: By language: a value for each field of ``wording.Facts``, as long as it gets.
    examples: dict[Locale, dict[str, str]]

    @classmethod
    def of(cls, texts: dict[Locale, tuple[str, str]], examples: dict[Locale, dict[str, str]]) -> "WordingForm":
        """Return the form with the texts kept so far, judged by these values."""
        form = cls(
            data={
                f"{part}_{locale}": text
                for locale, both in texts.items()
                for part, text in zip(("short", "long"), both, strict=True)
            },
        )
        form.examples = examples
        return form

    def texts(self) -> dict[Locale, tuple[str, str]]:
        """Return what was typed: by language the text message, and what everybody else reads."""
        return {
            "zh": (self.short_zh.data or "", self.long_zh.data or ""),
            "en": (self.short_en.data or "", self.long_en.data or ""),
        }

    def validate_short_zh(self, field: LineField) -> None:
        """It fits into one text message."""
        self._judge_short(field, "zh")

    def validate_short_en(self, field: LineField) -> None:
        """It fits into one text message."""
        self._judge_short(field, "en")

    def validate_long_zh(self, field: LinesField) -> None:
        """Its placeholders stand for something."""
        _judge_placeholders(field.data or "")

    def validate_long_en(self, field: LinesField) -> None:
        """Its placeholders stand for something."""
        _judge_placeholders(field.data or "")

    def _judge_short(self, field: LineField, locale: Locale) -> None:
        text = field.data or ""
        _judge_placeholders(text)
        if has_link(text):
            raise ValidationError(_("短信不能带链接或网址"))
        length = units(SIGNATURE + filled(text, self.examples[locale]))
        if text and length > SMS_LENGTH:
            raise ValidationError(_("填入真实内容后共 %(n)s 个字，最多 %(most)s 个字（含签名）", n=length, most=SMS_LENGTH))


def _judge_placeholders(text: str) -> None:
    if unknown := unknown_placeholders(text):
        raise ValidationError(_("没有这个占位符：%(names)s", names=_("、").join(f"{{{name}}}" for name in unknown)))


class RemindersForm(FlaskForm):
    """How many hours before the start an activity reminds."""

    hours = LineField(
        _l("提前几小时提醒"),
        description=_l("用逗号分隔，如 24, 2。留空则不提醒。夜间（21:00–8:00）的短信推迟到早上8点。"),
        validators=[Legible(), at_most(60)],
    )

    def validate_hours(self, field: LineField) -> None:
        """Whole hours, not too many."""
        if read_hours(field.data or "") is None:
            raise ValidationError(
                _("请填写最多 %(n)s 个整数，每个从 1 到 %(most)s，如 24, 2", n=MOST_REMINDERS, most=EARLIEST),
            )

    def value(self) -> tuple[int, ...]:
        """Return the hours, the longest first."""
        return read_hours(self.hours.data or "") or ()
