"""What somebody asks of a roster."""

from collections.abc import Collection, Iterable, Sequence
from urllib.parse import parse_qsl, urlencode

from flask import request
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict
from wtforms import HiddenField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.lib.db import MAX_ID
from festival.lib.fields import (
    Chosen,
    Legible,
    LineField,
    LinesField,
    Needed,
    OneOfField,
    OneOfRadioField,
    SeveralOfField,
    TickField,
    at_most,
)
from festival.lib.i18n import _, _l
from festival.lib.text import clean_line
from festival.roster.acts import Asked
from festival.roster.columns import Column
from festival.roster.models import Colour, Tag
from festival.roster.rules import Act, Sort, Wanted, read_filters
from festival.roster.wording import COLOURS

#: Longer words are nobody's name, and the pages of a roster are numbered within reason.
_WORDS = 60
_PAGES = 100_000
#: Characters of an address's parameters.
_QUERY = 4000


def wanted(arguments: MultiDict[str, str]) -> Wanted:
    """Return the view that an address asks for. What it does not understand, it leaves out."""
    return Wanted(
        words=clean_line(arguments.get("q", ""))[:_WORDS],
        filters=read_filters(list(arguments.lists()), arguments.getlist("not")),
        sort=next((sort for sort in Sort if sort.value == arguments.get("sort")), Sort.STATE),
        page=_number(arguments.get("page"), _PAGES) or 1,
    )


def _number(typed: str | None, most: int) -> int | None:
    """Return a positive whole number within bounds; None for anything else."""
    if not typed or not typed.isascii() or not typed.isdigit() or len(typed) > len(str(most)):
        return None
    number = int(typed)
    return number if 0 < number <= most else None


def view_at(query: str) -> Wanted:
    """Return the view whose address has these parameters, as a form carries them."""
    return wanted(MultiDict(parse_qsl(query[:_QUERY])))


def address_of(view: Wanted, page: int = 1, ticked: Iterable[int] = ()) -> str:
    """Return the parameters of the address of a view's page, with rows that stay ticked."""
    return urlencode(view.parameters(page=page, ticked=ticked), doseq=True)


class RevealForm(FlaskForm):
    """What of one person somebody needs to see, and why."""

    fields = SeveralOfField(_l("要查看的内容"), validators=[Chosen()])
    reason = LineField(
        _l("查看原因"),
        validators=[Needed(), at_most(200)],
        description=_l("会记入操作记录，如：电话通知改期"),
    )

    @classmethod
    def of(cls, fields: Sequence[tuple[str, str]], *, is_fresh: bool = False) -> "RevealForm":
        """Return the form; the first field is ticked.

        :param fields: key and words of each that can be revealed.
        """
        form = cls(**({"formdata": None, "fields": [fields[0][0]]} if is_fresh else {}))
        form.fields.choices = list(fields)
        return form

    def validate_reason(self, field: LineField) -> None:
        """A reason says something: two characters at least."""
        if len(field.data or "") < 2:  # noqa: PLR2004  # 改期
            raise ValidationError(_("请写明原因，至少两个字"))


class NoteForm(FlaskForm):
    """A note beside a sign-up."""

    words = LinesField(
        _l("写一条备注"),
        validators=[Legible(), Needed(), at_most(500)],
        description=_l("同事可见，写下后不能改。本人看不到这里，但依法索取自己的数据时会包含。请勿写健康等敏感情况。"),
        render_kw={"rows": 3, "maxlength": 500},
    )


class TagForm(FlaskForm):
    """A tag's word and colour."""

    label = LineField(_l("标签"), validators=[Needed(), at_most(20)], description=_l("如：嘉宾、已电话确认。请勿写人名。"))
    colour = OneOfRadioField(
        _l("颜色"),
        choices=[SelectChoice(colour.value, words) for colour, words in COLOURS.items()],
        default=Colour.GREY.value,
    )

    def value(self) -> tuple[str, Colour]:
        """Return label and colour."""
        return self.label.data or "", Colour(self.colour.data)


class TagsForm(FlaskForm):
    """Which tags a sign-up carries."""

    tags = SeveralOfField(_l("标签"))

    @classmethod
    def of(cls, tags: Sequence[Tag], carried: Collection[int]) -> "TagsForm":
        """Return the form, those ticked that are carried."""
        form = cls(tags=[str(one) for one in carried])
        form.tags.choices = [(str(tag.id), tag.label) for tag in tags]
        return form

    def value(self) -> list[int]:
        """Return the ids of the tags that are ticked."""
        return [int(one) for one in self.tags.data or []]


class ViewForm(FlaskForm):
    """A name for the view that is shown."""

    name = LineField(_l("视图名称"), validators=[Needed(), at_most(40)])
    is_shared = TickField(_l("同事也能看到"))
    view = HiddenField()


class ColumnsForm(FlaskForm):
    """Which columns a roster has."""

    columns = SeveralOfField(_l("显示的列"))

    @classmethod
    def of(cls, every: Sequence[Column], shown: Sequence[Column] | None) -> "ColumnsForm":
        """Return the form.

        :param shown: those that stand now; None: the form comes back.
        """
        form = cls(**({} if shown is None else {"formdata": None, "columns": [column.key for column in shown]}))
        form.columns.choices = [(column.key, column.label) for column in every]
        return form

    @staticmethod
    def is_usual() -> bool:
        """Tell whether the button for the usual columns was pressed."""
        return "usual" in request.form


class BulkForm(FlaskForm):
    """What an act on many needs to know."""

    reason = LinesField(
        _l("原因"),
        validators=[Legible(), Needed(), at_most(200)],
        render_kw={"rows": 3, "maxlength": 200},
    )
    pool = OneOfField(_l("改到"), validators=[Chosen()])
    tag = OneOfField(_l("标签"), validators=[Chosen()])

    @classmethod
    def of(cls, act: Act, pools: Sequence[tuple[int, str]], tags: Sequence[Tag]) -> "BulkForm":
        """Return the form of an act: only the fields that it needs.

        :param pools: ids and names.
        """
        form = cls(**({} if cls.is_filled(act) else {"formdata": None}))
        for name in ("reason", "pool", "tag"):
            if name not in _NEEDS[act]:
                delattr(form, name)
        if "reason" in form and act != Act.EXCUSE:
            form.reason.description = _("本人会读到")
        elif "reason" in form:
            form.reason.description = _("只有工作人员在操作记录中看到，并长期保留。请勿写健康等个人情况。")
        if "pool" in form:
            form.pool.choices = [SelectChoice("", _("请选择")), *(SelectChoice(str(one), label) for one, label in pools)]
        if "tag" in form:
            form.tag.choices = [SelectChoice("", _("请选择")), *(SelectChoice(str(tag.id), tag.label) for tag in tags)]
        return form

    @staticmethod
    def is_filled(act: Act) -> bool:
        """Tell whether somebody has seen the form, or there is nothing to fill in."""
        return "filled" in request.form or not _NEEDS[act]

    def value(self, act: Act) -> Asked:
        """Return what shall be done."""
        given = {name: self[name].data or "" for name in _NEEDS[act]}
        return Asked(
            act,
            reason=given.get("reason", ""),
            pool_id=int(given.get("pool", 0)),
            tag_id=int(given.get("tag", 0)),
        )


#: The fields that each act needs.
_NEEDS: dict[Act, tuple[str, ...]] = {
    Act.APPROVE: (),
    Act.REJECT: ("reason",),
    Act.MOVE: ("pool",),
    Act.TAG: ("tag",),
    Act.UNTAG: ("tag",),
    Act.REMOVE: ("reason",),
    Act.EXCUSE: ("reason",),
    Act.COMING: (),
}
#: Rows that may be picked at once, over all pages: so many ids still fit into an address.
MOST_PICKED = 200


def picked(given: MultiDict[str, str]) -> list[int]:
    """Return the ids of the rows ticked; what is no id counts as not ticked."""
    return _ids(given.getlist("pick"))


def carried(arguments: MultiDict[str, str]) -> list[int]:
    """Return the ids of rows that were ticked on other pages of a roster, as its address carries them: ``picked=3.17``."""
    return _ids(arguments.get("picked", "").split("."))


def turned_to(given: MultiDict[str, str]) -> int | None:
    """Return the page that somebody turns to without letting go of what they ticked; None: they want to act on it."""
    return _number(given.get("turn"), _PAGES)


def page_of(given: MultiDict[str, str]) -> int:
    """Return the page of a roster that a form stood on."""
    return _number(given.get("page"), _PAGES) or 1


def _ids(typed: Iterable[str]) -> list[int]:
    found = (_number(one, MAX_ID) for one in typed)
    return list(dict.fromkeys(number for number in found if number))[:MOST_PICKED]
