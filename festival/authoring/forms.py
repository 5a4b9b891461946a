"""Forms of authors: a new activity, a copy, what it is, when it is published, a venue."""

import re

from flask_wtf import FlaskForm
from wtforms import BooleanField, RadioField, SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it
from wtforms.validators import Optional

from festival.authoring import rules
from festival.authoring.service import Basics, Clone, NewActivity, VenueWords
from festival.lib import clock
from festival.lib.fields import InstantField, LineField, Needed, WholeField, at_most
from festival.lib.format import capital
from festival.lib.i18n import _, _l, loc
from festival.programme.kinds import all_kinds
from festival.programme.models import Activity, Mode, Track, Venue
from festival.programme.service import Span

#: More places than any pool has.
_MOST = 1_000_000
#: What the list of venues says for "another, new one".
_ANOTHER = "0"
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
#: So many weeks either way is more than anybody means.
MOST_WEEKS = 520

MODES = {
    Mode.OPEN: _l("先到先得"),
    Mode.APPROVAL: _l("需审核"),
    Mode.BALLOT: _l("抽签"),
    Mode.INVITATION: _l("仅限邀请"),
    Mode.TICKET: _l("服务诉求（不占名额）"),
}


def kind_choices() -> list[SelectChoice]:
    """Return every kind of activity."""
    return [SelectChoice(kind.key, loc(kind, "label")) for kind in all_kinds()]


def _mode_choices() -> list[SelectChoice]:
    return [SelectChoice(mode.value, capital(words)) for mode, words in MODES.items()]


def _track_choices(tracks: list[Track]) -> list[SelectChoice]:
    return [SelectChoice(str(track.id), loc(track, "title")) for track in tracks]


class _Slugged(FlaskForm):
    """A form with an address."""

    slug = LineField(
        _l("网址"),
        validators=[Optional(), at_most(rules.LONGEST_SLUG)],
        description=_l("公开页面的地址，如 skills-forum：小写字母、数字和连字符；留空则按英文名称生成，发布后不再改变"),
        render_kw={"autocapitalize": "none", "spellcheck": "false"},
    )

    def validate_slug(self, field: LineField) -> None:
        """An address is in kebab-case."""
        if field.data and not _SLUG.fullmatch(field.data):
            raise ValidationError(_("网址只含小写字母、数字和连字符，如 skills-forum"))
        if field.data in rules.RESERVED:
            raise ValidationError(_("这个网址已被占用，请换一个"))


class NewActivityForm(_Slugged):
    """What an activity begins with; everything else is filled in afterwards, while it is a draft."""

    kind = SelectField(_l("活动类型"), validators=[Needed()])
    track_id = SelectField(_l("主题线"), coerce=int, validators=[Needed()])
    title_zh = LineField(_l("名称（中文）"), validators=[Needed(), at_most(200)])
    title_en = LineField(_l("名称（英文）"), validators=[Needed(), at_most(300)])
    short_title_zh = LineField(
        _l("简称（中文）"), validators=[Needed(), at_most(10)], description=_l("短信和名单标题使用，不超过10个字")
    )
    short_title_en = LineField(_l("简称（英文）"), validators=[Needed(), at_most(60)])
    starts_at = InstantField(_l("开始时间"), validators=[Needed()], description=_l("有多个场次时填第一场，其余稍后按规则生成"))
    ends_at = InstantField(_l("结束时间"), validators=[Needed()])
    venue_id = SelectField(_l("地点"), validators=[Needed()])
    venue_zh = LineField(_l("新地点名称（中文）"), validators=[Optional(), at_most(200)])
    venue_en = LineField(_l("新地点名称（英文）"), validators=[Optional(), at_most(200)])
    venue_address_zh = LineField(_l("新地点地址（中文）"), validators=[Optional(), at_most(200)])
    venue_address_en = LineField(_l("新地点地址（英文）"), validators=[Optional(), at_most(200)])
    mode = RadioField(_l("名额怎么给"), validators=[Needed()], default=Mode.OPEN.value)
    capacity = WholeField(_l("名额（人）"), least=0, most=_MOST, description=_l("多个名额池可稍后设置"))
    unlimited = BooleanField(_l("不限名额"))

    @classmethod
    def for_edition(cls, tracks: list[Track], venues: list[Venue]) -> "NewActivityForm":
        """Return the form with what the edition has to choose from."""
        form = cls()
        form.kind.choices = kind_choices()
        form.track_id.choices = _track_choices(tracks)
        form.venue_id.choices = [
            *(SelectChoice(str(venue.id), loc(venue, "name")) for venue in venues),
            SelectChoice(_ANOTHER, _("新地点（在下面填写）")),
        ]
        form.mode.choices = _mode_choices()
        return form

    @property
    def is_new_venue(self) -> bool:
        """Tell whether the venue is described in the form."""
        return bool(self.venue_id.data == _ANOTHER)

    def validate_ends_at(self, field: InstantField) -> None:
        """An end comes after its start."""
        if field.data and self.starts_at.data and field.data <= self.starts_at.data:
            raise ValidationError(_("结束时间应晚于开始时间"))

    def validate_capacity(self, field: WholeField) -> None:
        """Nothing at all stands in the field only where no limit is meant."""
        if self.unlimited.data:
            field.errors = []
        elif field.data is None and not field.errors:
            raise ValidationError(_("请填写人数；名额不限请勾选“不限名额”"))

    def validate_venue_id(self, field: SelectField) -> None:
        """A new venue has its name in both languages."""
        if field.data == _ANOTHER and not (self.venue_zh.data and self.venue_en.data):
            raise ValidationError(_("请在下面填写新地点的中文和英文名称"))

    def value(self) -> NewActivity:
        """Return what the organizer wants."""
        assert self.starts_at.data is not None
        assert self.ends_at.data is not None
        venue = VenueWords(
            self.venue_zh.data or "",
            self.venue_en.data or "",
            self.venue_address_zh.data or "",
            self.venue_address_en.data or "",
        )
        return NewActivity(
            kind=self.kind.data,
            track_id=self.track_id.data,
            venue_id=None if self.is_new_venue else int(self.venue_id.data),
            venue=venue if self.is_new_venue else None,
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            short_title_zh=self.short_title_zh.data or "",
            short_title_en=self.short_title_en.data or "",
            slug=self.slug.data or "",
            span=Span(self.starts_at.data, self.ends_at.data),
            mode=Mode(self.mode.data),
            capacity=None if self.unlimited.data else self.capacity.data,
        )


class CloneForm(_Slugged):
    """How a copy of an activity differs from it."""

    title_zh = LineField(_l("名称（中文）"), validators=[Needed(), at_most(200)])
    title_en = LineField(_l("名称（英文）"), validators=[Needed(), at_most(300)])
    weeks = WholeField(
        _l("全部时间后移（周）"),
        validators=[Needed()],
        least=0,
        most=MOST_WEEKS,
        description=_l("场次、报名、决定和取消时间一起移动，星期和钟点不变；0：不变"),
    )

    @classmethod
    def for_activity(cls, activity: Activity) -> "CloneForm":
        """Return the form, filled from the original where nothing was posted."""
        return cls(
            title_zh=_("%(title)s（副本）", title=activity.title_zh)[:200],
            title_en=f"{activity.title_en} (copy)"[:300],
            weeks=0,
        )

    def value(self) -> Clone:
        """Return what the organizer wants."""
        return Clone(self.title_zh.data or "", self.title_en.data or "", self.slug.data or "", self.weeks.data or 0)


class BasicsForm(_Slugged):
    """What an activity is. Fields that are fixed by now are left out."""

    track_id = SelectField(_l("主题线"), coerce=int, validators=[Needed()])
    kind = SelectField(_l("活动类型"), validators=[Needed()], description=_l("更换类型会清空该类型特有的内容"))
    mode = RadioField(_l("名额怎么给"), validators=[Needed()], description=_l("个别名额池可以另有安排"))

    @classmethod
    def for_activity(cls, activity: Activity, tracks: list[Track], *, is_draft: bool, has_sign_ups: bool) -> "BasicsForm":
        """Return the form, filled from the activity where nothing was posted."""
        form = cls(obj=activity)
        form.track_id.choices = _track_choices(tracks)
        form.kind.choices = kind_choices()
        form.mode.choices = _mode_choices()
        if not is_draft:
            del form.slug
        if not is_draft or has_sign_ups:
            del form.kind
        if has_sign_ups:
            del form.mode
        return form

    def value(self) -> Basics:
        """Return what the organizer wants; None where it is fixed."""
        return Basics(
            self.track_id.data,
            (self.slug.data or None) if self.slug else None,
            self.kind.data if self.kind else None,
            Mode(self.mode.data) if self.mode else None,
        )


class ScheduleForm(FlaskForm):
    """From when on readers see an activity."""

    publish_at = InstantField(
        _l("定时发布"), validators=[Needed()], description=_l("到这一分钟，公开页面、日程、日历订阅和网站地图同时出现这项活动")
    )

    def validate_publish_at(self, field: InstantField) -> None:
        """What lies behind is published now."""
        if field.data and field.data <= clock.now():
            raise ValidationError(_("请填写将来的时间；立即发布请用“立即发布”按钮"))


class DegreesField(LineField):
    """Degrees of latitude or longitude, as people copy them; None when left empty."""

    degrees: float | None = None

    def post_validate(self, _form: FlaskForm, _validation_stopped: bool) -> None:  # noqa: FBT001  # WTForms' signature
        """Read the number."""
        self.degrees = None
        if not self.data:
            return
        try:
            self.degrees = float(self.data)
        except ValueError:
            raise ValidationError(_("请填写小数，如 39.0876")) from None
        if not -180 <= self.degrees <= 180:  # noqa: PLR2004  # degrees; NaN is in no range
            self.degrees = None
            raise ValidationError(_("请填写小数，如 39.0876"))


class VenueForm(FlaskForm):
    """A place, in both languages."""

    name_zh = LineField(_l("名称（中文）"), validators=[Needed(), at_most(200)])
    name_en = LineField(_l("名称（英文）"), validators=[Needed(), at_most(200)])
    address_zh = LineField(_l("地址（中文）"), validators=[at_most(200)])
    address_en = LineField(_l("地址（英文）"), validators=[at_most(200)])
    transit_zh = LineField(_l("交通（中文）"), validators=[at_most(200)])
    transit_en = LineField(_l("交通（英文）"), validators=[at_most(200)])
    lat = DegreesField(_l("纬度"), description=_l("WGS-84，用于地图链接和路程时间；不清楚可不填"))
    lon = DegreesField(_l("经度"))

    def validate(self, extra_validators: object = None) -> bool:
        """A point has both coordinates, and a latitude ends at the poles."""
        is_good = super().validate(extra_validators)
        if not self.lat.errors and not self.lon.errors:
            if (self.lat.degrees is None) != (self.lon.degrees is None):
                missing = self.lat if self.lat.degrees is None else self.lon
                missing.errors = [*missing.errors, _("经度和纬度要么都填，要么都不填")]
                is_good = False
            elif self.lat.degrees is not None and abs(self.lat.degrees) > 90:  # noqa: PLR2004  # degrees
                self.lat.errors = [*self.lat.errors, _("纬度在 -90 到 90 之间，请检查是否与经度填反")]
                is_good = False
        return bool(is_good)

    def value(self) -> VenueWords:
        """Return what the organizer wants."""
        return VenueWords(
            self.name_zh.data or "",
            self.name_en.data or "",
            self.address_zh.data or "",
            self.address_en.data or "",
            self.transit_zh.data or "",
            self.transit_en.data or "",
            self.lat.degrees,
            self.lon.degrees,
        )
