"""The sign-up form of one activity for one reader: what it offers, what it asks, what it shows beforehand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from werkzeug.datastructures import MultiDict

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.format import count
from festival.lib.i18n import _, loc, locale
from festival.programme import queries as programme
from festival.programme.kinds import ActivityKind, kind_of
from festival.programme.models import Activity, Question, Slot
from festival.programme.structure import Structure
from festival.signups import asking, mine, queries, wording
from festival.signups.forms import SignUpForm
from festival.signups.invited import Shown, shown
from festival.signups.mine import Appointment
from festival.signups.models import SignUp
from festival.signups.notice import RETAIN_DAYS, Notice, notice_kept, notice_of
from festival.signups.openings import Openings, PoolOpening, SlotOpening, openings_of
from festival.signups.service import cancel_until
from festival.signups.timeline import appointment_clashes, stop_at, told_clashes


@dataclass(frozen=True, slots=True)
class SlotDay:
    """The slots of one day."""

    on: date
    slots: tuple[SlotOpening, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything a sign-up page is made of, read once."""

    activity: Activity
    kind: ActivityKind
    questions: list[Question]
    notice: Notice
    openings: Openings
    #: None: a visitor, who gives address and code with the form.
    person: Account | None
    #: What the person holds already in this activity.
    held: tuple[SignUp, ...]
    now: datetime

    @property
    def invitation(self) -> Shown:
        """What the reader's code opens."""
        return self.openings.invitation

    @property
    def takes_codes(self) -> bool:
        """Tell whether a code could open something here."""
        return self.activity.has_invitations

    @property
    def held_now(self) -> SignUp | None:
        """The sign-up that stands instead of a form; where each day may be booked, none does."""
        return self.held[-1] if self.held and not self.kind.claims_per_session else None

    @property
    def held_sessions(self) -> frozenset[int]:
        """The sessions whose one place the person holds already."""
        return frozenset(sign_up.session_id for sign_up in self.held)

    def is_held(self, opening: SlotOpening) -> bool:
        """Tell whether the person already holds the place of a slot's session."""
        return (opening.slot.parent_id or opening.slot.id) in self.held_sessions

    @property
    def days(self) -> list[SlotDay]:
        """The slots to choose from, by day."""
        found = groupby(self.openings.listed, key=lambda opening: clock.local_day(opening.slot.starts_at))
        return [SlotDay(on, tuple(slots)) for on, slots in found]

    @property
    def only_slot(self) -> SlotOpening | None:
        """The one slot there is; None where one must be chosen."""
        return self.openings.listed[0] if len(self.openings.listed) == 1 else None

    @property
    def only_pool(self) -> PoolOpening | None:
        """The one pool of the one slot; None where one must be chosen, or the answers decide."""
        return self.only_slot.only_pool if self.only_slot else None

    @property
    def chooses_pool_first(self) -> bool:
        """Tell whether pools are listed under their slots, because a slot has several."""
        return any(len(opening.pools) > 1 and not opening.is_by_quota for opening in self.openings.listed)

    @property
    def is_timed(self) -> bool:
        """Tell whether one chooses when to come in, rather than which session to attend."""
        return any(opening.slot.parent_id is not None for opening in self.openings.listed)

    def place_of(self, opening: SlotOpening) -> str:
        """Return where a slot takes place, if that is not where the activity does."""
        venue = opening.slot.venue
        return loc(venue, "name") if venue is not None and venue.id != self.activity.venue_id else ""

    @property
    def unit(self) -> str:
        """The unit of the pools to choose from."""
        return next((one.pool.unit for opening in self.openings.listed for one in opening.pools), "")

    def said_of(self, opening: PoolOpening) -> str:
        """Say what one who chooses a pool would get; empty where a place is free."""
        return wording.opening_words(opening.verdict, opening.ahead, self.activity.promotion)

    @property
    def told_before(self) -> str:
        """Say what follows from sending the form, where there is nothing to choose; empty where a place is free."""
        if self.only_slot is None or not (self.only_pool or self.only_slot.is_by_quota):
            return ""
        opening = self.only_pool or next((pool for pool in self.only_slot.pools if pool.is_choosable), None)
        return wording.told_before(opening.verdict, opening.ahead, self.activity) if opening else ""

    def said_of_day(self, day: SlotDay) -> str:
        """Say how a whole day stands, so that nobody need open it to see that it is full."""
        if any(self.is_held(opening) for opening in day.slots):
            return _("您已预约")
        pools = [pool for opening in day.slots if opening.is_choosable for pool in opening.pools]
        if not pools:
            return _("名额已满")
        if any(pool.free_now is None for pool in pools):
            return ""
        free = sum(pool.free_now or 0 for pool in pools)
        return _("余 %(n)s", n=count(free)) if free else _("可候补")

    def open_day(self, chosen: str) -> date | None:
        """Return the day that stands open: the chosen slot's, else the first on which something can be had."""
        for day in self.days:
            if any(str(opening.slot.id) == chosen for opening in day.slots):
                return day.on
        free = (day.on for day in self.days for opening in day.slots if opening.is_choosable and not self.is_held(opening))
        return next(free, None)

    def cancel_until(self, slot: Slot) -> datetime:
        """Return until when a place of a slot may be given back."""
        return cancel_until(self.activity, slot)

    @property
    def collected(self) -> list[tuple[str, str, int]]:
        """The rows of the notice: what, why, days kept. Questions of the same purpose share one."""
        rows = [(_("手机号或邮箱"), _("登录与通知"), RETAIN_DAYS)]
        asked = [(loc(one, "purpose"), one.retain_days, loc(one, "label")) for one in self.questions]
        purposes = list(dict.fromkeys((purpose, days) for purpose, days, _label in asked))
        for purpose, days in purposes:
            labels = [label for its, its_days, label in asked if (its, its_days) == (purpose, days)]
            rows.append((_("、").join(labels), purpose, days))
        return rows


def sheet_of(slug: str, person: Account | None, code: str = "", *, at_the_door: bool = False) -> Sheet:
    """Read what the sign-up page of an activity is made of.

    :param code: of an invitation, as it was typed or carried; empty: none.
    :param at_the_door: for somebody who stands there without a sign-up.
    :raises NotFound: there is no such public activity.
    """
    activity = programme.published(slug)
    now = clock.now()
    return Sheet(
        activity=activity,
        kind=kind_of(activity),
        questions=activity.questions,
        notice=notice_of(activity, activity.questions),
        openings=openings_of(activity, now, shown(activity, code, now), at_the_door=at_the_door),
        person=person,
        held=tuple(queries.held_in(person.id, activity.id)) if person else (),
        now=now,
    )


def empty_form(sheet: Sheet, key: str, chosen: str = "") -> SignUpForm:
    """Return the form as it is first shown: what a returning person said before need not be typed again.

    :param key: the fresh idempotency key.
    :param chosen: the slot that the reader comes from, if any.
    """
    known: dict[str, Any] = {"idempotency_key": key, "slot": chosen, "invitation": sheet.invitation.code}
    if sheet.person is not None:
        known |= asking.prefill(sheet.questions, queries.earlier_answers(sheet.person.id))
        known[f"q-{asking.NAME}"] = sheet.person.name
    return _form(sheet, data=known)


def sent_form(sheet: Sheet, sent: MultiDict[str, Any]) -> SignUpForm:
    """Return the form as it was sent."""
    return _form(sheet, sent=sent)


def form_kept(known: Structure, sent: MultiDict[str, Any]) -> SignUpForm:
    """Return the form as somebody signed in sent it, judged by what an activity is made of as this process keeps it."""
    activity, locale_ = known.activity, locale()
    return SignUpForm(
        activity,
        activity.questions,
        notice_kept(known),
        openings_of(activity, clock.now()),
        is_visitor=False,
        sent=sent,
        fields=known.made.setdefault((SignUpForm, locale_), {}),
    )


def _form(sheet: Sheet, sent: MultiDict[str, Any] | None = None, data: Mapping[str, Any] | None = None) -> SignUpForm:
    return SignUpForm(
        sheet.activity,
        sheet.questions,
        sheet.notice,
        sheet.openings,
        is_visitor=sheet.person is None,
        sent=sent,
        data=data,
    )


def clashes(sheet: Sheet, others: Sequence[SignUp]) -> dict[int, str]:
    """Say for each slot to choose from what else of the person's is too close in time, by slot id."""
    appointments = mine.appointments(sheet.person.id) if sheet.person else []
    found = {opening.slot.id: _clash(sheet, opening, others, appointments) for opening in sheet.openings.listed}
    return {slot_id: words for slot_id, words in found.items() if words}


def _clash(sheet: Sheet, opening: SlotOpening, others: Sequence[SignUp], appointments: Sequence[Appointment]) -> str:
    stop = stop_at(opening.slot, opening.slot.venue or sheet.activity.venue)
    told = told_clashes(stop, others, sheet.now) or appointment_clashes(stop, appointments, sheet.activity.id)
    return next(iter(told), "")
