"""Forms of messages: an activity's own words for one kind, and when it reminds."""

from flask_wtf import FlaskForm
from wtforms import Field, ValidationError

from festival.lib.fields import Legible, LineField, LinesField, at_most
from festival.lib.i18n import LOCALES, Locale, _, _l
from festival.lib.settings import SmsTemplate
from festival.notices.rules import EARLIEST, MOST_REMINDERS, Placeholder, filled, read_hours, unknown_placeholders
from festival.notices.wording import Values
from festival.outbox.aliyun import is_fitting
from festival.outbox.texts import SIGNATURE, SMS_LENGTH, has_link, has_stray_brace, units

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
    #: What the texts may name, and by language a value for each of it.
    placeholders: tuple[Placeholder, ...]
    examples: dict[Locale, Values]
    #: The only text messages that the gateway takes; none: it takes any.
    templates: tuple[SmsTemplate, ...]

    @classmethod
    def of(
        cls,
        texts: dict[Locale, tuple[str, str]],
        placeholders: tuple[Placeholder, ...],
        examples: dict[Locale, Values],
        templates: tuple[SmsTemplate, ...] = (),
        *,
        is_texted: bool,
    ) -> "WordingForm":
        """Return the form with the texts kept so far, judged by these values and by what the gateway takes.

        :param is_texted: False: the message is never a text message, and none is asked for.
        """
        form = cls(
            data={
                f"{part}_{locale}": text
                for locale, both in texts.items()
                for part, text in zip(("short", "long"), both, strict=True)
            },
        )
        form.placeholders, form.examples, form.templates = placeholders, examples, templates
        if not is_texted:
            del form.short_zh, form.short_en
        return form

    def of_language(self, locale: Locale) -> list[Field]:
        """Return the fields of one language."""
        return [self[name] for name in (f"short_{locale}", f"long_{locale}") if name in self]

    def texts(self) -> dict[Locale, tuple[str, str]]:
        """Return what was typed: by language the text message, and what everybody else reads."""
        return {locale: (self._typed(f"short_{locale}"), self._typed(f"long_{locale}")) for locale in LOCALES}

    def _typed(self, name: str) -> str:
        return (self[name].data or "") if name in self else ""

    def validate_short_zh(self, field: LineField) -> None:
        """It fits into one text message."""
        self._judge_short(field, "zh")

    def validate_short_en(self, field: LineField) -> None:
        """It fits into one text message."""
        self._judge_short(field, "en")

    def validate_long_zh(self, field: LinesField) -> None:
        """Its placeholders stand for something."""
        self._judge(field.data or "", "zh")

    def validate_long_en(self, field: LinesField) -> None:
        """Its placeholders stand for something."""
        self._judge(field.data or "", "en")

    def _judge_short(self, field: LineField, locale: Locale) -> None:
        text = field.data or ""
        read = self._judge(text, locale)
        if has_link(text):
            raise ValidationError(_("短信不能带链接或网址"))
        length = units(SIGNATURE + read)
        if text and length > SMS_LENGTH:
            raise ValidationError(_("填入真实内容后共 %(n)s 个字，最多 %(most)s 个字（含签名）", n=length, most=SMS_LENGTH))
        if text and self.templates and not is_fitting(self.templates, read):
            raise ValidationError(_("短信平台没有审批过这样的短信，发不出去。请先报批，或留空用系统文案"))

    def _judge(self, text: str, locale: Locale) -> str:
        """Return a text with values in it.

        :raises ValidationError: it names what there is not, or says nothing.
        """
        if unknown := unknown_placeholders(text, self.placeholders):
            raise ValidationError(_("没有这个占位符：%(names)s", names=_("、").join(f"{{{name}}}" for name in unknown)))
        if has_stray_brace(text):
            raise ValidationError(_("花括号要成对，里面写占位符的名字"))
        read = filled(text, self.examples[locale], self.placeholders)
        if text and not read.strip():
            raise ValidationError(_("填入真实内容后是空的，请加上文字；要用系统文案，请留空"))
        return read


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
