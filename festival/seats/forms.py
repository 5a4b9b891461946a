"""Forms about seats: how a hall is drawn, who sits on a seat, and where a party sits."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask_wtf import FlaskForm
from wtforms import HiddenField, SelectField, TextAreaField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.lib.fields import LineField, Needed, WholeField, at_most
from festival.lib.i18n import _, _l, loc
from festival.programme.models import Pool
from festival.seats import rules, wording
from festival.seats.rules import MOST_COLUMNS, MOST_ROWS, MOST_SEATS, DrawingProblem, Name, NotADrawing, Spot
from festival.signups.models import SignUp

#: Enough for the largest hall, with its names.
_LONGEST = 20_000
#: Parties offered in one list; with more, the roster is quicker.
MOST_PARTIES = 500


class DrawingField(TextAreaField):
    """A drawing: white space means aisles, so nothing of it is cleaned away."""

    def process_formdata(self, valuelist: Sequence[str]) -> None:
        """Take the text as it was typed."""
        if valuelist:
            self.data = valuelist[0].replace("\r\n", "\n")


@dataclass(frozen=True, slots=True)
class Drawn:
    """A hall as asked for: its seats, and which pool each block's words mean."""

    spots: list[Spot]
    blocks: dict[str, int]


class DrawingForm(FlaskForm):
    """A hall, drawn as text; numbers fill the text in. The buttons are ``build``, ``preview`` and ``save``."""

    rows = WholeField(_l("排数"), least=1, most=MOST_ROWS)
    per_row = WholeField(_l("每排座位数"), least=1, most=MOST_COLUMNS)
    aisles = LineField(_l("过道在第几座之后"), validators=[at_most(100)], description=_l("多条过道用逗号隔开，如 6,14"))
    drawing = DrawingField(
        _l("座位图文字"),
        description=_l(
            "每行一排，从舞台往后。O 座位，A 无障碍座位，X 不开放，_ 过道，. 空缺（座号跳过）。"
            "行首可写排号和冒号，行尾可写等号和名额池名称。可以从电子表格粘贴。",
        ),
        render_kw={"rows": "12", "spellcheck": "false", "autocapitalize": "off", "wrap": "off"},
    )
    seen = HiddenField()

    #: The pools whose blocks a drawing may name.
    pools: Sequence[Pool] = ()

    @classmethod
    def for_pools(cls, pools: Sequence[Pool], **data: object) -> "DrawingForm":
        """Return the form of a hall for some pools; each has a field for how many rows are kept for it, from the front."""
        fields = {
            f"rows-{pool.id}": WholeField(
                _l("留给“%(pool)s”的排数", pool=loc(pool, "label") or pool.key), least=0, most=MOST_ROWS
            )
            for pool in (pools if len(pools) > 1 else ())
        }
        form: DrawingForm = type("DrawingFormOfPools", (cls,), {**fields, "pools": pools})(data=data)
        return form

    @property
    def block_fields(self) -> list[WholeField]:
        """Return the fields that say how many rows each pool has."""
        return [self[name] for name in (f"rows-{pool.id}" for pool in self.pools) if name in self]

    def aisle_numbers(self) -> list[int]:
        """Return behind which seats aisles run; what is no number is no aisle."""
        typed = (self.aisles.data or "").replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
        return [int(one) for one in typed if one.isascii() and one.isdigit() and len(one) < 4]  # noqa: PLR2004

    def build(self) -> bool:
        """Fill the drawing in from the numbers; False: they are missing, which the form then says."""
        for field in (self.rows, self.per_row):
            if field.data is None and not field.errors:
                field.errors = [*field.errors, _("请填写此项")]
        if self.rows.data is None or self.per_row.data is None:
            return False
        if self.rows.data * self.per_row.data > MOST_SEATS:
            self.rows.errors = [*self.rows.errors, str(wording.DRAWING_PROBLEMS[DrawingProblem.TOO_LARGE])]
            return False
        blocks = [
            (_block_words(pool, self.pools), self[f"rows-{pool.id}"].data or 0)
            for pool in self.pools
            if f"rows-{pool.id}" in self
        ]
        self.drawing.data = rules.built(self.rows.data, self.per_row.data, aisles=self.aisle_numbers(), blocks=blocks)
        self.drawing.raw_data = None
        return True

    def value(self) -> Drawn | None:
        """Return the hall; None: the drawing cannot be read, which the form then says."""
        try:
            if len(self.drawing.data or "") > _LONGEST:
                raise NotADrawing(DrawingProblem.TOO_LARGE)  # noqa: TRY301
            spots = rules.read_drawing(self.drawing.data or "")
            words = {spot.block: spot.line for spot in reversed(spots) if spot.block}
            blocks = {block: found.id for block in words if (found := _pool_called(block, self.pools)) is not None}
            if unknown := next((block for block in words if block not in blocks), None):
                raise NotADrawing(DrawingProblem.BLOCK, words[unknown], unknown[:40])  # noqa: TRY301
        except NotADrawing as problem:
            self.drawing.errors = [*self.drawing.errors, wording.drawing_words(problem)]
            return None
        return Drawn(spots, blocks)

    def seen_revision(self) -> int | None:
        """Return the revision of the hall that the form was filled from; None: there was none."""
        typed = self.seen.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else None  # noqa: PLR2004


def _block_words(pool: Pool, pools: Sequence[Pool]) -> str:
    """Return what a drawing calls a pool: its label where that is its alone and holds no sign of the drawing, else its key."""
    label = loc(pool, "label")
    alone = sum(1 for one in pools if loc(one, "label") == label) == 1
    return label if label and alone and not set(label) & set("=:\n") else pool.key


def _pool_called(words: str, pools: Sequence[Pool]) -> Pool | None:
    called = [pool for pool in pools if words in {pool.key, pool.label_zh, pool.label_en}]
    return next((pool for pool in called if pool.key == words), called[0] if len(called) == 1 else None)


def block_words(pools: Sequence[Pool]) -> dict[int | None, str]:
    """Return what a drawing calls each pool, by its id."""
    return {None: "", **{pool.id: _block_words(pool, pools) for pool in pools}}


class GiveForm(FlaskForm):
    """Who shall sit on a free seat."""

    sign_up_id = SelectField(_l("安排给"), coerce=int, validators=[Needed()])

    @classmethod
    def for_parties(cls, parties: Sequence[tuple[SignUp, int]]) -> "GiveForm":
        """Return the form with the parties that lack seats and how many, in the order of their turn."""
        form = cls()
        form.sign_up_id.choices = [
            SelectChoice(
                str(one.id),
                _("%(name)s · %(size)s 人，还差 %(missing)s 座", name=_called(one), size=one.party_size, missing=missing),
            )
            for one, missing in parties[:MOST_PARTIES]
        ]
        return form


def _called(sign_up: SignUp) -> str:
    return sign_up.name or sign_up.digits


class SeatsField(LineField):
    """Seats as people write them; its data is the text, ``names`` the seats."""

    names: list[Name]

    def pre_validate(self, _form: object) -> None:
        """Read the seats."""
        read = rules.read_names(self.data or "")
        if read is None:
            raise ValidationError(_("请按“3排12座”或“3排12-14座”填写，多处用顿号隔开"))
        self.names = read


class ExchangeForm(FlaskForm):
    """Where who sits here shall sit."""

    to = SeatsField(_l("换到哪个座位"), validators=[Needed(), at_most(60)], description=_l("如 3排12座；那里有人时两人互换"))

    def validate_to(self, field: SeatsField) -> None:
        """One seat changes places with one other."""
        if len(field.names) != 1:
            raise ValidationError(_("请填写一个座位"))


class PartyForm(FlaskForm):
    """Where a party sits, written out."""

    seats = SeatsField(_l("座位"), validators=[at_most(200)], description=_l("如 3排12-14座、4排1座；留空则腾出全部座位"))
    seen = HiddenField()

    def seen_revision(self) -> int:
        """Return the revision of the hall that the form was filled from; 0 where it says none, so that nothing is overwritten."""
        typed = self.seen.data or ""
        return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 10 else 0  # noqa: PLR2004  # revisions have few digits
