"""Forms of employers and of those who organize a fair. Shape only."""

from collections.abc import Iterable

from flask import request
from flask_wtf import FlaskForm
from wtforms import HiddenField, ValidationError

from festival.accounts.rules import NotAnAddress, Reachable, read_address
from festival.accounts.wording import address_words
from festival.kinds.job_fair.employers import rules, wording
from festival.kinds.job_fair.employers.models import Employer, Position
from festival.kinds.job_fair.employers.rules import (
    Education,
    EmployerState,
    Figure,
    Industry,
    Paper,
    PayPer,
    PositionState,
    ReportReason,
    Size,
)
from festival.kinds.job_fair.employers.service import Applied, Offered
from festival.lib.db import MAX_ID
from festival.lib.fields import (
    Chosen,
    Judged,
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfField,
    OneOfRadioField,
    SeveralOfField,
    Ticked,
    TickField,
    UploadField,
    WholeField,
    at_most,
)
from festival.lib.i18n import _, _l
from festival.lib.identifiers import normal, uscc_problem
from festival.lib.text import clean_line
from festival.lib.uploads import Upload
from festival.signups.notice import Notice
from festival.signups.rules import Reason as SignUpReason
from festival.signups.wording import REASON_WORDS, uscc_words

_LONGEST_ID = 10


def _address_words(typed: str) -> str | None:
    address = read_address(typed)
    return address_words(address) if isinstance(address, NotAnAddress) else None


def _uscc_words(typed: str) -> str | None:
    problem = uscc_problem(normal(typed))
    return uscc_words(problem, normal(typed)) if problem else None


def ids_of(typed: Iterable[str], most: int = 200) -> list[int]:
    """Return the row ids among what a form sent; what is no id counts as not sent."""
    digits = [text for text in list(typed)[:most] if text.isascii() and text.isdigit() and len(text) <= _LONGEST_ID]
    return [number for number in map(int, digits) if 0 < number <= MAX_ID]


class UsccField(LineField):
    """A unified social credit code in its normal form; shown again as it was typed."""

    def normal(self) -> str:
        """Return the code as it is kept."""
        return normal(self.data or "")


class ApplicationForm(FlaskForm):
    """What an employer says of itself, and its papers. A visitor also says who they are."""

    address = LineField(
        _l("经办人手机号或邮箱"),
        validators=[Legible(), Needed(), Judged(_address_words)],
        description=_l("用于登录、接收审核结果；审核通过后可再添加招聘者。"),
        render_kw={"autocomplete": "username", "inputmode": "email", "autocapitalize": "none"},
    )
    code = LineField(
        _l("验证码"),
        validators=[Legible(), Needed()],
        description=_l("6 位数字，5 分钟内有效。"),
        render_kw={"autocomplete": "one-time-code", "inputmode": "numeric", "maxlength": 12},
    )
    contact_name = LineField(
        _l("经办人姓名"),
        validators=[Legible(), Needed(), at_most(50)],
        description=_l("便于主办方联系，不对外显示。"),
        render_kw={"autocomplete": "name"},
    )
    name_zh = LineField(
        _l("单位中文名称"),
        validators=[Legible(), at_most(100)],
        description=_l("与营业执照一致；没有中文名称的可只填英文。"),
        render_kw={"autocomplete": "organization"},
    )
    name_en = LineField(_l("单位英文名称"), validators=[Legible(), at_most(200)])
    uscc = UsccField(
        _l("统一社会信用代码"),
        validators=[Legible(), Needed(), Judged(_uscc_words)],
        description=_l("18 位，用于核对单位身份，每家单位一份报名。"),
        render_kw={"autocapitalize": "characters", "spellcheck": "false", "maxlength": 40},
    )
    industry = OneOfField(_l("行业"), validators=[Chosen()])
    size = OneOfField(_l("人数规模"), validators=[Chosen()])
    about = LinesField(_l("单位简介"), validators=[Legible(), at_most(1000)], render_kw={"rows": 4})
    licence = UploadField(_l("营业执照副本"), description=_l("PDF 或 DOCX，5 MB 以内；加密保存，仅审核人员可以打开。"))
    advert = UploadField(_l("招聘简章"), description=_l("PDF 或 DOCX，5 MB 以内。"))
    mandate = UploadField(_l("经办人授权委托书"), description=_l("PDF 或 DOCX，5 MB 以内。"))
    consent = TickField(
        _l("我已阅读上述说明，同意主办方为审核与联系使用这些信息"), validators=[Ticked(_l("请阅读说明，同意后勾选"))]
    )
    notice_version = HiddenField()
    revision = HiddenField()

    def __init__(self, notice: Notice, *, is_visitor: bool, kept: Iterable[Paper] = (), **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.kept = frozenset(kept)
        self.licence.flags.required = Paper.LICENCE not in self.kept
        self.notice = notice
        self.saw_notice = self.notice_version.data == notice.version
        self.notice_version.data, self.notice_version.raw_data = notice.version, None
        if not is_visitor:
            del self.address, self.code
        self.industry.choices = [("", _("请选择")), *((str(key), words) for key, words in wording.INDUSTRIES.items())]
        self.size.choices = [("", _("请选择")), *((str(one), _("%(size)s 人", size=str(one))) for one in Size)]

    @classmethod
    def of(cls, employer: Employer, kept: Iterable[Paper], notice: Notice) -> "ApplicationForm":
        """Return the form filled with an application as it stands; ``kept``: papers that are there already."""
        same = employer.name_zh == employer.name_en
        return cls(
            notice,
            is_visitor=False,
            kept=kept,
            formdata=None,
            data={
                **{name: getattr(employer, name) for name in ("contact_name", "name_zh", "name_en", "uscc", "about", "revision")},
                "industry": str(employer.industry),
                "size": str(employer.size),
                **({"name_zh": ""} if same else {}),
            },
        )

    def validate_name_en(self, _field: LineField) -> None:
        """One name is enough, none is not."""
        if not self.name_zh.data and not self.name_en.data:
            raise ValidationError(_("请填写单位名称，中文或英文至少一项"))

    def validate_licence(self, field: UploadField) -> None:
        """The licence decides who it is; one that was handed in stays."""
        if field.data is None and Paper.LICENCE not in self.kept:
            raise ValidationError(_("请上传营业执照副本"))

    def validate_consent(self, field: TickField) -> None:
        """One agrees to the words as they read now; when they have changed, they are read and ticked anew."""
        if not self.saw_notice:
            field.data = False
            raise ValidationError(str(REASON_WORDS[SignUpReason.NOTICE_CHANGED]))

    def complain(self, name: str, words: str) -> None:
        """Say what is wrong beside a field."""
        field = self[name]
        field.errors = [*field.errors, words]

    @property
    def lost_files(self) -> list[str]:
        """Names of the fields whose file this page cannot give back."""
        return [str(self[str(paper)].label.text) for paper in Paper if self[str(paper)].was_sent]

    def value(self) -> Applied:
        """Return what the employer says of itself; call it on a valid form."""
        chinese, english = self.name_zh.data or "", self.name_en.data or ""
        return Applied(
            uscc=self.uscc.normal(),
            name_zh=chinese or english,
            name_en=english,
            industry=Industry(self.industry.data),
            size=Size(self.size.data),
            about=self.about.data or "",
            contact_name=self.contact_name.data or "",
        )

    def papers(self) -> dict[Paper, Upload]:
        """Return the files that came."""
        found = {paper: self[str(paper)].data for paper in Paper}
        return {paper: upload for paper, upload in found.items() if isinstance(upload, Upload)}

    def revision_seen(self) -> int:
        """Return the revision that the form was filled from; 0: none."""
        typed = str(self.revision.data or "")
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < _LONGEST_ID else 0


class PositionForm(FlaskForm):
    """What a position says."""

    title_zh = LineField(_l("岗位中文名称"), validators=[Legible(), at_most(60)])
    title_en = LineField(_l("岗位英文名称"), validators=[Legible(), at_most(120)], description=_l("中文、英文至少填一项。"))
    openings = WholeField(
        _l("招聘人数"), validators=[Needed()], least=1, most=rules.OPENINGS_MOST, render_kw={"inputmode": "numeric"}
    )
    education = OneOfField(_l("学历要求"), validators=[Chosen()])
    pay_per = OneOfRadioField(_l("薪资"), default="month")
    pay_min = WholeField(_l("最低（元，税前）"), least=1, most=rules.PAY_MOST, render_kw={"inputmode": "numeric"})
    pay_max = WholeField(_l("最高（元，税前）"), least=1, most=rules.PAY_MOST, render_kw={"inputmode": "numeric"})
    pay_note = LineField(_l("薪资说明"), validators=[Legible(), at_most(60)], description=_l("选“另行说明”时填写，如“补贴”。"))
    about = LinesField(_l("岗位职责与要求"), validators=[Legible(), at_most(2000)], render_kw={"rows": 6})
    state = OneOfRadioField(_l("状态"), default="open", validators=[Chosen()])

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.education.choices = [("", _("请选择")), *((str(key), words) for key, words in wording.EDUCATIONS.items())]
        self.pay_per.choices = [("month", _("按月")), ("day", _("按天")), ("note", _("另行说明"))]
        self.state.choices = [(str(key), words) for key, words in wording.POSITION_STATES.items()]

    @classmethod
    def of(cls, position: Position) -> "PositionForm":
        """Return the form filled with a position as it stands."""
        names = ("title_en", "openings", "pay_min", "pay_max", "about")
        return cls(
            formdata=None,
            data={
                **{name: getattr(position, name) for name in names},
                "title_zh": "" if position.title_zh == position.title_en else position.title_zh,
                "education": str(position.education),
                "pay_per": str(position.pay_per or "note"),
                "pay_note": position.pay_note_zh or position.pay_note_en,
                "state": str(position.state),
            },
        )

    def validate_title_en(self, _field: LineField) -> None:
        """One title is enough, none is not."""
        if not self.title_zh.data and not self.title_en.data:
            raise ValidationError(_("请填写岗位名称，中文或英文至少一项"))

    def validate_pay_min(self, field: WholeField) -> None:
        """Figures are given whole."""
        if self.pay_per.data != "note" and field.data is None:
            raise ValidationError(_("请填写最低薪资"))

    def validate_pay_max(self, field: WholeField) -> None:
        """The most is no less than the least."""
        if self.pay_per.data == "note":
            return
        if field.data is None:
            raise ValidationError(_("请填写最高薪资"))
        if self.pay_min.data is not None and field.data < self.pay_min.data:
            raise ValidationError(_("最高薪资不应低于最低薪资"))

    def validate_pay_note(self, field: LineField) -> None:
        """Without figures there are words."""
        if self.pay_per.data == "note" and not field.data:
            raise ValidationError(_("请说明薪资"))

    def value(self) -> Offered:
        """Return what the position says; call it on a valid form."""
        by_note = self.pay_per.data == "note"
        assert self.openings.data is not None
        chinese, english = self.title_zh.data or "", self.title_en.data or ""
        note = (self.pay_note.data or "") if by_note else ""
        return Offered(
            title_zh=chinese or english,
            title_en=english,
            openings=self.openings.data,
            education=Education(self.education.data),
            pay_min=None if by_note else self.pay_min.data,
            pay_max=None if by_note else self.pay_max.data,
            pay_per=None if by_note else PayPer(self.pay_per.data),
            pay_note_zh=note,
            pay_note_en="",
            about=self.about.data or "",
            state=PositionState(self.state.data),
        )


class RecruiterForm(FlaskForm):
    """Somebody to recruit for the employer."""

    name = LineField(_l("姓名"), validators=[Legible(), Needed(), at_most(50)])
    address = LineField(
        _l("手机号或邮箱"),
        validators=[Legible(), Needed(), Judged(_address_words)],
        description=_l("对方用它和一次性验证码登录。"),
        render_kw={"inputmode": "email", "autocapitalize": "none"},
    )

    def value(self) -> Reachable:
        """Return the address in its normal form; call it on a valid form."""
        found = read_address(self.address.data or "")
        assert isinstance(found, Reachable)
        return found


class BoothForm(FlaskForm):
    """A booth, by its id."""

    booth = LineField(_l("展位"), validators=[Needed()])

    def value(self) -> int:
        """Return the booth's id; 0 is nobody's."""
        return next(iter(ids_of([self.booth.data or ""])), 0)


class PlainForm(FlaskForm):
    """A button: the token is all it carries."""


class ReasonForm(FlaskForm):
    """Why something is done; who is concerned reads it."""

    words = LinesField(_l("原因"), validators=[Legible(), Needed(), at_most(500)], render_kw={"rows": 2})


class ReviewForm(FlaskForm):
    """A decision on an application. The buttons are named ``decision``."""

    note = LinesField(
        _l("审核意见"),
        description=_l("退回或不通过时必填，用人单位会看到。"),
        validators=[Legible(), at_most(500)],
        render_kw={"rows": 3},
    )
    mend = SeveralOfField(_l("需要修改的内容"), description=_l("退回时勾选。"))
    revision = HiddenField()

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.mend.choices = list(wording.FIELDS.items())

    def decision(self) -> EmployerState | None:
        """Return the button that was pressed; None for one that does not exist."""
        pressed = {str(one): one for one in (EmployerState.APPROVED, EmployerState.RETURNED, EmployerState.REJECTED)}
        return pressed.get(request.form.get("decision", ""))

    def validate_note(self, field: LinesField) -> None:
        """A "no" needs words."""
        if self.decision() in {EmployerState.RETURNED, EmployerState.REJECTED} and not field.data:
            raise ValidationError(_("请写明原因，用人单位会看到"))

    def validate_mend(self, field: SeveralOfField) -> None:
        """What is returned is returned for something."""
        if self.decision() == EmployerState.RETURNED and not field.data:
            raise ValidationError(_("请勾选需要修改的内容"))

    def revision_seen(self) -> int:
        """Return the revision that the page showed; 0: none."""
        return next(iter(ids_of([str(self.revision.data or "")])), 0)


class ReportForm(FlaskForm):
    """What is wrong with a position."""

    reason = OneOfRadioField(_l("举报原因"), validators=[Chosen()])
    words = LinesField(
        _l("具体情况"),
        description=_l("可写明您了解到的情况，最多 500 字；只有主办方能看到。"),
        validators=[Legible(), at_most(500)],
        render_kw={"rows": 4},
    )

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.reason.choices = [(str(key), words) for key, words in wording.REPORT_REASONS.items()]

    def value(self) -> ReportReason:
        """Return the reason; call it on a valid form."""
        return ReportReason(self.reason.data)


class FigureForm(FlaskForm):
    """One figure entered by hand; empty takes it back."""

    figure = HiddenField()
    value = WholeField(_l("数值"), least=0, most=rules.FIGURE_MOST, render_kw={"inputmode": "numeric"})

    def which(self, allowed: Iterable[Figure]) -> Figure | None:
        """Return the figure meant; None: none of those that may be entered."""
        typed = clean_line(str(self.figure.data or ""))
        return next((one for one in allowed if str(one) == typed), None)
