"""The forms of somebody who signs up, and of somebody who changes a sign-up. Shape only: places are decided by the engine."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms.fields import HiddenField
from wtforms.fields.core import Field
from wtforms.form import BaseForm

from festival.accounts.rules import NotAnAddress, read_address
from festival.accounts.wording import address_words
from festival.lib.fields import (
    Judged,
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfField,
    OneOfRadioField,
    Ticked,
    TickField,
    UploadField,
    WholeField,
    at_most,
)
from festival.lib.i18n import _, _l, _n, loc
from festival.lib.text import half_width
from festival.lib.uploads import Upload
from festival.programme.models import Activity, Question
from festival.signups import asking, wording
from festival.signups.answers import AnswerUpload
from festival.signups.asking import answer_of, field_name, field_of, is_sensitive
from festival.signups.invited import Shown
from festival.signups.moving import Target
from festival.signups.notice import Notice, sensitive_groups
from festival.signups.openings import Openings
from festival.signups.rules import Reason
from festival.signups.service import EditRequest, Once, SignUpRequest

#: Up to so many persons are chosen from a list, more are typed.
_PARTY_LIST = 10
#: Longer than any key of ours; what is longer is somebody's own invention.
_LONGEST_KEY = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """One question with its field."""

    question: Question
    field: Field

    @property
    def is_pledge(self) -> bool:
        """Tell whether its words are agreed to with a tick."""
        return self.question.type == "pledge"

    @property
    def lost_a_file(self) -> bool:
        """Tell whether a file came with the form that this page cannot give back."""
        return isinstance(self.field, UploadField) and self.field.was_sent


@dataclass(frozen=True, slots=True)
class SensitiveGroup:
    """Sensitive questions that are consented to together. ``consent`` None: the pledge itself, or given before."""

    key: str
    asked: tuple[Asked, ...]
    consent: Field | None

    @property
    def names(self) -> str:
        """What is asked, in the words of the language spoken."""
        return _("、").join(loc(one.question, "label") for one in self.asked)

    @property
    def purpose(self) -> str:
        """Why it is asked."""
        return loc(self.asked[0].question, "purpose")


class _AskingForm(BaseForm):
    """A form with an activity's questions: fields ``q-<key>`` and, for sensitive ones, ``consent-<key>``."""

    def __init__(
        self,
        questions: list[Question],
        fields: Mapping[str, Any],
        consented: frozenset[str] = frozenset(),
        prefix: str = "",
    ) -> None:
        self.questions = questions
        self._groups = sensitive_groups(questions)
        consents = {
            f"consent-{key}": TickField(_("单独同意"))
            for key, group in self._groups.items()
            if key not in consented and not _is_own_consent(group)
        }
        super().__init__({**fields, **consents}, prefix=prefix)

    def _share(self, keys: Collection[str]) -> None:
        """Take these questions' answers from fields that several forms of one page read: their names go without the prefix."""
        for key in keys:
            field = self[f"q-{key}"]
            field.name = field.id = field.short_name

    @property
    def name_asked(self) -> Asked | None:
        """The question for the name, which stands with the address; None where it is not asked."""
        return next((one for one in self._all_asked() if one.question.key == asking.NAME), None)

    @property
    def plain(self) -> list[Asked]:
        """The other questions that need no consent of their own."""
        return [one for one in self._all_asked() if not is_sensitive(one.question) and one.question.key != asking.NAME]

    @property
    def groups(self) -> list[SensitiveGroup]:
        """The sensitive questions, by what they are consented to."""
        return [
            SensitiveGroup(
                key,
                tuple(Asked(question, self[field_name(question)]) for question in group),
                self._fields.get(f"consent-{key}"),
            )
            for key, group in self._groups.items()
        ]

    @property
    def has_files(self) -> bool:
        """Tell whether the form must be sent in parts."""
        return any(isinstance(field, UploadField) for field in self)

    @property
    def lost_files(self) -> list[str]:
        """Names of the fields whose file this page cannot give back."""
        return [str(one.field.label.text) for one in self._all_asked() if one.lost_a_file]

    def _all_asked(self) -> list[Asked]:
        return [Asked(question, self[field_name(question)]) for question in self.questions]

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Judge every field, then what needs several to be judged."""
        super().validate(extra_validators)
        self._judge_id_numbers()
        self._judge_companions()
        self._judge_consents()
        return not self.errors

    def _judge_companions(self) -> None:
        """Who brings others names each of them, where names are asked."""
        for one in self._all_asked():
            if one.question.type != "names" or one.field.errors:
                continue
            given, others = len(asking.names_in(one.field.data or "")), _persons(self["party_size"]) - 1
            if (given or one.question.is_required) and given != others:
                words = _n("请填写 %(num)s 位同行人的姓名，每行一位。", "请填写 %(num)s 位同行人的姓名，每行一位。", others)
                self.complain(field_name(one.question), words if others else _("您只报名一人，不用填写同行人。"))

    def complain(self, name: str, words: str) -> None:
        """Say what is wrong beside a field."""
        field = self[name]
        field.errors = [*field.errors, words]

    def answers(self) -> dict[str, str]:
        """Return the valid answers by question key, the name apart; nothing empty."""
        found = {
            one.question.key: answer_of(one.question, one.field)
            for one in self._all_asked()
            if one.question.key != asking.NAME and one.question.type != "file"
        }
        return {key: answer for key, answer in found.items() if answer}

    def files(self) -> dict[str, AnswerUpload]:
        """Return the files by question key."""
        return {
            one.question.key: AnswerUpload(one.field.data.name, one.field.data.content_type, one.field.data.content)
            for one in self._all_asked()
            if isinstance(one.field.data, Upload)
        }

    def name(self) -> str:
        """Return the name; empty where it is not asked."""
        asked = self.name_asked
        return str(asked.field.data or "") if asked else ""

    def consents(self) -> frozenset[str]:
        """Return the sensitive groups consented to; a tick without any answer consents to nothing."""
        answered = {group.key for group in self.groups if self._is_answered(group)}
        return frozenset(
            group.key for group in self.groups if group.key in answered and (group.consent is None or group.consent.data)
        )

    @staticmethod
    def _is_answered(group: SensitiveGroup) -> bool:
        return any(one.field.data not in (None, "", [], False) for one in group.asked)

    def _judge_consents(self) -> None:
        """A sensitive answer needs its own consent; one left empty needs none."""
        for group in self.groups:
            if group.consent is not None and self._is_answered(group) and not group.consent.data:
                self.complain(group.consent.short_name, self._consent_missing(group.names))

    @staticmethod
    def _consent_missing(names: str) -> str:
        """Say that a sensitive answer lacks its consent."""
        return _("填写%(names)s需要您单独同意；不愿提供的选填内容可以留空", names=names)

    def _judge_id_numbers(self) -> None:
        for one in self._all_asked():
            if one.question.type != "id_number" or one.field.errors or not one.field.data:
                continue
            if words := asking.id_number_words(one.field.data, self._id_type()):
                self.complain(one.field.short_name, words)

    def _id_type(self) -> str | None:
        name = f"q-{asking.ID_TYPE}"
        return self[name].data if name in self else None


def _is_own_consent(group: list[Question]) -> bool:
    """Tell whether a group is one pledge: its tick is the consent."""
    return len(group) == 1 and group[0].type == "pledge"


def _party_field(activity: Activity) -> Any:
    """Return the field for the persons of a party, the one who signs up included."""
    most = activity.party_max
    if most == 1:
        return WholeField(_("同行人数（含本人）"), least=1, most=1)
    if most <= _PARTY_LIST:
        choices = {str(number): _n("%(num)s 人", "%(num)s 人", number) for number in range(1, most + 1)}
        return _PartyListField(_("同行人数（含本人）"), [Needed()], choices=choices)
    return WholeField(_("同行人数（含本人）"), [Needed()], least=1, most=most, render_kw={"inputmode": "numeric"})


class _PartyListField(OneOfField):
    """A number of persons from a short list; full-width digits are understood."""

    def process_formdata(self, valuelist: Any) -> None:
        """Read the number chosen."""
        super().process_formdata([half_width(one).strip() for one in valuelist])


def _invitation_fields() -> dict[str, Any]:
    """Return where a code is typed or carried, and the one whose places the page showed already."""
    return {
        "invitation": LineField(
            _("邀请码"),
            [Legible()],
            description=_("主办方发给您的 12 位邀请码，没有可不填。"),
            render_kw={
                "autocomplete": "off",
                "autocapitalize": "none",
                "spellcheck": "false",
                "maxlength": 200,
                "data-sensitive": "",
            },
        ),
        "invitation_seen": HiddenField(),
    }


def visitor_fields() -> dict[str, Any]:
    """Return where a visitor says who it is: the address, and the code that was sent there."""
    return {
        "address": LineField(
            _("手机号或邮箱"),
            [Legible(), Needed(), Judged(_account_address_words)],
            description=_("用于登录与通知；首次使用即完成注册，无需设密码。"),
            render_kw={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none"},
        ),
        "code": LineField(
            _("验证码"),
            [Legible(), Needed()],
            description=_("6 位数字，5 分钟内有效。"),
            render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
        ),
    }


def _account_address_words(typed: str) -> str | None:
    address = read_address(typed)
    return address_words(address) if isinstance(address, NotAnAddress) else None


def _persons(field: Field) -> int:
    return int(field.data or 1)


def _sign_up_fields(activity: Activity, questions: list[Question], *, is_visitor: bool) -> dict[str, Any]:
    """Return the fields of a sign-up."""
    fields: dict[str, Any] = _invitation_fields() if activity.has_invitations else {}
    fields |= {
        "slot": LineField(_("场次"), [Legible()]),
        "pool": LineField(_("名额"), [Legible()]),
        "party_size": _party_field(activity),
    }
    if is_visitor:
        fields |= visitor_fields()
    fields |= {field_name(question): field_of(question) for question in questions}
    fields["consent"] = TickField(_("个人信息处理规则"), [Ticked(_("请阅读规则，同意后勾选"))])
    fields["notice_version"] = HiddenField()
    fields["idempotency_key"] = HiddenField()
    return fields


class SignUpForm(_AskingForm):
    """What an activity asks of one who signs up."""

    def __init__(  # noqa: PLR0913  # everything the form is made of
        self,
        activity: Activity,
        questions: list[Question],
        notice: Notice,
        openings: Openings,
        *,
        is_visitor: bool,
        sent: MultiDict[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
        prefix: str = "",
        shared: Collection[str] = (),
        fields: dict[str, Any] | None = None,
    ) -> None:
        """Build the form.

        :param prefix: of the names of all fields, where one page asks for several activities.
        :param shared: keys of the questions that the page asks once for all of them.
        :param fields: of the same form in the same language, to be used again; empty: they are put there.
        """
        self.activity, self.notice, self.openings, self.is_visitor = activity, notice, openings, is_visitor
        #: The code opens a pool that the page it came from did not offer yet.
        self.opens_more = False
        fields = {} if fields is None else fields
        if not fields:
            fields |= _sign_up_fields(activity, questions, is_visitor=is_visitor)
        super().__init__(questions, fields, prefix=prefix)
        self._share(shared)
        self.process(sent, data={"party_size": 1, "notice_version": notice.version, **(data or {})})
        if activity.has_invitations:
            self._heed(openings.invitation)

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Judge every field, the consent against the notice as it reads now, and where the sign-up goes."""
        super().validate(extra_validators)
        if self["notice_version"].data not in {None, "", self.notice.version}:
            self.complain("consent", str(wording.REASON_WORDS[Reason.NOTICE_CHANGED]))
            self.show_current_notice()
        self._judge_target()
        return not self.errors

    def _heed(self, invitation: Shown) -> None:
        """Choose the pool that a code opens, the first time it is shown; say beside it when it opens nothing."""
        if invitation.wrong:
            self["invitation"].process_errors = [invitation.wrong]
            self["invitation"].errors = [invitation.wrong]
        elif invitation.pool is not None and self["invitation_seen"].data != invitation.code:
            self.opens_more = True
            self["invitation_seen"].data = invitation.code
            self["slot"].data, self["pool"].data = str(invitation.pool.slot_id), str(invitation.pool.id)

    def show_current_notice(self) -> None:
        """Let the page that comes back show the notice as it reads now; a tick for an older one counts for nothing."""
        if self["notice_version"].data != self.notice.version:
            self["consent"].data = False
            self["notice_version"].data = self.notice.version

    def value(self, once: Once | None) -> SignUpRequest:
        """Return what is asked for."""
        slot_id, pool_id = self._target()
        return SignUpRequest(
            slot_id=slot_id,
            pool_id=pool_id,
            party_size=_persons(self["party_size"]),
            name=self.name(),
            answers=self.answers(),
            files=self.files(),
            consents=self.consents(),
            notice_version=self.notice.version,
            invitation=self.openings.invitation.code,
            once=once,
        )

    @property
    def chosen_slot_id(self) -> int | None:
        """The slot that the sign-up goes to; None while nothing is chosen, 0 where it is no id."""
        return self._target()[0]

    @property
    def key(self) -> str:
        """The idempotency key as it came; empty where there is none."""
        return str(self["idempotency_key"].data or "")[:_LONGEST_KEY]

    def _chosen(self, name: str) -> int | None:
        """Return the id in a field; None where nothing was chosen, 0 where it is no id."""
        typed = half_width(self[name].data or "")
        if not typed:
            return None
        return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 11 else 0  # noqa: PLR2004  # ids have ten digits

    def _target(self) -> tuple[int | None, int | None]:
        """Return slot and pool: a pool tells its slot, a slot with one pool tells its pool, and the only slot needs no choice."""
        slot_id, pool_id = self._chosen("slot"), self._chosen("pool")
        slots = self.openings.slots
        if pool_id is not None and slot_id is None:
            slot_id = next((one.slot.id for one in slots if any(pool.id == pool_id for pool in one.slot.pools)), 0)
        if slot_id is None and len(self.openings.listed) == 1:
            slot_id = self.openings.listed[0].slot.id
        if pool_id is None and slot_id is not None:
            chosen = next((one for one in slots if one.slot.id == slot_id), None)
            only = chosen.only_pool if chosen else None
            pool_id = only.pool.id if only else None
        return slot_id, pool_id

    def _judge_target(self) -> None:
        """Take only what the activity has; whether there is room is not for a form to say."""
        slot_id, pool_id = self._target()
        if slot_id is None:
            self.complain("slot", _("请选择要参加的场次"))
            return
        opening = next((one for one in self.openings.slots if one.slot.id == slot_id), None)
        if opening is None:
            self.complain("slot", _("请从列出的场次中选择"))
        elif opening.is_by_quota:
            return
        elif pool_id is None:
            self.complain("pool", _("请选择"))
        elif all(pool.id != pool_id for pool in opening.slot.open_pools):
            self.complain("pool", _("请从列出的选项中选择"))


class EditForm(_AskingForm):
    """What a person may change of an own sign-up. A sealed text is never shown: its field left empty keeps it."""

    def __init__(  # noqa: PLR0913  # what is kept, what was agreed to, what was sent
        self,
        activity: Activity,
        questions: list[Question],
        kept: Mapping[str, str],
        *,
        kept_files: Mapping[str, str],
        consented: frozenset[str],
        wants_reply: bool = False,
        sent: MultiDict[str, Any] | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.activity, self._kept, self.kept_files = activity, kept, kept_files
        self.wants_reply = wants_reply
        fields: dict[str, Any] = {"party_size": _party_field(activity)}
        fields |= {
            field_name(question): field_of(question, is_required=question.is_required and not self._keeps(question))
            for question in questions
        }
        fields["revision"] = WholeField("", least=1, most=10**9 - 1)
        if wants_reply:
            fields["reply"] = LinesField(_("补充说明"), validators=[Needed(), at_most(500)])
        super().__init__(questions, fields, consented)
        self.process(sent, data=data)

    def _keeps(self, question: Question) -> bool:
        """Tell whether an empty field leaves what is there as it is."""
        if question.type == "file":
            return question.key in self.kept_files
        return is_out_of_sight(question) and bool(self._kept.get(question.key))

    def keeps(self, question: Question) -> bool:
        """Tell whether something is there that the page does not show."""
        return self._keeps(question)

    def answers(self) -> dict[str, str]:
        """Return the answers: those typed, and those kept out of sight."""
        typed = super().answers()
        kept = {
            question.key: self._kept[question.key]
            for question in self.questions
            if question.type != "file" and self._keeps(question) and question.key not in typed
        }
        return {**kept, **typed}

    def _judge_id_numbers(self) -> None:
        super()._judge_id_numbers()
        for one in self._all_asked():
            if one.question.type != "id_number" or one.field.data or one.field.errors:
                continue
            kept = self._kept.get(one.question.key)
            if kept and asking.id_number_words(kept, self._id_type()):
                self.complain(one.field.name, _("证件类型已更改，请重新填写证件号码"))

    def value(self) -> EditRequest:
        """Return the change asked for."""
        return EditRequest(
            party_size=_persons(self["party_size"]),
            name=self.name(),
            answers=self.answers(),
            files=self.files(),
            consents=self.consents(),
            revision=self["revision"].data or 0,
            reply=self["reply"].data or "" if self.wants_reply else "",
        )


def is_out_of_sight(question: Question) -> bool:
    """Tell whether an answer is masked even to its owner: sensitive and typed, such as an identity number."""
    return is_sensitive(question) and question.type not in {"select", "multi", "tags", "boolean", "pledge"}


class MoveForm(FlaskForm):
    """To which slot or pool a party moves. ``revision`` is the one the page was made from."""

    pool = OneOfRadioField(_l("改到"), validators=[Needed()])
    revision = WholeField("", least=1, most=10**9 - 1, validators=[Needed()])

    @classmethod
    def for_targets(cls, revision: int, targets: Sequence[Target]) -> "MoveForm":
        """Return the form: any target may be chosen, and the engine says of each whether it has room."""
        form = cls(revision=revision)
        form.pool.choices = [(str(target.pool.id), "") for target in targets]
        return form


class AppealForm(FlaskForm):
    """What somebody says to being recorded as not having come."""

    words = LinesField(
        _l("当天的情况"),
        description=_l("一两句话即可，最多 500 字，提交后不能修改。不必写病情等细节，也不需要上传证明。"),
        validators=[Legible(), Needed(), at_most(500)],
        render_kw={"rows": 4, "maxlength": 500},
    )

    def value(self) -> str:
        """Return their words."""
        return self.words.data or ""
