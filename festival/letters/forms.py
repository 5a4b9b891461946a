"""What somebody writes to many."""

from collections.abc import Collection, Sequence

from flask import request
from flask_wtf import FlaskForm
from wtforms import HiddenField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.letters.rules import PLACEHOLDERS
from festival.letters.service import Draft
from festival.lib import tokens
from festival.lib.fields import Chosen, Legible, LineField, LinesField, Needed, OneOfRadioField, SeveralOfField, at_most
from festival.lib.i18n import _, _l
from festival.outbox.texts import has_link, has_stray_brace, unknown_placeholders
from festival.signups.rules import State

_LONGEST_KEY = 64
#: When it may leave.
_MORNING, _URGENT = "morning", "urgent"


class LetterForm(FlaskForm):
    """A letter: to whom, what it says, and whether it may ring at night."""

    activities = SeveralOfField(_l("发给哪些活动的人"), validators=[Chosen()])
    states = SeveralOfField(
        _l("发给处于哪些状态的人"),
        validators=[Chosen()],
        description=_l("候补、已取消、未通过等状态默认不发，需要时请勾选。"),
    )
    subject = LineField(
        _l("标题"), validators=[Legible(), Needed(), at_most(40)], description=_l("短信只发标题，全文在“我的消息”里")
    )
    body = LinesField(
        _l("正文"),
        validators=[Legible(), Needed(), at_most(1000)],
        description=_l("请勿写个人信息。"),
        render_kw={"rows": 8, "maxlength": 1000},
    )
    subject_en = LineField(
        _l("英文标题"), validators=[Legible(), at_most(80)], description=_l("使用英文的人读到英文；不填则读到中文")
    )
    body_en = LinesField(_l("英文正文"), validators=[Legible(), at_most(2000)], render_kw={"rows": 6, "maxlength": 2000})
    night = OneOfRadioField(
        _l("夜间（21:00–8:00）"),
        choices=[SelectChoice(_MORNING, _l("等到早上8点")), SelectChoice(_URGENT, _l("紧急，立即发出"))],
        default=_MORNING,
        validators=[Chosen()],
    )
    urgent_reason = LineField(
        _l("紧急的原因"), validators=[Legible(), at_most(200)], description=_l("选择紧急时必填，会记入操作记录")
    )
    key = HiddenField()

    @classmethod
    def of(
        cls,
        states: Sequence[tuple[State, str]],
        ticked: Collection[State],
        activities: Sequence[tuple[int, str]] | None,
    ) -> "LetterForm":
        """Return the form.

        :param states: that there are to choose, in words. ``ticked``: those chosen at first.
        :param activities: ids and titles; None: there is no choice of activities.
        """
        form = cls(**({} if request.method == "POST" else {"formdata": None, "states": [one.value for one in ticked]}))
        form.states.choices = [(state.value, words) for state, words in states]
        if activities is None:
            del form.activities
        else:
            form.activities.choices = [(str(one), title) for one, title in activities]
        if not form.key.data:
            form.key.data = tokens.new_token()
        return form

    def validate_subject(self, field: LineField) -> None:
        """A telephone makes no link of it."""
        _judge_subject(field)

    def validate_subject_en(self, field: LineField) -> None:
        """A telephone makes no link of it, and it does not stand alone."""
        _judge_subject(field)
        if not field.data and self.body_en.data:
            raise ValidationError(_("请同时填写英文标题和正文，或都不填"))

    def validate_body(self, field: LinesField) -> None:
        """Its placeholders stand for something."""
        _judge_placeholders(field.data or "")

    def validate_body_en(self, field: LinesField) -> None:
        """Its placeholders stand for something, and it does not stand alone."""
        _judge_placeholders(field.data or "")
        if not field.data and self.subject_en.data:
            raise ValidationError(_("请同时填写英文标题和正文，或都不填"))

    def validate_urgent_reason(self, field: LineField) -> None:
        """Who lets telephones ring at night says why: two characters at least."""
        if self.night.data == _URGENT and len(field.data or "") < 2:  # noqa: PLR2004  # 大风
            raise ValidationError(_("请写明原因，至少两个字"))

    def activity_ids(self) -> list[int]:
        """Return the ids of the activities that are ticked."""
        return [int(one) for one in self.activities.listed()]

    def draft(self) -> Draft:
        """Return what was written."""
        return Draft(
            frozenset(State(one) for one in self.states.data or []),
            self.subject.data or "",
            self.body.data or "",
            self.subject_en.data or "",
            self.body_en.data or "",
            (self.urgent_reason.data or "") if self.night.data == _URGENT else "",
        )

    def key_sent(self) -> str:
        """Return the key of the form: the same letter is sent once, however often the button is pressed."""
        return str(self.key.data or "")[:_LONGEST_KEY]


def _judge_subject(field: LineField) -> None:
    _judge_placeholders(field.data or "")
    if has_link(field.data or ""):
        raise ValidationError(_("短信不能带链接或网址"))


def _judge_placeholders(text: str) -> None:
    if unknown := unknown_placeholders(text, PLACEHOLDERS):
        raise ValidationError(_("没有这个占位符：%(names)s", names=_("、").join(f"{{{name}}}" for name in unknown)))
    if has_stray_brace(text):
        raise ValidationError(_("花括号要成对，里面写占位符的名字"))
