"""Forms of those who set an activity's rules."""

from collections.abc import Sequence
from datetime import datetime

from flask_wtf import FlaskForm
from wtforms import SelectField, ValidationError
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # its types are older than it

from festival.lib import clock
from festival.lib.fields import Chosen, InstantField, Needed, OneOfField, OneOfRadioField, WholeField
from festival.lib.i18n import _, _l
from festival.programme.forms import Remembers
from festival.programme.models import Activity, Overlap, Pool, Promotion, Slot
from festival.signups.regulating import MOST, FestivalRules, Rules

#: Persons of one party, at most.
_PARTY = 1000
#: Nobody has reason to look at more people in an hour.
_REVEALS = 1000
#: Thirty days, in minutes.
_CUTOFF = 43_200
#: A day, in minutes.
_RELEASE = 1_440


class RulesForm(Remembers):
    """How an activity gives its places."""

    overlap = OneOfRadioField(
        _l("同一时间已有其他活动的人"),
        choices=[
            SelectChoice(Overlap.WARN.value, _l("提醒")),
            SelectChoice(Overlap.BLOCK.value, _l("不允许")),
            SelectChoice(Overlap.ALLOW.value, _l("不提醒")),
        ],
        validators=[Chosen()],
        description=_l("提醒：告诉本人时间冲突，仍可报名；不允许：不能报名；不提醒：不检查。路上所需时间也算在内"),
    )
    party_max = WholeField(
        _l("每个报名最多人数（含本人）"),
        least=1,
        most=_PARTY,
        validators=[Needed()],
        description=_l("调低不影响已有的报名，只管今后的报名和改人数"),
    )
    per_organisation = WholeField(
        _l("同一单位最多报名数"),
        least=1,
        most=MOST,
        description=_l("按所填单位名称计算，写法不同也认得；留空：不限"),
    )
    waitlist_limit = WholeField(
        _l("候补人数上限"),
        least=0,
        most=MOST,
        description=_l("每个场次最多多少人候补；留空：不限；0：满了就不再接受报名。已在候补的人不受影响"),
    )
    promotion = OneOfRadioField(
        _l("有名额空出时"),
        choices=[
            SelectChoice(Promotion.AUTO.value, _l("直接递补")),
            SelectChoice(Promotion.OFFER.value, _l("先征询本人")),
        ],
        validators=[Chosen()],
        description=_l("直接递补：候补的人立即报名成功；先征询本人：名额保留到期限，由本人确认，逾期给下一位"),
    )
    promotion_cutoff_minutes = WholeField(
        _l("开始前多少分钟停止递补"),
        least=0,
        most=_CUTOFF,
        validators=[Needed()],
        description=_l("在此之后系统不再自动递补，现场工作人员仍可安排"),
    )
    release_minutes = WholeField(
        _l("开始多少分钟后可释放未到场者的名额"),
        least=0,
        most=_RELEASE,
        validators=[Needed()],
        description=_l("0：一开始就可以。由现场工作人员在签到页释放，给在门口等候的候补者，不会自动发生"),
    )
    passing = OneOfRadioField(
        _l("排在前面的一行人多、放不下时"),
        choices=[SelectChoice("no", _l("后面的人一起等")), SelectChoice("yes", _l("放得下的先递补"))],
        validators=[Chosen()],
        description=_l("一行人总是一起递补，不拆开；先递补的每一次都记入名额账"),
    )
    balance_tolerance = WholeField(
        _l("各组人数最多相差（人）"),
        least=0,
        most=_PARTY,
        description=_l("人数最多的一组领先太多时，该组新报名的人先候补；留空：各组互不影响"),
    )

    @classmethod
    def for_activity(cls, activity: Activity, *, is_fresh: bool = False) -> "RulesForm":
        """Return the form, filled from the activity where nothing was posted; the tolerance only where places go by quota.

        :param is_fresh: whatever was posted is not looked at.
        """
        form = cls(
            **({"formdata": None} if is_fresh else {}),
            obj=activity,
            seen=activity.updated_at.isoformat(),
            passing="yes" if activity.smaller_may_pass else "no",
        )
        if not any(pool.quota_question for slot in activity.slots for pool in slot.open_pools):
            del form.balance_tolerance
        return form

    def value(self, activity: Activity) -> Rules:
        """Return the rules wanted; what the form does not ask is as it stands."""
        assert self.party_max.data is not None
        assert self.promotion_cutoff_minutes.data is not None
        assert self.release_minutes.data is not None
        return Rules(
            overlap=Overlap(self.overlap.data),
            smaller_may_pass=self.passing.data == "yes",
            balance_tolerance=self.balance_tolerance.data if self.balance_tolerance else activity.balance_tolerance,
            promotion=Promotion(self.promotion.data),
            promotion_cutoff_minutes=self.promotion_cutoff_minutes.data,
            release_minutes=self.release_minutes.data,
            party_max=self.party_max.data,
            waitlist_limit=self.waitlist_limit.data,
            per_organisation=self.per_organisation.data,
        )


class CeilingForm(FlaskForm):
    """The approved number of one session."""

    approved_ceiling = WholeField(_l("核准人数"), least=0, most=MOST)

    @classmethod
    def for_session(cls, session: Slot, *, is_fresh: bool = False) -> "CeilingForm":
        """Return the form of one session; its field has an id of its own, since a page has several."""
        form = cls(obj=session, **({"formdata": None} if is_fresh else {}))
        form.approved_ceiling.id = f"ceiling-{session.id}"
        return form


def _by_name(pools: Sequence[tuple[Pool, str]]) -> list[SelectChoice]:
    return [SelectChoice("", _("请选择")), *(SelectChoice(str(pool.id), name) for pool, name in pools)]


class BatchForm(FlaskForm):
    """Places that a pool gets later."""

    batch_pool = OneOfField(_l("名额池"), validators=[Chosen()])
    batch_at = InstantField(_l("放出时间"), validators=[Needed()])
    batch_places = WholeField(_l("放出名额（人）"), least=1, most=MOST, validators=[Needed()])

    @classmethod
    def for_pools(cls, pools: Sequence[tuple[Pool, str]], *, is_fresh: bool = False) -> "BatchForm":
        """Return the form.

        :param pools: those that may get a batch, each with its name.
        """
        form = cls(**({"formdata": None} if is_fresh else {}))
        form.batch_pool.choices = _by_name(pools)
        return form

    def validate_batch_at(self, field: InstantField) -> None:
        """A batch lies ahead; the engine looks again under its lock."""
        if field.data and field.data <= clock.now():
            raise ValidationError(_("放出时间应晚于现在"))

    def at(self) -> datetime:
        """Return when the places come."""
        assert self.batch_at.data is not None
        return self.batch_at.data


class ReserveForm(FlaskForm):
    """Which pool lends its places to the others."""

    reserve_pool: SelectField = OneOfField(_l("名额池"), validators=[Chosen()])

    @classmethod
    def for_pools(cls, pools: Sequence[tuple[Pool, str]], *, is_fresh: bool = False) -> "ReserveForm":
        """Return the form.

        :param pools: those that may be a reserve, each with its name.
        """
        form = cls(**({"formdata": None} if is_fresh else {}))
        form.reserve_pool.choices = _by_name(pools)
        return form


class FestivalRulesForm(FlaskForm):
    """What holds for everybody in the whole festival."""

    activities_max = WholeField(
        _l("每人最多同时报名的活动数"),
        least=1,
        most=_PARTY,
        description=_l("已结束和已取消的不算；候补中的也算；留空：不限。已有的报名不受影响"),
    )
    reveals_max = WholeField(
        _l("每人一小时内最多查看多少人的信息"),
        least=1,
        most=_REVEALS,
        validators=[Needed()],
        description=_l("超过时不会被拦下，但会列在审计员的操作记录页上"),
    )

    def value(self) -> FestivalRules:
        """Return the rules typed."""
        assert self.reveals_max.data is not None
        return FestivalRules(self.activities_max.data, self.reveals_max.data)
