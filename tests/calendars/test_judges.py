"""Other people's readers judge what is served: they parse every output, agree on it, and sync it."""

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import urlopen

import ics
import pytest
import vobject

from festival.authoring import slots
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, Pool, SlotStatus
from festival.programme.service import touch_activity
from festival.saved import service as saved
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.calendars import libical
from tests.calendars.programme import NOW, add_slot, events, fixed_forum, private_path, read, session_of

#: Of one event: title, begin, end, place.
Told = tuple[str, datetime, datetime, str]

TITLE = '论坛, 第一; “场\\次” "引号" 🎉👨‍👩‍👧 ' + "河西" * 80


@pytest.fixture(autouse=True)
def at_ten(app, frozen):
    frozen(NOW)


@pytest.fixture
def paths(app):
    """Return the path of every output, in both languages, of a programme with everything in it."""
    forum = fixed_forum(title_zh=TITLE[:200], title_en=TITLE[:200])
    second = add_slot(forum, days_later=1)
    entry = add_slot(forum, parent=session_of(forum), label_zh="分论坛", label_en="Break-out")
    other = make_activity(slug="other", starts_in=timedelta(days=3), title_zh="半夜; 跨日", lasts=timedelta(hours=20))
    with transaction():
        add = db.session.get_one(type(second), second.id)
        add.status = SlotStatus.CANCELLED
        touch_activity(db.session.get_one(Activity, forum.id))
    person = make_person()
    make_sign_up(other, person=person, state=State.WAITLISTED)
    make_sign_up(forum, person=person, pool=db.session.query(Pool).filter_by(slot_id=entry.id).one())
    plain = ["/cal/programme.ics", "/cal/track/forum.ics", "/activities/forum/calendar.ics", private_path(app, person)]
    soon = make_activity(slug="soon", opens_in=timedelta(days=1), title_zh="开, 始; 报\\名", starts_in=timedelta(days=9))
    evening = add_slot(soon, days_later=1, label_zh="晚, 场", label_en="Eve; ning")
    staff_id = make_staff().id
    with transaction():
        saved.save(person.id, soon.id, wants_word=False)
        slots.remove_slot(soon.id, evening.id, actor_id=staff_id)
    db.session.rollback()  # the judges take their time, and PostgreSQL ends whoever idles inside a transaction
    return [language + path for language in ("", "/en") for path in plain]


def by_vobject(text: str) -> dict[str, Told]:
    told = vobject.readOne(text).vevent_list
    return {
        event.uid.value: (
            event.summary.value,
            _utc(event.dtstart.value),
            _utc(event.dtend.value),
            event.location.value if hasattr(event, "location") else "",
        )
        for event in told
    }


def by_ics(text: str) -> dict[str, Told]:
    told = ics.Calendar(text).events
    return {event.uid: (event.name, _utc(event.begin.datetime), _utc(event.end.datetime), event.location or "") for event in told}


def by_us(text: str) -> dict[str, Told]:
    return {
        event["UID"]: (
            _plain(event["SUMMARY"]),
            _local(event["DTSTART;TZID=Asia/Shanghai"]),
            _local(event["DTEND;TZID=Asia/Shanghai"]),
            _plain(event.get("LOCATION", "")),
        )
        for event in events(text)
    }


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


def _local(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=clock.ZONE).astimezone(UTC)


def _plain(text: str) -> str:
    for escaped in (",", ";", "\\"):
        text = text.replace(f"\\{escaped}", escaped)
    return text


def test_two_other_readers_agree_on_every_output(client, paths):
    for path in paths:
        text = read(client, path)
        ours = by_us(text)

        assert len(ours) >= 2, path
        assert by_vobject(text) == ours, path
        assert by_ics(text) == ours, path


@pytest.mark.libical
def test_libical_agrees_on_every_output_and_finds_no_fault(app, client, paths):
    for path in (*paths, private_path(app, make_person())):
        text = read(client, path)

        assert libical.read(text) == (by_us(text), []), path
    text = read(client, paths[0])
    assert libical.read(text.replace("CALSCALE:GREGORIAN", "CALSCALE"))[1] != []  # it does find some where there are


def test_an_empty_feed_satisfies_the_other_readers(app, client):
    text = read(client, private_path(app, make_person()))

    assert not hasattr(vobject.readOne(text), "vevent")
    assert ics.Calendar(text).events == set()


# -- served for real ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fetch() -> Callable[[str], bytes]:
    """Fetch an address as a plain client does."""

    def get(url: str) -> bytes:
        with urlopen(url, timeout=30) as answer:
            return answer.read()

    return get


def run(folder: Path, *command: str) -> str:
    """Run one of the judges' own commands with its home in a folder, and return what it says."""
    tool = Path(sys.executable).parent / command[0]
    homes = dict.fromkeys(("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"), str(folder))
    environment = {**homes, "LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [tool, *command[1:]], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


KHAL = """
[calendars]
[[festival]]
path = {folder}/khal
type = calendar
[locale]
local_timezone = Asia/Shanghai
default_timezone = Asia/Shanghai
timeformat = %H:%M
dateformat = %Y-%m-%d
longdateformat = %Y-%m-%d
datetimeformat = %Y-%m-%d %H:%M
longdatetimeformat = %Y-%m-%d %H:%M
[default]
default_calendar = festival
"""


@pytest.mark.slow
def test_khal_imports_a_served_feed(client, paths, address, tmp_path: Path, fetch: Callable[[str], bytes]):
    for path in (paths[0], paths[3]):
        folder = tmp_path / path.replace("/", "-")
        (folder / "khal").mkdir(parents=True)
        (folder / "config").write_text(KHAL.format(folder=folder))
        (folder / "feed.ics").write_bytes(fetch(address + path))
        run(folder, "khal", "-c", "config", "import", "--batch", "feed.ics")

        look = ("--day-format", "", "--format", "{uid} {start-long} {end-long}")
        shown = run(folder, "khal", "-c", "config", "list", *look, "2023-06-01", "2023-07-31")
        expected = {
            f"{uid} {clock.local(start):%Y-%m-%d %H:%M} {clock.local(end):%Y-%m-%d %H:%M}"
            for uid, (_title, start, end, _place) in by_us(read(client, path)).items()
        }
        assert set(filter(None, shown.splitlines())) == expected


VDIRSYNCER = """
[general]
status_path = "{folder}/status/"
[pair feed]
a = "here"
b = "there"
collections = null
conflict_resolution = "b wins"
[storage here]
type = "filesystem"
path = "{folder}/items/"
fileext = ".ics"
[storage there]
type = "http"
url = "{url}"
"""


@pytest.mark.slow
def test_vdirsyncer_copies_every_event_once_and_a_second_time_nothing(client, paths, address, tmp_path: Path):
    for path in (paths[0], paths[3]):
        folder = tmp_path / path.replace("/", "-")
        items = folder / "items"
        items.mkdir(parents=True)
        (folder / "config").write_text(VDIRSYNCER.format(folder=folder, url=address + path))
        run(folder, "vdirsyncer", "-c", "config", "discover")
        first = run(folder, "vdirsyncer", "-c", "config", "sync")
        written = {item.name: item.stat().st_mtime_ns for item in items.iterdir()}
        second = run(folder, "vdirsyncer", "-c", "config", "sync")

        ours = by_us(read(client, path))
        assert first.count("Copying (uploading) item") == len(ours)
        copied = [told for item in items.iterdir() for told in by_vobject(item.read_text()).values()]
        assert sorted(copied) == sorted(ours.values())  # it names what comes over HTTP by hashes of its own
        assert "Copying" not in second
        assert {item.name: item.stat().st_mtime_ns for item in items.iterdir()} == written
