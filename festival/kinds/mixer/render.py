"""What the pages of a mixer show: to somebody who takes part, and to those who run it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from festival.accounts.models import Account
from festival.kinds.mixer import choosing, queries, rotation, rules
from festival.kinds.mixer.details import Pairing
from festival.kinds.mixer.models import Guest, Meeting, Run
from festival.kinds.mixer.queries import Groups
from festival.kinds.mixer.rules import Stage, Times
from festival.lib import clock
from festival.lib.i18n import loc
from festival.programme.models import Activity
from festival.signups.models import SignUp
from festival.signups.rules import State
from festival.signups.ticket import address_of

#: States whose owner has anything to do with the afternoon.
TAKES_PART = frozenset({State.CONFIRMED, State.ATTENDED})


# -- for somebody who takes part -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Round:
    """One of somebody's rounds. ``other`` empty: they sit it out."""

    number: int
    other: str
    #: The number of the table.
    table: str
    intro: str
    is_on: bool
    is_over: bool


@dataclass(frozen=True, slots=True)
class Mine:
    """How a mixer stands for one person."""

    times: Times | None
    stage: Stage
    pairing: Pairing | None
    #: From when on numbers are given.
    check_in_at: datetime
    #: The number they wear; empty: they have not been checked in.
    number: str
    #: They are checked in now: a number alone is not enough.
    is_here: bool
    #: The letter before the numbers of the other group; empty before there is a number.
    others_letter: str
    key: bytes | None
    rounds: tuple[Round, ...]
    #: The whole plan has been made, whoever is in it.
    is_planned: bool
    acquaintances: tuple[tuple[int, str], ...]
    blocked: tuple[str, ...]
    no_photo: bool
    has_chosen: bool
    #: A word that changes when the page has something else to show.
    version: str
    name: str
    mobile: str

    @property
    def met(self) -> list[Round]:
        """Return the rounds with somebody to choose from."""
        return [one for one in self.rounds if one.other and one.other not in self.blocked]


def mine(sign_up: SignUp, person: Account, now: datetime) -> Mine:
    """Return how a mixer stands for the owner of a sign-up."""
    activity = sign_up.activity
    times, two, run = queries.times(activity), queries.groups(activity.id), queries.run(activity.id)
    guest = queries.guest_of(sign_up.id)
    stage = _stage(times, run, now)
    rounds = _rounds(guest, two, run, stage) if guest and two else ()
    number = two.label(guest) if guest and two else ""
    others = next((letter for pool_id, letter in two.letters.items() if guest and pool_id != guest.pool_id), "") if two else ""
    return Mine(
        times=times,
        stage=stage,
        pairing=queries.pairing(activity),
        check_in_at=queries.check_in_at(activity, sign_up.slot),
        number=number,
        is_here=sign_up.state == State.ATTENDED,
        others_letter=others if guest else "",
        key=guest.public_key if guest else None,
        rounds=rounds,
        is_planned=queries.last_round(activity.id) > 0,
        acquaintances=tuple((one.id, one.said) for one in queries.acquaintances(sign_up.id)),
        blocked=tuple(two.label(one) for one in queries.blocked_by(guest.id)) if guest and two else (),
        no_photo=sign_up.id in queries.without_photo([sign_up.id]),
        has_chosen=guest is not None and queries.has_chosen(guest.id),
        version=version(sign_up, stage, run),
        name=sign_up.name or person.name,
        mobile=address_of(person),
    )


def _stage(times: Times | None, run: Run | None, now: datetime) -> Stage:
    """Return where the choice stands; before anybody has set its times it has not begun."""
    return rules.stage_of(times, run.settled_at if run else None, now) if times else Stage.BEFORE


def version(sign_up: SignUp, stage: Stage, run: Run | None) -> str:
    """Return a word that changes when somebody's page has something else to show."""
    planned = run.planned_at.isoformat() if run and run.planned_at else ""
    return f"{sign_up.state.value}-{stage.value}-{run.current_round if run else 0}-{planned}"


def stage_of(activity: Activity, now: datetime) -> tuple[Stage, Run | None]:
    """Return where the choice of a mixer stands, and how far the mixer is."""
    run = queries.run(activity.id)
    return _stage(queries.times(activity), run, now), run


def _rounds(guest: Guest, two: Groups, run: Run | None, stage: Stage) -> tuple[Round, ...]:
    meetings = queries.meetings_of(guest.id)
    others = queries.by_id([other for meeting in meetings if (other := _other(meeting, guest.id)) is not None])
    intros = queries.intros(list(others)) if stage != Stage.BEFORE else {}
    is_still_on = stage in {Stage.BEFORE, Stage.OPEN}  # nobody presses a key at the end of the last round
    on = run.current_round if run else 0
    found = []
    for meeting in meetings:
        met = others.get(_other(meeting, guest.id) or 0)
        table = guest if meeting.right_id == guest.id else met
        found.append(
            Round(
                meeting.round,
                two.label(met) if met else "",
                two.label(table) if table and met else "",
                intros.get(met.id, "") if met else "",
                is_on=meeting.round == on and is_still_on,
                is_over=meeting.round < on or (meeting.round == on and not is_still_on),
            )
        )
    return tuple(found)


def _other(meeting: Meeting, guest_id: int) -> int | None:
    return meeting.right_id if meeting.left_id == guest_id else meeting.left_id


def panel(sign_up: SignUp) -> Mapping[str, object] | None:
    """Return what stands below the ticket: the number, and the way to one's own page of the mixer; None: nothing."""
    if sign_up.state not in TAKES_PART:
        return None
    return {"number": queries.labels([sign_up.id]).get(sign_up.id, ""), "stage": stage_of(sign_up.activity, clock.now())[0]}


# -- for those who run it ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Group:
    """One of the two groups, in numbers of persons."""

    name: str
    letter: str
    expected: int
    came: int
    here: int
    phones: int


@dataclass(frozen=True, slots=True)
class Trial:
    """What a plan would look like if everybody with a place came."""

    rounds: int
    tables: int
    #: How many of the larger group sit out in each round, and how often one of them does at most.
    out: int
    most: int


@dataclass(frozen=True, slots=True)
class Desk:
    """How a mixer stands, in numbers alone."""

    times: Times | None
    stage: Stage
    pairing: Pairing | None
    groups: tuple[Group, ...]
    trial: Trial | None
    current_round: int
    last_round: int
    planned_at: datetime | None
    #: Who is here and in no round to come, and who is in one and has left.
    newcomers: int
    gone: int
    choosers: int
    #: Pairs found; None: not before each can see their own result.
    pairs: int | None
    code: str
    reports: int


def desk(activity: Activity, now: datetime) -> Desk:
    """Return how a mixer stands."""
    times, two, run = queries.times(activity), queries.groups(activity.id), queries.run(activity.id)
    stage, pairing = _stage(times, run, now), queries.pairing(activity)
    here = queries.here(activity.id) if two else []
    everybody = queries.guests(activity.id) if two else []
    current = run.current_round if run else 0
    to_come = [meeting for meeting in queries.meetings(activity.id) if meeting.round > current]
    planned = {person for meeting in to_come for person in (meeting.left_id, meeting.right_id) if person is not None}
    inside = {guest.id for guest in here}
    groups = _groups(activity, two, everybody, inside) if two else ()
    return Desk(
        times=times,
        stage=stage,
        pairing=pairing,
        groups=groups,
        trial=_trial(groups, pairing) if pairing and not planned and not current else None,
        current_round=current,
        last_round=queries.last_round(activity.id),
        planned_at=run.planned_at if run else None,
        newcomers=len(inside - planned) if planned else 0,
        gone=len(planned - inside),
        choosers=queries.choosers(activity.id),
        pairs=run.pairs if run and stage == Stage.RESULT else None,
        code=choosing.code_of(choosing.keys(activity.id)) if any(guest.public_key for guest in everybody) else "",
        reports=queries.open_reports(activity.id),
    )


def _groups(activity: Activity, two: Groups, everybody: Sequence[Guest], inside: set[int]) -> tuple[Group, ...]:
    expected = queries.expected(activity.id)
    return tuple(
        Group(
            name=loc(pool, "label"),
            letter=two.letters[pool.id],
            expected=expected.get(pool.id, 0),
            came=len(of),
            here=sum(guest.id in inside for guest in of),
            phones=sum(guest.public_key is not None for guest in of),
        )
        for pool in (two.left, two.right)
        for of in ([guest for guest in everybody if guest.pool_id == pool.id],)
    )


def _trial(groups: Sequence[Group], pairing: Pairing) -> Trial | None:
    """Return what a plan would look like for everybody who has a place; None: a group is empty."""
    left, right = (min(group.expected, rotation.MOST) for group in groups)
    if not left or not right:
        return None
    seats = rotation.plan(
        range(1, left + 1),
        range(-right, 0),
        (),
        range(1, pairing.rounds + 1),
        chance=Random(0),  # noqa: S311  # a trial: nobody's table hangs on it
    )
    alone: dict[int, int] = {}
    for seat in seats:
        if seat.left is None or seat.right is None:
            person = seat.left or seat.right or 0
            alone[person] = alone.get(person, 0) + 1
    return Trial(seats[-1].round, min(left, right), abs(left - right), max(alone.values(), default=0))


@dataclass(frozen=True, slots=True)
class Grid:
    """The plan of one group: a row for each number, a cell for each round (empty: sits out; None: not planned)."""

    name: str
    rows: tuple[tuple[str, tuple[str | None, ...]], ...]


def grids(two: Groups, activity_id: int) -> tuple[int, tuple[Grid, ...]]:
    """Return how many rounds are planned, and the plan of both groups."""
    last, everybody = queries.last_round(activity_id), queries.guests(activity_id)
    label = {guest.id: two.label(guest) for guest in everybody}
    cells: dict[tuple[int, int], str] = {}
    for meeting in queries.meetings(activity_id):
        for one, other in ((meeting.left_id, meeting.right_id), (meeting.right_id, meeting.left_id)):
            if one is not None:
                cells[one, meeting.round] = label.get(other or 0, "")
    found = []
    for pool in (two.right, two.left):
        rows = [
            (label[guest.id], tuple(cells.get((guest.id, number)) for number in range(1, last + 1)))
            for guest in everybody
            if guest.pool_id == pool.id
        ]
        found.append(Grid(loc(pool, "label"), tuple(row for row in rows if any(cell is not None for cell in row[1]))))
    return last, tuple(found)


@dataclass(frozen=True, slots=True)
class Badge:
    """A number to wear, or in the list of those given. ``has_phone`` and ``is_here`` only where it is given."""

    label: str
    group: str
    is_given: bool
    no_photo: bool
    is_here: bool
    has_phone: bool


def badges(two: Groups, activity_id: int) -> list[Badge]:
    """Return every number there is, given or not, by group."""
    given = {(guest.pool_id, guest.number): guest for guest in queries.guests(activity_id)}
    inside = {guest.id for guest in queries.here(activity_id)}
    unseen = queries.without_photo([guest.sign_up_id for guest in given.values()])
    found = []
    for pool in (two.left, two.right):
        most = max([pool.capacity or 0, *(number for pool_id, number in given if pool_id == pool.id)], default=0)
        for number in range(1, most + 1):
            guest = given.get((pool.id, number))
            found.append(
                Badge(
                    label=rules.label(two.letters[pool.id], number),
                    group=loc(pool, "label"),
                    is_given=guest is not None,
                    no_photo=guest is not None and guest.sign_up_id in unseen,
                    is_here=guest is not None and guest.id in inside,
                    has_phone=guest is not None and guest.public_key is not None,
                )
            )
    return found
