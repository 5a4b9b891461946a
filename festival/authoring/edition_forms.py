"""The form of next year's edition."""

from flask_wtf import FlaskForm

from festival.authoring.editions import NextEdition
from festival.authoring.forms import MOST_WEEKS
from festival.lib.fields import LineField, Needed, WholeField, at_most
from festival.lib.i18n import _l
from festival.programme.models import Festival

#: The same weekdays about a year later.
YEAR = 52
_MOST_EDITIONS = 999


class NextEditionForm(FlaskForm):
    """How an edition differs from the one it is copied from."""

    edition = WholeField(_l("第几届"), validators=[Needed()], least=1, most=_MOST_EDITIONS)
    weeks = WholeField(
        _l("全部日期后移（周）"),
        validators=[Needed()],
        least=1,
        most=MOST_WEEKS,
        description=_l("整周移动，星期不变；52 周约为一年"),
    )
    title_zh = LineField(_l("名称（中文）"), validators=[Needed(), at_most(200)])
    title_en = LineField(_l("名称（英文）"), validators=[Needed(), at_most(200)])
    theme_zh = LineField(_l("主题（中文）"), validators=[Needed(), at_most(200)])
    theme_en = LineField(_l("主题（英文）"), validators=[Needed(), at_most(200)])

    @classmethod
    def for_edition(cls, festival: Festival) -> "NextEditionForm":
        """Return the form, filled from the edition that is copied where nothing was posted."""
        return cls(
            edition=festival.edition + 1,
            weeks=YEAR,
            title_zh=festival.title_zh,
            title_en=festival.title_en,
            theme_zh=festival.theme_zh,
            theme_en=festival.theme_en,
        )

    def value(self) -> NextEdition:
        """Return what the organizer wants."""
        return NextEdition(
            edition=self.edition.data or 1,
            title_zh=self.title_zh.data or "",
            title_en=self.title_en.data or "",
            theme_zh=self.theme_zh.data or "",
            theme_en=self.theme_en.data or "",
            weeks=self.weeks.data or YEAR,
        )
