"""The seam for activity kinds, whole: what one folder under ``festival.kinds`` may bring to every slice.

``programme.kinds.ActivityKind`` is what the lowest slices ask of a kind. ``Kind`` adds what slices above them ask, each with a
default that suits a plain talk. Slices never name a kind: each keeps a registry by the kind's key, and ``register`` fills them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import ModuleType

from click import Command

from festival.accounts.personal import Holding
from festival.audit import wording as audit
from festival.audit.wording import Named
from festival.calendars import kept as keeping
from festival.calendars import render as calendars
from festival.calendars.kept import KeptParts
from festival.checkin import render as door
from festival.checkin.render import DoorBoards, DoorFacts
from festival.notices import own as notices
from festival.notices.own import OwnMessage
from festival.overview import render as overview
from festival.overview.render import OwnTasks
from festival.programme import kinds as programme
from festival.programme.kinds import ActivityKind
from festival.roster import columns as roster
from festival.roster.columns import Extra
from festival.seed import kinds as seed
from festival.seed.kinds import Demo, Sow
from festival.signups import following, mine, sweep
from festival.signups.following import Follower
from festival.signups.mine import Appointments, Ways
from festival.signups.models import SignUp
from festival.signups.sweep import OwnSweep
from festival.signups.ticket import Panel


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind(ActivityKind):
    """One kind of activity with all it brings. 活动类型"""

    #: Modules of its tables: importing them registers them, the migrations must equal them.
    models: tuple[ModuleType, ...] = ()
    #: What it holds about people beside their sign-ups.
    holding: Holding | None = None
    commands: tuple[Command, ...] = ()
    #: What it does when a sign-up changes its state, in the same transaction.
    followers: tuple[Follower, ...] = ()
    #: What it adds below a ticket.
    panels: tuple[Panel, ...] = ()
    #: Columns of the roster, fit for whoever may see it with names masked.
    columns: tuple[Extra, ...] = ()
    #: Messages of its own. Staff may reword them like all others.
    messages: tuple[OwnMessage, ...] = ()
    #: Lines it adds to a sign-up's entry in its owner's calendar, in the language spoken. Whoever changes what they say raises
    #: the sign-up's revision in the same transaction (``waitlist.touch``): the feed is built again by that.
    private_lines: Callable[[SignUp], list[str]] | None = None
    #: Parts of it that somebody keeps for later without booking anything, for their own calendar. Whoever changes what one keeps
    #: calls ``calendars.service.kept_otherwise``; whoever changes the parts, ``programme.service.touch_feeds``.
    kept: KeptParts | None = None
    #: Times that somebody keeps within it beside their sign-up, and ways from 我的报名 to pages of its own.
    appointments: Appointments | None = None
    ways: Ways | None = None
    #: What it calls its actions and tables in the audit trail.
    audit_words: Named = field(default_factory=dict)
    #: What the door says of its sign-ups beside the verdict of a scan, first.
    door_facts: DoorFacts | None = None
    #: What it adds to the live numbers of the door.
    door_board: DoorBoards | None = None
    #: What its organizers have to do now, on their first page.
    tasks: OwnTasks | None = None
    #: What time alone makes due, looked for each minute.
    sweep: OwnSweep | None = None
    #: Brings its own tables up to the programme's files.
    sow: Sow | None = None
    #: What the demo's people do with it, after they have signed up.
    demo: Demo | None = None


def register(kinds: Iterable[Kind], *, sweeps: Iterable[OwnSweep] = ()) -> None:
    """Tell each slice what the kinds bring to it; called once by the composition root.

    :param sweeps: what slices above the sign-ups do when time alone has made it due.
    """
    known = tuple(kinds)
    programme.register(known)
    following.register({kind.key: kind.followers for kind in known})
    roster.register({kind.key: kind.columns for kind in known})
    notices.register({kind.key: kind.messages for kind in known})
    calendars.register({kind.key: kind.private_lines for kind in known if kind.private_lines is not None})
    keeping.register(kind.kept for kind in known if kind.kept is not None)
    mine.register(
        (kind.appointments for kind in known if kind.appointments is not None),
        (kind.ways for kind in known if kind.ways is not None),
    )
    audit.register(kind.audit_words for kind in known)
    overview.register({kind.key: kind.tasks for kind in known if kind.tasks is not None})
    door.register(
        {kind.key: kind.door_facts for kind in known if kind.door_facts is not None},
        {kind.key: kind.door_board for kind in known if kind.door_board is not None},
    )
    sweep.register((*sweeps, *(kind.sweep for kind in known if kind.sweep is not None)))
    seed.register(
        sow={kind.key: kind.sow for kind in known if kind.sow is not None},
        demo={kind.key: kind.demo for kind in known if kind.demo is not None},
    )
