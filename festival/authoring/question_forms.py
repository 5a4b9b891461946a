"""Forms of questions: one of the library, and an activity's own."""

import re
from collections.abc import Iterator

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import Optional

from festival.authoring import rules
from festival.authoring.asks import CHOICES, OWN_TYPES, Asking, Option, OwnWords, is_own
from festival.authoring.rules import Care, Verdict
from festival.authoring.wording import OWN_TYPES as TYPE_WORDS
from festival.lib.fields import LineField, LinesField, Needed, WholeField, at_most
from festival.lib.i18n import _, _l
from festival.lib.text import clean_line
from festival.programme.models import Question
from festival.seed.document import QuestionEntry

#: Nothing is kept longer after an activity's end.
_MOST_DAYS = 730
_MOST_OPTIONS = 30


class AskingForm(FlaskForm):
    """Why something is asked, for how long the answer is kept, and whether there must be one."""

    purpose_zh = LineField(
        _l("用途（中文）"), validators=[Needed(), at_most(200)], description=_l("报名者会在问题旁和个人信息处理规则中看到")
    )
    purpose_en = LineField(_l("用途（英文）"), validators=[Needed(), at_most(300)])
    retain_days = WholeField(
        _l("活动结束后保存几天"), validators=[Needed()], least=0, most=_MOST_DAYS, description=_l("到期自动删除，够用即可")
    )
    is_required = BooleanField(_l("必须回答"), description=_l("没有它就无法参加时才勾选"))
    is_sure = BooleanField(_l("我确认确有必要收集，且没有更少打扰人的办法"))

    def __init__(self, *args: object, is_sensitive: bool = False, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        #: It is about sensitive personal information: the form warns and asks for a confirmation.
        self.warns = is_sensitive

    @classmethod
    def for_entry(cls, entry: QuestionEntry) -> "AskingForm":
        """Return the form of a question of the library."""
        return cls(
            is_sensitive=entry.sensitivity == "sensitive",
            purpose_zh=entry.purpose.zh,
            purpose_en=entry.purpose.en,
            retain_days=entry.retain_days,
            is_required=entry.is_required,
        )

    @classmethod
    def for_question(cls, question: Question) -> "AskingForm":
        """Return the form of a question that is asked already; an own one's with its words."""
        more = {"options": "\n".join(f"{one.label_zh} / {one.label_en}" for one in question.options)} if is_own(question) else {}
        is_sensitive = question.sensitivity == "sensitive"
        form = (OwnForm if is_own(question) else cls)(obj=question, is_sensitive=is_sensitive, is_sure=is_sensitive, **more)
        if is_own(question):
            form.type.choices = [SelectChoice(question.type, str(TYPE_WORDS[question.type]))]
        return form

    def validate(self, extra_validators: object = None) -> bool:
        """What is sensitive needs a confirmation; what is never collected has none."""
        is_good = bool(super().validate(extra_validators))
        found = self.verdict()
        if found.care == Care.NEVER:
            words = _("“%(word)s”：证件照片、收入、住房、身高、婚史一律不收集，请改问别的或删去", word=found.word)
            self.purpose_zh.errors = [*self.purpose_zh.errors, words]
            return False
        self.warns = self.warns or found.care == Care.SENSITIVE
        if self.warns and not self.is_sure.data:
            self.is_sure.errors = [*self.is_sure.errors, _("请确认确有必要，或改问别的")]
            return False
        return is_good

    def verdict(self) -> Verdict:
        """Return how careful one must be with what was typed."""
        return rules.verdict((self.purpose_zh.data or "", self.purpose_en.data or ""))

    def asking(self) -> Asking:
        """Return how it is asked."""
        return Asking(
            purpose_zh=self.purpose_zh.data or "",
            purpose_en=self.purpose_en.data or "",
            retain_days=self.retain_days.data or 0,
            is_required=bool(self.is_required.data),
            is_sure=bool(self.is_sure.data),
        )


def options_in(typed: str) -> Iterator[Option]:
    """Yield the options of lines such as ``素食 / Vegetarian``.

    :raises ValueError: a line is none.
    """
    for line in filter(None, map(clean_line, typed.splitlines())):
        parts = [part.strip() for part in re.split(r"[/／|｜]", line)]
        if len(parts) != 2 or not all(parts):  # noqa: PLR2004  # two languages
            raise ValueError(line)
        yield Option(parts[0][:100], parts[1][:200])


class OwnForm(AskingForm):
    """An activity's own question."""

    type = RadioField(_l("回答方式"), validators=[Needed()], default="text")
    label_zh = LineField(_l("问题（中文）"), validators=[Needed(), at_most(100)])
    label_en = LineField(_l("问题（英文）"), validators=[Needed(), at_most(200)])
    options = LinesField(
        _l("选项"),
        validators=[Optional(), at_most(4_000)],
        description=_l("单选和多选时填写，每行一个：中文 / 英文，如“素食 / Vegetarian”"),
        render_kw={"rows": "5"},
    )

    def __init__(self, *args: object, is_sensitive: bool = False, **kwargs: object) -> None:
        super().__init__(*args, is_sensitive=is_sensitive, **kwargs)
        self.type.choices = [SelectChoice(one, str(TYPE_WORDS[one])) for one in OWN_TYPES]

    def validate_options(self, field: LinesField) -> None:
        """A choice has at least two options, each in both languages."""
        try:
            found = list(options_in(field.data or ""))
        except ValueError as error:
            raise ValidationError(_("看不懂这一行：%(line)s", line=str(error))) from None
        if self.type.data in CHOICES and not 2 <= len(found) <= _MOST_OPTIONS:  # noqa: PLR2004  # one is no choice
            raise ValidationError(_("请填写 2 到 30 个选项"))
        if len({option.zh for option in found}) < len(found) or len({option.en for option in found}) < len(found):
            raise ValidationError(_("有两个选项相同"))

    def validate(self, extra_validators: object = None) -> bool:
        """What needs an answer before anything else is said stands in the options as well: an optional field skips its judge."""
        is_good = super().validate(extra_validators)
        if self.type.data in CHOICES and not self.options.data:
            self.options.errors = [*self.options.errors, _("请填写 2 到 30 个选项")]
            return False
        return is_good

    def verdict(self) -> Verdict:
        """Return how careful one must be with what was typed."""
        asked = (self.label_zh.data or "", self.label_en.data or "", self.purpose_zh.data or "", self.purpose_en.data or "")
        return rules.verdict(asked, (self.options.data or "").splitlines())

    def words(self) -> OwnWords:
        """Return what it says."""
        options = tuple(options_in(self.options.data or "")) if self.type.data in CHOICES else ()
        return OwnWords(label_zh=self.label_zh.data or "", label_en=self.label_en.data or "", options=options)
