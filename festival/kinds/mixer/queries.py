"""Reading how a mixer stands. What is one's own is asked for by one's own sign-up; nothing here tells who chose whom."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import joinedload

from festival.accounts.models import Consent
from festival.checkin.models import Scan
from festival.kinds.mixer import rules
from festival.kinds.mixer.details import MixerDetails, Pairing
from festival.kinds.mixer.models import Acquaintance, Block, Choice, Guest, Meeting, Pair, Preference, Report, Run
from festival.kinds.mixer.rules import Times
from festival.lib import clock
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.sealing import unseal
from festival.programme.kinds import details_of
from festival.programme.models import Activity, Pool, Slot
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State

#: The question whose answer is shown beside a number while people choose.
_INTRO = "intro"
#: The question whose consent allows contacts to be passed on.
CONSENT = "match_consent"
_HAS_PLACE = (State.CONFIRMED, State.ATTENDED)


@dataclass(frozen=True, slots=True)
class Groups:
    """The two groups of a mixer. Those of the right one keep the table of their own number."""

    slot: Slot
    left: Pool
    right: Pool

    @property
    def letters(self) -> dict[int, str]:
        """Return the letter before a number, by pool."""
        first, second = rules.letters([self.left.key, self.right.key])
        return {self.left.id: first, self.right.id: second}

    def label(self, guest: Guest) -> str:
        """Return the number that somebody wears."""
        return rules.label(self.letters.get(guest.pool_id, "?"), guest.number)


def groups(activity_id: int) -> Groups | None:
    """Return the two groups of an activity: the first two pools of its first slot that has two; None: it has no two."""
    pools = db.session.scalars(
        select(Pool)
        .join(Slot, Slot.id == Pool.slot_id)
        .where(Slot.activity_id == activity_id, Pool.is_closed.is_(False), Pool.is_flex.is_(False))
        .order_by(Slot.starts_at, Slot.id, Pool.position)
        .options(joinedload(Pool.slot)),
    ).all()
    by_slot: dict[int, list[Pool]] = {}
    for pool in pools:
        by_slot.setdefault(pool.slot_id, []).append(pool)
    found = next((each for each in by_slot.values() if len(each) > 1), None)
    return Groups(found[0].slot, found[0], found[1]) if found else None


def pairing(activity: Activity) -> Pairing | None:
    """Return the rules of the tables and of the choice; None: nobody has set them."""
    details = details_of(activity)
    return details.pairing if isinstance(details, MixerDetails) else None


def times(activity: Activity) -> Times | None:
    """Return when people choose on the day of a mixer; None: nobody has set it."""
    found, two = pairing(activity), groups(activity.id)
    return found.times_on(two.slot.starts_at) if found and two else None


def check_in_at(activity: Activity, slot: Slot) -> datetime:
    """Return from when on people are checked in: the first part of the afternoon, else the doors, else the start."""
    details = details_of(activity)
    if isinstance(details, MixerDetails) and details.agenda:
        return datetime.combine(clock.local_day(slot.starts_at), details.agenda[0].starts, clock.ZONE)
    return slot.doors_at or slot.starts_at


def activity_of(activity_id: int) -> Activity:
    """Return an activity."""
    return db.session.get_one(Activity, activity_id)


def run(activity_id: int) -> Run | None:
    """Return how far a mixer is; None: nothing has happened yet."""
    return db.session.get(Run, activity_id, populate_existing=True)


# -- people --------------------------------------------------------------------------------------------------------------------


def guest_of(sign_up_id: int) -> Guest | None:
    """Return the number of a sign-up; None: it has not been checked in."""
    return db.session.scalar(
        select(Guest)
        .where(Guest.sign_up_id == sign_up_id)
        .execution_options(populate_existing=True)
        .options(joinedload(Guest.pool)),
    )


def guests(activity_id: int) -> list[Guest]:
    """Return everybody with a number, with sign-up and pool, by group and number."""
    return list(
        db.session.scalars(
            select(Guest)
            .join(Pool, Pool.id == Guest.pool_id)
            .where(Guest.activity_id == activity_id)
            .order_by(Pool.position, Guest.number)
            .options(joinedload(Guest.sign_up), joinedload(Guest.pool))
            .execution_options(populate_existing=True),
        ),
    )


def here(activity_id: int) -> list[Guest]:
    """Return those who are inside now, by group and number: who has left again is not."""
    inside = (
        select(Scan.sign_up_id)
        .where(Scan.activity_id == activity_id, Scan.sign_up_id.is_not(None))
        .group_by(Scan.sign_up_id)
        .having(func.sum(Scan.inside_by) > 0)
    )
    ids = set(db.session.scalars(inside))
    return [guest for guest in guests(activity_id) if guest.sign_up_id in ids]


def unnumbered(activity_id: int) -> list[SignUp]:
    """Return those who have been checked in and have no number."""
    has_number = select(Guest.id).where(Guest.sign_up_id == SignUp.id).exists()
    chosen = select(SignUp).where(SignUp.activity_id == activity_id, SignUp.state == State.ATTENDED, ~has_number)
    return list(db.session.scalars(chosen.order_by(SignUp.id)))


def numbered(two: Groups, letter: str, number: int) -> Guest | None:
    """Return who wears a number; None: nobody does."""
    pool_id = next((pool_id for pool_id, one in two.letters.items() if one == letter), None)
    return db.session.scalar(select(Guest).where(Guest.pool_id == pool_id, Guest.number == number))


def numbers_taken(pool_id: int) -> set[int]:
    """Return the numbers of a group that are given."""
    return set(db.session.scalars(select(Guest.number).where(Guest.pool_id == pool_id)))


def labels(sign_up_ids: Sequence[int]) -> dict[int, str]:
    """Return the numbers that people wear, by sign-up; who was not checked in is left out."""
    found = db.session.execute(
        select(Guest.sign_up_id, Guest.pool_id, Guest.number, Guest.activity_id).where(Guest.sign_up_id.in_(sign_up_ids)),
    ).all()
    letters: dict[int, str] = {}
    for activity_id in {row.activity_id for row in found}:
        two = groups(activity_id)
        letters |= two.letters if two else {}
    return {row.sign_up_id: rules.label(letters.get(row.pool_id, "?"), row.number) for row in found}


def without_photo(sign_up_ids: Sequence[int]) -> set[int]:
    """Return which of these do not want to be photographed."""
    return set(
        db.session.scalars(
            select(Preference.sign_up_id).where(Preference.sign_up_id.in_(sign_up_ids), Preference.no_photo.is_(True)),
        ),
    )


def has_numbers(activity: Activity) -> bool:
    """Tell whether any number of a mixer has been given."""
    return db.session.scalar(select(Guest.id).where(Guest.activity_id == activity.id).limit(1)) is not None


def has_photo_wishes(activity: Activity) -> bool:
    """Tell whether anybody who signed up does not want to be photographed."""
    chosen = select(Preference.sign_up_id).join(SignUp, SignUp.id == Preference.sign_up_id)
    return db.session.scalar(chosen.where(SignUp.activity_id == activity.id, Preference.no_photo.is_(True)).limit(1)) is not None


def intros(guest_ids: Collection[int]) -> dict[int, str]:
    """Return the line that each wrote about themselves, by guest; who wrote none is left out."""
    rows = db.session.execute(
        select(Guest.id, Answer.plain)
        .join(Answer, and_(Answer.sign_up_id == Guest.sign_up_id, Answer.question_key == _INTRO))
        .where(Guest.id.in_(guest_ids)),
    )
    return {row.id: row.plain for row in rows if row.plain}


def expected(activity_id: int) -> dict[int, int]:
    """Return how many have a place, by pool."""
    rows = db.session.execute(
        select(SignUp.pool_id, func.count().label("n"))
        .where(SignUp.activity_id == activity_id, SignUp.state.in_(_HAS_PLACE))
        .group_by(SignUp.pool_id),
    )
    return {row.pool_id: row.n for row in rows}


# -- who keeps away from whom --------------------------------------------------------------------------------------------------


def acquaintances(sign_up_id: int) -> list[Acquaintance]:
    """Return whom a person has said to know, in the order said."""
    chosen = select(Acquaintance).where(Acquaintance.sign_up_id == sign_up_id).order_by(Acquaintance.id)
    return list(db.session.scalars(chosen))


def blocked_by(guest_id: int) -> list[Guest]:
    """Return whom somebody has blocked, with their pool, by number."""
    chosen = (
        select(Guest)
        .join(Block, Block.blocked_id == Guest.id)
        .where(Block.by_id == guest_id)
        .order_by(Guest.number)
        .options(joinedload(Guest.pool))
    )
    return list(db.session.scalars(chosen))


def blocks(activity_id: int) -> list[tuple[int, int]]:
    """Return every block of a mixer: by whom, and whom."""
    rows = db.session.execute(
        select(Block.by_id, Block.blocked_id).join(Guest, Guest.id == Block.by_id).where(Guest.activity_id == activity_id),
    )
    return [(row.by_id, row.blocked_id) for row in rows]


def acquainted(two: Groups, everybody: Iterable[Guest]) -> list[tuple[int, int]]:
    """Return the pairs of guests of whom one has said to know the other, by number or by the digits of a ticket."""
    known = {two.label(guest): guest.id for guest in everybody}
    known |= {guest.sign_up.digits: guest.id for guest in everybody}
    of_sign_up = {guest.sign_up_id: guest.id for guest in everybody}
    said = db.session.execute(
        select(Acquaintance.sign_up_id, Acquaintance.said).where(Acquaintance.sign_up_id.in_(of_sign_up)),
    )
    return [(of_sign_up[row.sign_up_id], known[row.said]) for row in said if row.said in known]


# -- tables --------------------------------------------------------------------------------------------------------------------


def meetings(activity_id: int) -> list[Meeting]:
    """Return the whole plan, by round."""
    chosen = select(Meeting).where(Meeting.activity_id == activity_id).order_by(Meeting.round, Meeting.id)
    return list(db.session.scalars(chosen))


def meetings_of(guest_id: int) -> list[Meeting]:
    """Return somebody's own rounds."""
    mine = or_(Meeting.left_id == guest_id, Meeting.right_id == guest_id)
    return list(db.session.scalars(select(Meeting).where(mine).order_by(Meeting.round)))


def last_round(activity_id: int) -> int:
    """Return the last round that is planned; 0: none is."""
    return db.session.scalar(select(func.max(Meeting.round)).where(Meeting.activity_id == activity_id)) or 0


def has_withdrawn(sign_up_id: int) -> bool:
    """Tell whether somebody has withdrawn the consent to pass contacts on, and not given it again."""
    given = db.session.scalars(
        select(Consent.withdrawn_at).where(Consent.sign_up_id == sign_up_id, Consent.question_key == CONSENT)
    ).all()
    return bool(given) and all(at is not None for at in given)


# -- the choice ----------------------------------------------------------------------------------------------------------------


def has_chosen(guest_id: int) -> bool:
    """Tell whether somebody has sent their three rows: of nobody, of one, or of three people."""
    return db.session.scalar(select(func.count()).select_from(Choice).where(Choice.guest_id == guest_id)) != 0


def choosers(activity_id: int) -> int:
    """Return how many have sent their rows."""
    chosen = select(func.count(func.distinct(Choice.guest_id))).join(Guest, Guest.id == Choice.guest_id)
    return db.session.scalar(chosen.where(Guest.activity_id == activity_id)) or 0


def pairs_of(guest_id: int) -> list[Pair]:
    """Return the pairs that somebody belongs to."""
    mine = or_(Pair.left_id == guest_id, Pair.right_id == guest_id)
    return list(db.session.scalars(select(Pair).where(mine).order_by(Pair.id)))


def by_id(guest_ids: Collection[int]) -> dict[int, Guest]:
    """Return guests by their id."""
    return {guest.id: guest for guest in db.session.scalars(select(Guest).where(Guest.id.in_(guest_ids)))}


def unsettled() -> list[int]:
    """Return the mixers whose choice has closed and has not been settled; one that nobody came to was put off."""
    now = database_now()
    anybody = select(Guest.id).where(Guest.activity_id == Activity.id).exists()
    running = db.session.scalars(
        select(Activity).join(Run, Run.activity_id == Activity.id).where(Run.settled_at.is_(None), anybody).order_by(Activity.id)
    )
    return [one.id for one in running if (set_to := times(one)) is not None and set_to.closes_at <= now]


# -- reports -------------------------------------------------------------------------------------------------------------------


def reports(activity_id: int) -> list[Report]:
    """Return the reports of a mixer, those to be dealt with first, with both guests."""
    chosen = (
        select(Report)
        .where(Report.activity_id == activity_id)
        .order_by(Report.closed_at.is_not(None), Report.id.desc())
        .options(joinedload(Report.by), joinedload(Report.about).joinedload(Guest.sign_up))
    )
    return list(db.session.scalars(chosen))


def reports_by(guest_id: int) -> list[Report]:
    """Return what somebody has reported, in the order of reporting."""
    return list(db.session.scalars(select(Report).where(Report.by_id == guest_id).order_by(Report.id)))


def words_of(report: Report) -> str:
    """Return what somebody wrote in a report; empty: nothing."""
    return unseal(report.sealed, f"mixer_report:{report.about_id}").decode() if report.sealed else ""


def open_reports(activity_id: int) -> int:
    """Return how many reports are still to be dealt with."""
    chosen = select(func.count()).select_from(Report).where(Report.activity_id == activity_id, Report.closed_at.is_(None))
    return db.session.scalar(chosen) or 0


def report(activity_id: int, report_id: int) -> Report:
    """Return a report of a mixer.

    :raises NotFound: it has no such report.
    """
    found = db.session.scalar(select(Report).where(Report.id == report_id, Report.activity_id == activity_id))
    if found is None:
        raise NotFound
    return found
