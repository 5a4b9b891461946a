"""What a mixer holds about people, and until when. All of it goes together, the days after the end that the mixer itself says."""

from datetime import timedelta

from sqlalchemy import Select, delete, select, tuple_

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, rows
from festival.kinds.mixer import queries, render, service
from festival.kinds.mixer.models import Acquaintance, Block, Choice, Guest, Meeting, Pair, Preference, Report
from festival.kinds.mixer.rules import Stage
from festival.lib import clock
from festival.lib.db import Model, db
from festival.lib.i18n import _l
from festival.programme.models import Activity, ActivityStatus
from festival.signups.models import SignUp

#: Where a mixer does not say how long.
_DAYS = 30


def _sign_ups(account_id: int) -> Select[int]:
    return select(SignUp.id).where(SignUp.person_id == account_id)


def _guests(account_id: int) -> list[int]:
    return list(db.session.scalars(select(Guest.id).where(Guest.sign_up_id.in_(_sign_ups(account_id))).order_by(Guest.id)))


def _export(account_id: int) -> Rows:
    """Return what a person gave and was given. Of a choice only that there are rows: nobody can read them."""
    mine, guests = _sign_ups(account_id), _guests(account_id)
    labels = queries.labels(list(db.session.scalars(mine)))
    pairs = [(guest, pair) for guest in guests if _sees_result(guest) for pair in queries.pairs_of(guest)]
    met = _met(guests) | {person for guest, pair in pairs if (person := _other(pair, guest)) is not None}
    others = {guest.id: queries.labels([guest.sign_up_id])[guest.sign_up_id] for guest in queries.by_id(met).values()}
    return {
        "mixer_guest": [
            {**row, "label": labels.get(int(str(row["sign_up_id"])), "")} for row in rows(Guest, Guest.id.in_(guests))
        ],
        "mixer_preference": rows(Preference, Preference.sign_up_id.in_(mine)),
        "mixer_acquaintance": rows(Acquaintance, Acquaintance.sign_up_id.in_(mine)),
        "mixer_block": [
            {"blocked": others[blocked]}
            for blocked in db.session.scalars(select(Block.blocked_id).where(Block.by_id.in_(guests)).order_by(Block.id))
        ],
        "mixer_meeting": [
            {"round": meeting.round, "with": others.get(_other(meeting, guest) or 0, "")}
            for guest in guests
            for meeting in queries.meetings_of(guest)
        ],
        "mixer_choice": [{"rows": "sealed"} for guest in guests if queries.has_chosen(guest)],
        "mixer_pair": [{"with": others[_other(pair, guest) or 0]} for guest, pair in pairs],
        "mixer_report": [
            {
                "about": others[report.about_id],
                "what": report.what.value,
                "words": queries.words_of(report),
                "at": report.at.isoformat(),
            }
            for guest in guests
            for report in queries.reports_by(guest)
        ],
    }


def _sees_result(guest_id: int) -> bool:
    """Tell whether it is time for somebody to learn who chose them back: until then their own data does not say so either."""
    activity = queries.activity_of(db.session.get_one(Guest, guest_id).activity_id)
    return render.stage_of(activity, clock.now())[0] == Stage.RESULT


def _other(row: Meeting | Pair, guest_id: int) -> int | None:
    return row.right_id if row.left_id == guest_id else row.left_id


def _met(guests: list[int]) -> set[int]:
    """Return everybody whom a person's own rows name, pairs apart."""
    met = (_other(meeting, guest) for guest in guests for meeting in queries.meetings_of(guest))
    found = {person for person in met if person is not None}
    found |= set(db.session.scalars(select(Block.blocked_id).where(Block.by_id.in_(guests))))
    return found | set(db.session.scalars(select(Report.about_id).where(Report.by_id.in_(guests))))


def _erase(account_id: int) -> None:
    for guest_id in _guests(account_id):
        service.forget(guest_id)
    for table in (Preference, Acquaintance):
        db.session.execute(delete(table).where(table.sign_up_id.in_(_sign_ups(account_id))))


def _consent_withdrawn(consent: Consent) -> None:
    """Follow a withdrawn consent: without the one to pass contacts on there is no choice; without the notice there is nothing."""
    guest = queries.guest_of(consent.sign_up_id) if consent.sign_up_id is not None else None
    if guest is not None and consent.question_key in {None, queries.CONSENT}:
        service.from_choice(guest.id)


# -- until when ----------------------------------------------------------------------------------------------------------------


def _over(moment: Moment) -> list[int]:
    """Return the mixers that ended so long ago that nothing of them is kept."""
    ended = db.session.scalars(
        select(Activity).where(
            Activity.kind == "mixer",
            Activity.ends_at < moment.festival - timedelta(days=1),
            Activity.status != ActivityStatus.POSTPONED,
        ),
    )
    return [one.id for one in ended if one.ends_at < moment.festival - timedelta(days=_days_of(one))]


def _days_of(activity: Activity) -> int:
    pairing = queries.pairing(activity)
    return pairing.delete_after_days if pairing else _DAYS


def _purge(moment: Moment, limit: int) -> int:
    """Delete everything of mixers that are over, what hangs on numbers before the numbers themselves."""
    over = _over(moment)
    guests = select(Guest.id).where(Guest.activity_id.in_(over))
    sign_ups = select(SignUp.id).where(SignUp.activity_id.in_(over))
    for table, condition in (
        (Choice, Choice.guest_id.in_(guests)),
        (Pair, Pair.left_id.in_(guests)),
        (Meeting, Meeting.activity_id.in_(over)),
        (Block, Block.by_id.in_(guests)),
        (Report, Report.activity_id.in_(over)),
        (Acquaintance, Acquaintance.sign_up_id.in_(sign_ups)),
        (Preference, Preference.sign_up_id.in_(sign_ups)),
        (Guest, Guest.activity_id.in_(over)),
    ):
        if deleted := _some_of(table, condition, limit):
            return deleted
    return 0


def _some_of(table: type[Model], condition: object, limit: int) -> int:
    keys = list(table.__table__.primary_key)
    found = db.session.execute(select(*keys).where(condition).limit(limit)).all()  # type: ignore[arg-type]
    if found:
        db.session.execute(delete(table).where(tuple_(*keys).in_([tuple(row) for row in found])))
    return len(found)


HOLDING = Holding(
    tables=frozenset(
        {
            "mixer_guest",
            "mixer_preference",
            "mixer_acquaintance",
            "mixer_block",
            "mixer_meeting",
            "mixer_choice",
            "mixer_pair",
            "mixer_report",
        }
    ),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(Purge("mixer", _l("联谊的编号、轮桌、互选、“不再相遇”和反馈"), _l("活动结束后 30 天，或该联谊写明的天数"), _purge),),
)
