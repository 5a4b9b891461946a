"""What is wrong in the programme's files is said in one line each: file, path, reason."""

import pytest
from sqlalchemy import func, select

from festival.kinds import ALL_KINDS
from festival.lib.db import db
from festival.programme.kinds import register
from festival.programme.models import Festival
from tests.seed.programme import change, copied, problems, run

PRESS, SHOW, TOUR = "activities/press.yaml", "activities/drone-show.yaml", "activities/grove-tour.yaml"
GENDERS = "  options: [{key: m, label: {zh: 男, en: Man}}, {key: f, label: {zh: 女, en: Woman}}]\n"


@pytest.fixture(autouse=True)
def _every_kind_is_known():
    register(ALL_KINDS)


def test_the_projects_own_programme_is_sound(tmp_path):
    assert problems(copied(tmp_path)) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("festival.yaml", "edition: 1", "edition: 1\nmotto: x", "motto: unknown key"),
        ("festival.yaml", "edition: 1\n", "", "edition: is missing"),
        ("festival.yaml", "ends_on: '2023-06-30'", "ends_on: '2023-06-31'", "ends_on: input should be a valid date"),
        ("tracks.yaml", "colour: '#B5396A'", "color: '#B5396A'", "[social].colour: is missing"),
        ("venues.yaml", "lat: 39.1", "lat: 93.1", "[peoples-park].lat: input should be less than or equal to 90"),
        ("questions.yaml", GENDERS, "", "gender: a question of type select needs options"),
        (PRESS, "capacity: 40", "capacity: -40", "pools[press].capacity: input should be greater than or equal to 0; it is -40"),
        (PRESS, "kind: press", "kind: rally", "kind: there is no kind 'rally'; there are tour, show, "),
        (PRESS, "track: press", "track: news", "track: there is no track 'news'"),
        (PRESS, "venue: press-room", "venue: hall", "venue: there is no venue 'hall'"),
        (PRESS, "[media_name, name,", "[media_name, nick,", "questions: there is no question 'nick'"),
        (PRESS, "ends_at: '2023-06-26T11", "ends_at: '2023-06-26T09", "ends_at: is not after starts_at"),
        (
            PRESS,
            "starts_at: '2023-06-26T10:00:00+08:00'",
            "starts_at: '2023-06-26 10:00'",
            "starts_at: input should have timezone",
        ),
        (PRESS, "closes_at: '2023-06-23", "closes_at: '2023-06-13", "sign_up.closes_at: is not after opens_at"),
        (PRESS, "capacity: 50", "capacity: 60", "capacity: is 60, but the places add up to 50"),
        (PRESS, "zh: 政策新闻", "zh: 河西区人才政策新闻", "short_title.zh has 12 characters; a text message has room for 10"),
        (SHOW, "ceiling: 3800", "ceiling: 3400", "approved_ceiling: is 3400, but the places add up to 3500"),
        (SHOW, "percent: 30", "percent: 40", "sign_up.released_in_batches: add up to 110 percent"),
        (TOUR, "venue: xinbadali", "venue: xinbadalo", "details.lines[2].stops[2].venue: there is no venue 'xinbadalo'"),
        (TOUR, "seats: 45", "seats: 40", "details.lines[1]: 40 seats less 2 for staff are not the pool's 43 places"),
        ("activities/forum.yaml", "type: keynote", "type: speech", "details.agenda[s2].type: input should be 'opening', "),
        ("activities/service.yaml", "department: zhujian", "department: x", "details: housing: there is no department 'x'"),
        ("activities/mixer.yaml", "answer: m}", "answer: x}", "pools[m].quota.answer: 'gender' has no option 'x'"),
        ("activities/craft.yaml", "party_max: 5", "party_max: 4", "sign_up.party_max: is 4, but 'companions' allows 5"),
        (
            "activities/job-fair.yaml",
            "starts: '13:00'",
            "starts: '11:30'",
            "entries: the one at 11:30 begins before the one before",
        ),
    ],
)
def test_what_is_wrong_is_said_with_file_path_and_reason(tmp_path, name, old, new, said):
    folder = copied(tmp_path)
    change(folder, name, old, new)

    lines = problems(folder)

    assert any(line.startswith(f"{name}: {said}") for line in lines), lines
    assert all("\n" not in line for line in lines)


def test_a_slug_given_twice_is_refused(tmp_path):
    folder = copied(tmp_path)
    change(folder, "activities/craft.yaml", "slug: craft", "slug: forum")

    assert "activities: slug 'forum' is there twice" in problems(folder)


def test_a_key_given_twice_is_refused(tmp_path):
    folder = copied(tmp_path)
    change(folder, "activities/press.yaml", "mode: approval", "mode: approval\nmode: open")

    (line,) = problems(folder)

    assert line.startswith("activities/press.yaml: is not YAML: the key 'mode' is there twice")


def test_a_missing_file_is_named(tmp_path):
    folder = copied(tmp_path)
    (folder / "venues.yaml").unlink()

    assert problems(folder) == ["venues.yaml: there is no such file"]


def test_every_file_is_read_before_anything_is_said(tmp_path):
    folder = copied(tmp_path)
    change(folder, "activities/press.yaml", "mode: approval", "mode: lottery")
    change(folder, "tracks.yaml", "key: press", "name: press")

    assert {line.split(":")[0] for line in problems(folder)} == {"activities/press.yaml", "tracks.yaml"}


def test_nothing_is_written_when_a_file_is_wrong(app, tmp_path):
    folder = copied(tmp_path)
    change(folder, "activities/press.yaml", "capacity: 50", "capacity: 60")

    status, said = run(app, "seed", "load", "--folder", str(folder))

    assert status == 1
    assert said == (
        "Error: The programme was not loaded; nothing was written.\n"
        "activities/press.yaml: capacity: is 60, but the places add up to 50\n"
    )
    assert db.session.scalar(select(func.count(Festival.id))) == 0
