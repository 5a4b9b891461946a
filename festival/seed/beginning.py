"""How a festival begins: the programme is loaded and, in a demo, its staff and its people come. A demo can begin anew."""

from datetime import timedelta

from festival.accounts.staff import ensure_demo_staff
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.settings import Settings
from festival.seed import moving, queries
from festival.seed.demo import is_populated, populate
from festival.seed.document import Programme
from festival.seed.files import read
from festival.seed.moving import Tell
from festival.seed.service import empty, load
from festival.seed.sowing import Report


def load_programme(programme: Programme, settings: Settings) -> Report:
    """Load the programme in one transaction, with the demo's staff.

    :raises ProgrammeRefused, SeedRefused: the files or the database do not allow it; nothing was written.
    """
    with transaction():
        report = load(programme, dates=settings.dates, demo=settings.demo)
        if settings.demo:
            ensure_demo_staff(settings.demo_staff_password)
    return report


def let_people_come(programme: Programme, tell: Tell) -> None:
    """Let the demo's people sign up, once; whatever has happened since the server last ran happens now."""
    festival = queries.festival_of(programme.festival.slug)
    if festival is None:
        return
    if not is_populated(festival):
        tell("The demo's people sign up (half a minute, once) …")
        with transaction():
            festival = queries.festival_of(programme.festival.slug)
            assert festival is not None
            made = populate(festival, programme.festival.demo_now + timedelta(weeks=festival.shift_weeks), tell)
        tell(f"The demo's people have signed up {made} times.")
    moving.follow()
    if moving.live_until(clock.now(), tell):
        tell("The demo's people have lived on until now.")


def begin_anew(settings: Settings) -> None:
    """Empty a demo, and load programme and people anew, by the real clock.

    :raises SeedRefused: the database is not a demo's.
    """
    programme = read()
    with transaction():
        empty()
    moving.follow()
    load_programme(programme, settings)
    if settings.demo_people:
        let_people_come(programme, moving.silent)
