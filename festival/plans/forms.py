"""Forms of changes of plan."""

from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.lib.fields import LineField, Needed, WholeField, at_most
from festival.lib.i18n import _, _l, loc
from festival.plans.pools import Merge, Split
from festival.programme.models import Pool, Slot
from festival.programme.service import Why

#: More places than any pool has.
_MOST = 1_000_000


class StepForm(FlaskForm):
    """Why an activity or a slot is called off, postponed or moved, in the words that people read."""

    reason_zh = LineField(
        _l("原因（中文）"), validators=[Needed(), at_most(60)], description=_l("公开显示，并写进通知，如“大风黄色预警”")
    )
    reason_en = LineField(_l("原因（英文）"), validators=[Needed(), at_most(120)], description=_l("英文页面和英文通知使用"))

    def value(self) -> Why:
        """Return the reason."""
        return Why(self.reason_zh.data or "", self.reason_en.data or "")


class PlainStepForm(FlaskForm):
    """A step that needs no reason: taking up again."""

    def value(self) -> Why:
        """Return no reason."""
        return Why()


class MergeForm(FlaskForm):
    """Which pool goes into which, and how many places the one that goes on has."""

    source_id = SelectField(_l("并入别处的名额池"), coerce=int, validators=[Needed()])
    target_id = SelectField(_l("保留的名额池"), coerce=int, validators=[Needed()])
    capacity = WholeField(
        _l("合并后的名额（人）"), validators=[Needed()], least=0, most=_MOST, description=_l("换车、换场地后实际能坐的人数")
    )

    @classmethod
    def for_slot(cls, slot: Slot) -> "MergeForm":
        """Return the form with the slot's open pools; unless something else was sent, the last goes into the first."""
        pools = slot.open_pools
        both = [pools[-1].capacity, pools[0].capacity]
        form = cls(
            source_id=pools[-1].id,
            target_id=pools[0].id,
            capacity=None if None in both else sum(number or 0 for number in both),
        )
        choices = [SelectChoice(str(pool.id), loc(pool, "label") or pool.key) for pool in pools]
        form.source_id.choices = form.target_id.choices = choices
        return form

    def validate_target_id(self, field: SelectField) -> None:
        """A pool does not go into itself."""
        if field.data == self.source_id.data:
            raise ValidationError(_("请选择另一个名额池"))

    def value(self) -> Merge:
        """Return what the organizer wants."""
        assert self.capacity.data is not None
        return Merge(self.source_id.data, self.target_id.data, self.capacity.data)


class SplitForm(FlaskForm):
    """What a pool and the new one beside it are called, and how many places each has."""

    first_zh = LineField(_l("原名额池的名称（中文）"), validators=[Needed(), at_most(100)])
    first_en = LineField(_l("原名额池的名称（英文）"), validators=[Needed(), at_most(100)])
    first = WholeField(_l("原名额池的名额（人）"), validators=[Needed()], least=0, most=_MOST)
    second_zh = LineField(_l("新名额池的名称（中文）"), validators=[Needed(), at_most(100)])
    second_en = LineField(_l("新名额池的名称（英文）"), validators=[Needed(), at_most(100)])
    second = WholeField(_l("新名额池的名额（人）"), validators=[Needed()], least=0, most=_MOST)

    @classmethod
    def for_pool(cls, pool: Pool) -> "SplitForm":
        """Return the form with the pool's own name."""
        return cls(first_zh=pool.label_zh, first_en=pool.label_en)

    def value(self, pool: Pool) -> Split:
        """Return what the organizer wants."""
        assert self.first.data is not None
        assert self.second.data is not None
        return Split(
            pool.id,
            self.first.data,
            self.second.data,
            self.first_zh.data or "",
            self.first_en.data or "",
            self.second_zh.data or "",
            self.second_en.data or "",
        )
