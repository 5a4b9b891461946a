"""Whoever holds the whole database tries to learn a one-sided choice, and cannot; nor from backups, pages, files or the trail."""

import hashlib
import hmac
import io
import itertools
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import structlog
from cryptography.exceptions import InvalidTag
from sqlalchemy import text

from festival.accounts import personal
from festival.accounts.rules import Role
from festival.app import create_app
from festival.kinds.mixer import choosing
from festival.kinds.mixer.models import Choice
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.sealing import unseal
from festival.programme.models import Activity
from tests import database as databases
from tests.application import closed, make_settings, migrate
from tests.builders import make_staff
from tests.conftest import DIALECTS
from tests.kinds.mixer.phone import CLOSES, OPENS, REVEAL, Phone, make_mixer, phones
from tests.web import Browser

Dump = dict[str, list[tuple[Any, ...]]]


def dump() -> Dump:
    """Return every table, every row, every value."""
    db.session.rollback()
    return {table.name: [_plain(row) for row in db.session.execute(table.select())] for table in db.metadata.sorted_tables}


def _plain(row) -> tuple[Any, ...]:
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row)


def values(found: Dump) -> set[bytes]:
    """Return everything in a dump as bytes."""
    every = (value for rows in found.values() for row in rows for value in row if value is not None)
    return {value if isinstance(value, bytes) else str(value).encode() for value in every}


@dataclass(frozen=True)
class Evening:
    """Phones who chose: one pair, one who is not chosen back, one who chose nobody. The window is still open."""

    mixer: Activity
    his: Phone
    lonely: Phone
    third: Phone
    her: Phone
    nobodys: Phone

    @property
    def all(self) -> tuple[Phone, ...]:
        return self.his, self.lonely, self.third, self.her, self.nobodys


def make_evening() -> Evening:
    mixer = make_mixer()
    (his, lonely, third), (her, nobodys) = phones(mixer, 3, 2)
    clock.freeze(OPENS)
    his.choose(her, contact={"wechat": "his_wechat"})
    her.choose(his, contact={"wechat": "her_wechat"})
    lonely.choose(her, nobodys, contact={"wechat": "lonely_wechat", "phone": "13700137000"})
    third.choose()
    nobodys.choose(third)
    return Evening(mixer, his, lonely, third, her, nobodys)


# -- a copy of the tables, taken while people choose -------------------------------------------------------------------------


@dataclass(frozen=True)
class Copied:
    """What somebody carries away: every table; the rows of choices as they lie on the disk; and what the keys open."""

    evening: Evening
    tables: Dump
    lying: list[tuple[int, bytes]]
    #: Only whoever has DATA_KEYS as well has these.
    secret: bytes
    contacts: list[bytes]


@pytest.fixture(scope="module", params=DIALECTS)
def dialect(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def copied(dialect, request, tmp_path_factory) -> Iterator[Copied]:
    """A database that nothing changes any more, made once for those who only look."""
    folder = tmp_path_factory.mktemp("copied")
    if dialect == "sqlite":
        given = databases.migrated_sqlite(folder, migrate)
    else:
        given = request.getfixturevalue("postgresql").migrated(migrate)
    with given as address:
        app = create_app(make_settings(address, folder))
        with closed(app), app.app_context():
            evening = make_evening()
            mixer_id = evening.mixer.id
            found = dump()
            order = "ctid" if dialect == "postgresql" else "rowid"
            lying = db.session.execute(text(f"SELECT guest_id, tag FROM mixer_choice ORDER BY {order}"))
            blind = next(row[1] for row in found["mixer_run"] if row[0] == mixer_id)
            yield Copied(
                evening,
                found,
                [(row.guest_id, bytes(row.tag)) for row in lying],
                unseal(blind, f"mixer_run:{mixer_id}"),
                [unseal(row[2], f"mixer_contact:{row[0]}") for row in found["mixer_choice"]],
            )
            db.session.rollback()
            clock.freeze(None)


def test_rows_of_those_who_chose_two_one_or_nobody_look_alike(copied):
    rows = copied.tables["mixer_choice"]

    assert Counter(row[0] for row in rows) == dict.fromkeys({row[0] for row in rows}, 3)
    assert len({row[0] for row in rows}) == 5
    assert {(len(row[1]), len(row[2])) for row in rows} == {(32, len(rows[0][2]))}
    for _guest, lying in itertools.groupby(copied.lying, key=lambda row: row[0]):
        tags = [tag for _id, tag in lying]
        assert tags == sorted(tags)  # by their own bytes: which was first, last or random is gone
    assert {column.name for column in Choice.__table__.columns} == {"guest_id", "tag", "contact"}  # no time, no number, no order


def test_no_table_holds_a_tag_or_anything_made_of_what_the_tables_hold(copied):
    evening, found = copied.evening, values(copied.tables)
    his, lonely, third, her, nobodys = evening.all
    real = [one.tag(other.public) for one, other in ((his, her), (lonely, her), (lonely, nobodys), (nobodys, third))]
    pads = [pad for one in evening.all for pad in one.pads]
    assert [tag for tag in (*real, *pads) if tag in found] == []

    about = f"festival mixer choice {his.activity_id}".encode()
    words = [word for one in evening.all for word in (one.public, one.public[1:33], one.label.encode())]
    guesses = {
        hashlib.sha256(b"".join(order) + end).digest()
        for length in (1, 2)
        for order in itertools.permutations(words, length)
        for end in (b"", about)
    }
    stored = Counter(row[1] for row in copied.tables["mixer_choice"])
    assert stored.keys() & guesses == set()
    assert sorted(stored.values()) == [1] * 13 + [2]  # what the tables do tell: that there is a mutual pair


def test_not_even_one_of_the_two_phones_finds_in_the_tables_who_chose_its_owner(copied):
    """She works for the organizers, has a copy of the database, and her own private key."""
    evening = copied.evening
    found = values(copied.tables)

    assert [one for one in evening.all if one is not evening.her and evening.her.tag(one.public) in found] == []
    opened = []
    for one, row in itertools.product((evening.his, evening.lonely, evening.third), copied.tables["mixer_choice"]):
        try:
            opened.append(evening.her.open(one.public, one.label, row[2]))
        except InvalidTag:
            continue
    assert opened == []


def test_with_the_keys_of_the_application_as_well_she_finds_who_chose_herself_and_nobody_else(copied):
    """What ADR 0025 admits: database, DATA_KEYS and a private key together. Without her key, all of it tells nothing."""
    evening = copied.evening
    stored = {row[1] for row in copied.tables["mixer_choice"]}
    men = (evening.his, evening.lonely, evening.third)

    chose_her = {one for one in men if hmac.digest(copied.secret, evening.her.tag(one.public), "sha256") in stored}

    assert chose_her == {evening.his, evening.lonely}
    stranger = Phone.__new__(Phone)  # without a key of the two: every key in the tables is public
    assert not hasattr(stranger, "key")
    assert not [one for one in copied.contacts if b"lonely" in one or b"13700137000" in one]
    publics = {row[5] for row in copied.tables["mixer_guest"]}
    assert publics == {one.public for one in evening.all}


# -- what stays, and what is shown -------------------------------------------------------------------------------------------


def test_a_second_copy_shows_that_minds_changed_and_once_the_window_has_closed_nothing_one_sided_is_left(app, frozen):
    evening = make_evening()
    his, lonely, _third, her, _nobodys = evening.all
    first = dump()["mixer_choice"]

    lonely.choose(her)

    second = dump()["mixer_choice"]
    tags = [{row[1] for row in rows} for rows in (first, second)]
    contacts = [{row[2] for row in rows} for rows in (first, second)]
    assert (len(tags[0] - tags[1]), len(tags[1] - tags[0])) == (1, 1)  # padding for a choice looks like one choice for another
    assert len(contacts[0] - contacts[1]) == 3  # all three are sealed anew, kept or not

    clock.freeze(CLOSES)
    with transaction():
        choosing.settle(his.activity_id)
    found = dump()
    assert (found["mixer_choice"], len(found["mixer_pair"]), found["mixer_run"][0][1]) == ([], 1, None)
    assert (tags[0] | tags[1]) & values(found) == set()
    assert len(contacts[1] & values(found)) == 2  # what the pair passes on to each other
    assert not [value for value in values(found) if b"wechat" in value]
    clock.freeze(REVEAL)
    assert (his.result(), lonely.result()) == ({her.label: {"wechat": "her_wechat"}}, {})


@pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)
def test_no_page_file_answer_log_or_trail_tells_a_one_sided_choice(app, frozen):
    evening = make_evening()
    his, lonely, third, her, _nobodys = evening.all
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    logging.getLogger().addHandler(handler)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(lines))
    base = f"/manage/activities/{evening.mixer.slug}"
    staff = Browser(app).sign_in(make_staff(Role.ADMINISTRATOR))
    people = [(one, Browser(app).sign_in(one.sign_up.person), f"/sign-ups/{one.sign_up.code}") for one in (lonely, her, third)]
    desk = [
        f"{base}{page}"
        for page in ("/", "/mixer", "/mixer/numbers", "/mixer/print", "/roster", "/roster.csv", "/log", "/statistics",
                     f"/ledger/{lonely.sign_up.id}", f"/roster/{lonely.sign_up.id}")
    ]  # fmt: skip
    whole = [f"/manage/people/{one.sign_up.person_id}" for one in (lonely, her)]

    told = {}
    for instant in (OPENS, REVEAL):
        clock.freeze(instant)
        pages = [staff.get(path).text for path in (*desk, *whole)]
        pages += [who.get(path + page).text for _one, who, path in people for page in ("", "/mixer", "/mixer/now.json")]
        pages += [people[1][1].get(f"{people[1][2]}/mixer/keys.json").text]
        pages += [str(personal.export(one.sign_up.person_id)) for one in (lonely, her)]
        assert [word for page in pages for word in ("lonely_wechat", "his_wechat", "13700137000") if word in page] == []
        told[instant] = {
            one.label: [str(pair["data-pair"]) for pair in who.get(f"{path}/mixer").html.select("[data-pair]")]
            for one, who, path in people
        }
    logging.getLogger().removeHandler(handler)

    nothing: dict[str, list[str]] = {one.label: [] for one in (lonely, her, third)}
    assert told == {OPENS: nothing, REVEAL: nothing | {her.label: [his.label]}}
    assert "tag" not in lines.getvalue().lower()
    db.session.rollback()
    trail = db.session.execute(text("SELECT action, changes, reason FROM audit_entry WHERE action LIKE 'mixer%'")).all()
    assert [tuple(row) for row in trail] == [("mixer.settle", "pairs 1", "")]
    assert db.session.execute(text("SELECT count(*) FROM message WHERE kind = 'mixer_result'")).scalar_one() == 5
