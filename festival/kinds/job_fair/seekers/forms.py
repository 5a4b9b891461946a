"""The forms of seekers and recruiters: shape only."""

from collections.abc import Sequence

from flask import request
from flask_wtf import FlaskForm

from festival.kinds.job_fair.seekers.models import CvVersion
from festival.kinds.job_fair.seekers.rules import NOTE_MOST, Chair, chair_of
from festival.kinds.job_fair.seekers.service import ApplyRequest
from festival.lib.fields import (
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfRadioField,
    Ticked,
    TickField,
    UploadField,
    at_most,
)
from festival.lib.format import moment
from festival.lib.i18n import _, _l
from festival.lib.uploads import Upload

#: More times than a fair's recruiters of one employer have.
_MOST_TIMES = 1000


class CvForm(FlaskForm):
    """A new version of one's CV."""

    cv = UploadField(
        _l("简历文件"),
        description=_l("PDF 或 DOCX，5 MB 以内。加密保存，只有您投递的单位能打开。"),
        validators=[Needed()],
        render_kw={"accept": ".pdf,.docx"},
    )

    def value(self) -> Upload:
        """Return the file."""
        assert self.cv.data is not None
        return self.cv.data


class ApplyForm(FlaskForm):
    """An application for a position: by whom, with which version of the CV."""

    name = LineField(
        _l("姓名"),
        description=_l("用人单位用它称呼您。"),
        validators=[Legible(), Needed(), at_most(50)],
        render_kw={"autocomplete": "name", "maxlength": 50},
    )
    cv = OneOfRadioField(
        _l("用哪一版简历"),
        description=_l("投递后固定不变；以后上传的新版本不会替换它。"),
        validators=[Needed()],
    )
    consent = TickField(_l("我同意把这份简历和姓名提供给这家单位，用于招聘"))

    @classmethod
    def of(cls, versions: Sequence[CvVersion], name: str) -> "ApplyForm":
        """Return the form for somebody with these versions of a CV, the newest chosen beforehand."""
        form = cls(name=name, cv=str(versions[0].id) if versions else "")
        form.cv.choices = [(str(one.id), version_words(one)) for one in versions]
        form.consent.validators = [Ticked(_("请先同意提供给这家单位"))]
        form.consent.flags.required = True
        return form

    def value(self) -> ApplyRequest:
        """Return what was filled in."""
        return ApplyRequest(name=self.name.data or "", cv_id=int(self.cv.data))


def version_words(version: CvVersion) -> str:
    """Return a version of a CV in words: its number, name, and when it was uploaded."""
    return _("第 %(n)s 版 · %(name)s · %(when)s", n=version.number, name=version.name, when=moment(version.uploaded_at))


class TimeForm(FlaskForm):
    """The time of an interview that a seeker takes. Which times there are, the service knows."""

    time = LineField("", validators=[Needed()])

    def value(self) -> Chair | None:
        """Return the time; None: it is none."""
        return chair_of(self.time.data or "")


class InviteForm(FlaskForm):
    """Times that a recruiter offers; none ticked: any free one. Which times there are, the service knows."""

    def times_sent(self) -> list[Chair] | None:
        """Return the times ticked; None: something that is no time was sent, or more than a day has."""
        sent = request.form.getlist("times")
        chairs = [chair for value in sent[:_MOST_TIMES] if (chair := chair_of(value)) is not None]
        return chairs if len(chairs) == len(sent) and self.validate() else None


class NoteForm(FlaskForm):
    """A note for one's colleagues."""

    words = LinesField(
        _l("内部备注"),
        description=_l("只有本单位的招聘人员能看到，求职者看不到。"),
        validators=[Legible(), Needed(), at_most(NOTE_MOST)],
        render_kw={"rows": 3, "maxlength": NOTE_MOST},
    )

    def value(self) -> str:
        """Return the words."""
        return self.words.data or ""
