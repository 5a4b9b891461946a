"""Loading the programme: what it makes, what a second load changes, and what it never touches."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError

from festival.audit.models import AuditEntry
from festival.audit.service import record
from festival.kinds.forum.details import ForumDetails
from festival.lib import clock
from festival.lib.db import Model, db, transaction
from festival.programme.kinds import details_of
from festival.programme.models import (
    Access,
    Activity,
    ActivityStatus,
    Festival,
    Holiday,
    Mode,
    Promotion,
    Provenance,
    Slot,
)
from festival.seed.files import read
from festival.seed.service import SeedRefused, empty, load
from tests.builders import make_sign_up
from tests.seed.programme import change, copied, loaded, run


def activity(slug):
    return db.session.scalars(select(Activity).where(Activity.slug == slug)).one()


def slot(slug, key="main"):
    return db.session.scalars(
        select(Slot).join(Activity, Activity.id == Slot.activity_id).where(Activity.slug == slug, Slot.key == key)
    ).one()


def pools(slug, key="main"):
    return {pool.key: pool for pool in slot(slug, key).pools}


def at(text):
    return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)


def contents():
    """Everything in the tables, as it stands."""
    return {table.name: sorted(map(repr, db.session.execute(select(table)).all())) for table in Model.metadata.sorted_tables}


# -- what a first load makes ------------------------------------------------------------------------------------------------


def test_all_nine_activities_are_published_in_their_order(app):
    loaded()

    rows = db.session.scalars(select(Activity).order_by(Activity.position)).all()

    assert [(row.slug, row.kind, row.mode) for row in rows] == [
        ("grove-tour", "tour", Mode.OPEN),
        ("drone-show", "show", Mode.OPEN),
        ("mixer", "mixer", Mode.BALLOT),
        ("forum", "forum", Mode.APPROVAL),
        ("craft", "exhibition", Mode.OPEN),
        ("alliance", "alliance", Mode.INVITATION),
        ("job-fair", "job_fair", Mode.OPEN),
        ("service", "service_desk", Mode.TICKET),
        ("press", "press", Mode.APPROVAL),
    ]
    assert {row.status for row in rows} == {ActivityStatus.PUBLISHED}


def test_a_bus_line_is_a_pool(app):
    loaded()

    assert {key: (pool.unit, pool.capacity, pool.access, pool.label_en) for key, pool in pools("grove-tour").items()} == {
        "line-a": ("bus", 43, Access.OPEN, "Line A - Industry and finance"),
        "line-b": ("bus", 43, Access.OPEN, "Line B - Digital innovation"),
        "line-c": ("bus", 43, Access.OPEN, "Line C - Quality living"),
    }
    assert activity("grove-tour").promotion == Promotion.OFFER


def test_the_show_has_doors_a_backup_date_and_a_ceiling(app):
    loaded()

    show = slot("drone-show")

    assert (show.doors_at, show.backup_starts_at, show.approved_ceiling) == (at("2023-06-30T18:30"), at("2023-07-01T20:10"), 3800)
    batches = [batch.places for pool in show.pools for batch in pool.batches]
    assert (sum(pool.capacity or 0 for pool in show.pools), sum(batches), len(batches)) == (1750, 1750, 8)
    assert activity("drone-show").party_max == 5


def test_the_mixer_has_a_quota_and_a_list_for_each_gender(app):
    loaded()

    mixer = activity("mixer")

    assert {
        key: (pool.quota_question, pool.quota_answer, pool.access, pool.capacity, pool.waitlist_limit)
        for key, pool in pools("mixer").items()
    } == {"m": ("gender", "m", Access.BALLOT, 40, 10), "f": ("gender", "f", Access.BALLOT, 40, 10)}
    assert (mixer.is_reviewed, mixer.result_at, mixer.confirm_until, mixer.waitlist_limit, mixer.promotion) == (
        True,
        at("2023-06-15T10:00"),
        at("2023-06-16T12:00"),
        20,
        Promotion.OFFER,
    )


def test_the_forum_gives_its_seats_in_three_ways(app):
    loaded()

    assert {key: (pool.access, pool.capacity) for key, pool in pools("forum").items()} == {
        "invited": (Access.INVITATION, 60),
        "media": (Access.INVITATION, 20),
        "public": (Access.APPROVAL, 220),
    }
    assert {key: pool.access for key, pool in pools("press").items()} == {"press": Access.APPROVAL, "reps": Access.INVITATION}
    assert {pool.access for pool in pools("alliance").values()} == {Access.INVITATION}


def test_the_exhibition_has_four_entries_on_each_open_day(app):
    loaded()

    slots = db.session.scalars(
        select(Slot).where(Slot.activity_id == activity("craft").id).order_by(Slot.starts_at, Slot.id)
    ).all()
    days = [one for one in slots if one.parent_id is None]
    entries = [one for one in slots if one.parent_id == days[7].id]

    assert " ".join(one.key[-2:] for one in days) == "10 11 13 14 15 16 17 18 20 21 22 23 24 25 27 28 29 30"
    assert len(slots) == 18 * 5
    assert (days[7].starts_at, days[7].ends_at) == (at("2023-06-18T09:00"), at("2023-06-18T17:00"))
    assert [
        (one.key, one.starts_at, one.ends_at, one.opens_at, one.closes_at, [pool.capacity for pool in one.pools])
        for one in entries
    ] == [
        (
            f"2023-06-18-{start.replace(':', '')}",
            at(f"2023-06-18T{start}"),
            at(f"2023-06-18T{start}") + timedelta(minutes=90),
            at("2023-06-11T10:00"),
            at(f"2023-06-18T{start}"),
            [150],
        )
        for start in ("09:00", "10:30", "13:00", "14:30")
    ]
    assert (activity("craft").days_ahead, activity("craft").cancel_hours_before) == (7, 2)


def test_the_job_fair_lets_people_in_three_times_under_one_ceiling(app):
    loaded()

    fair = slot("job-fair")
    entries = db.session.scalars(select(Slot).where(Slot.parent_id == fair.id).order_by(Slot.starts_at)).all()

    assert (fair.approved_ceiling, fair.pools) == (2000, [])
    assert [(one.key, clock.local(one.starts_at).hour, one.pools[0].capacity) for one in entries] == [
        ("main-0900", 9, 600),
        ("main-1030", 10, 500),
        ("main-1300", 13, 700),
    ]


def test_the_service_desk_is_booked_by_session(app):
    loaded()

    sessions = db.session.scalars(select(Slot).where(Slot.activity_id == activity("service").id).order_by(Slot.starts_at)).all()

    assert [(one.key, one.venue.key if one.venue else None, one.pools[0].capacity, one.pools[0].access) for one in sessions] == [
        ("v1", "chentang", 40, Access.OPEN),
        ("v2", "xinbadali", 50, Access.OPEN),
        ("v3", "tufe", 60, Access.OPEN),
        ("v4", "xiaobailou", 40, Access.OPEN),
    ]


def test_questions_come_from_the_library_without_those_answered_elsewhere(app):
    loaded()

    asked = {row.slug: [question.key for question in row.questions] for row in db.session.scalars(select(Activity))}

    assert asked["grove-tour"] == ["name", "employer", "id_type", "id_number", "emergency", "access"]
    assert asked["drone-show"] == asked["craft"] == ["access"]
    assert asked["job-fair"] == ["name", "school", "major", "grad_year", "education", "intent", "resume"]


def test_every_value_says_where_it_comes_from(app):
    loaded()

    rows = db.session.scalars(
        select(Provenance).where(Provenance.subject == "activity", Provenance.subject_id == activity("forum").id)
    )

    assert {row.field: (row.level, row.note) for row in rows} == {
        "title": ("fact", ""),
        "field": ("fact", "design is one of the five leading industries named in the article"),
        "date": ("demo", ""),
        "venue": ("demo", ""),
        "agenda": ("demo", ""),
        "credit": ("demo", "national rule asks 90 hours a year and counts academic meetings, local rules decide the hours"),
        "*": ("demo", ""),
    }


# -- dates --------------------------------------------------------------------------------------------------------------------


def test_every_date_moves_by_the_same_weeks(app):
    loaded(dates="+209w")

    forum, festival = activity("forum"), db.session.scalars(select(Festival)).one()
    details = details_of(forum)
    assert isinstance(details, ForumDetails)

    assert (festival.shift_weeks, festival.starts_on, festival.ends_on) == (209, date(2027, 6, 12), date(2027, 7, 2))
    assert (forum.starts_at, forum.opens_at) == (at("2027-06-22T09:00"), at("2027-06-10T09:00"))
    assert slot("forum").original_starts_at == at("2023-06-20T09:00")
    assert details.agenda[7].starts_at == at("2027-06-22T13:30")
    assert slot("craft", "2027-06-19-0900").opens_at == at("2027-06-12T10:00")
    assert db.session.scalar(select(func.count(Holiday.id)).where(Holiday.day == date(2023, 6, 22))) == 1


def test_a_rolling_shift_is_fixed_at_the_first_load(app, frozen):
    frozen(datetime(2026, 11, 24, 12, tzinfo=clock.ZONE))
    loaded(dates="rolling")
    weeks = db.session.scalars(select(Festival.shift_weeks)).one()
    frozen(datetime(2026, 12, 24, 12, tzinfo=clock.ZONE))

    report = loaded(dates="rolling")

    assert weeks == round((date(2026, 11, 24) - date(2023, 6, 16)).days / 7)
    assert db.session.scalars(select(Festival.shift_weeks)).one() == weeks
    assert report.is_quiet


def test_asking_for_other_dates_later_changes_nothing_and_says_so(app):
    loaded(dates="+10w")

    report = loaded(dates="original")

    assert report.is_quiet
    assert report.warnings[0] == (
        "The dates stay moved by +10 weeks, as at the first load; FESTIVAL_DATES=original asks for +0. "
        "Only `flask demo reset` moves them again."
    )


def test_a_session_on_a_holiday_is_named_and_not_moved(app):
    report = loaded()

    assert report.warnings == ["craft: a session lands on a holiday (2023-06-22, 2023-06-23, 2023-06-24). It was not moved."]
    assert slot("craft", "2023-06-22").starts_at == at("2023-06-22T09:00")


# -- loading again ------------------------------------------------------------------------------------------------------------


def test_a_second_load_changes_nothing_and_says_so(app):
    run(app, "seed", "load")
    before = contents()

    status, said = run(app, "seed", "load")

    assert status == 0
    assert said.splitlines()[-1] == "The programme is as in its files: nothing to change."
    assert contents() == before


def test_what_changed_in_the_files_is_brought_over(app, tmp_path):
    loaded()
    version = db.session.scalars(select(Festival.calendar_version)).one()
    folder = copied(tmp_path)
    change(folder, "activities/forum.yaml", "zh: 工程设计论坛", "zh: 设计论坛")
    change(folder, "activities/forum.yaml", "seats: 60", "seats: 70")
    change(folder, "venues.yaml", "zh: 天津大礼堂", "zh: 天津大礼堂中剧场")

    report = loaded(folder)

    assert report.changed == ["venue great-hall: name_zh", "activity forum: details, short_title_zh"]
    assert activity("forum").short_title_zh == "设计论坛"
    assert '"seats":70' in activity("forum").details
    assert (slot("forum").sequence, slot("press").sequence) == (1, 0)
    assert db.session.scalars(select(Festival.calendar_version)).one() > version
    assert loaded(folder).is_quiet


def test_words_no_calendar_shows_move_no_calendar(app, tmp_path):
    loaded()
    folder = copied(tmp_path)
    change(folder, "activities/forum.yaml", "zh: 工程设计论坛", "zh: 设计论坛")

    loaded(folder)

    assert (slot("forum").sequence, db.session.scalars(select(Festival.calendar_version)).one()) == (0, 1)


def test_an_organizers_change_survives_a_change_of_the_files(app, tmp_path):
    loaded()
    with transaction():
        activity("forum").title_en = "Summit on Design, Great Hall"
        pools("forum")["public"].capacity = 230
    folder = copied(tmp_path)
    change(folder, "activities/forum.yaml", "en: 'Innovation China - Tianjin", "en: 'Innovation in China - Tianjin")
    change(folder, "activities/forum.yaml", "zh: “科创中国·天津行”工程设计领域", "zh: “科创中国·天津行”设计领域")

    report = loaded(folder)

    assert report.kept == ["activity forum: title_en stays as it was changed here"]
    assert activity("forum").title_en == "Summit on Design, Great Hall"
    assert activity("forum").title_zh.startswith("“科创中国·天津行”设计领域")
    assert pools("forum")["public"].capacity == 230


def test_times_that_belong_together_are_seeded_together(app, tmp_path):
    """A slot that an organizer made shorter cannot be given a start after its end."""
    loaded()
    with transaction():
        slot("press").ends_at = at("2023-06-26T10:30")
    folder = copied(tmp_path)
    change(folder, "activities/press.yaml", "starts_at: '2023-06-26T10:00", "starts_at: '2023-06-26T10:40")

    report = loaded(folder)

    assert report.kept == ["slot press main: starts_at stays as it was changed here"]
    assert slot("press").starts_at == at("2023-06-26T10:00")


def test_times_and_capacities_stay_once_somebody_has_signed_up(app, tmp_path):
    loaded()
    forum = activity("forum")
    make_sign_up(forum, pool=pools("forum")["public"])
    folder = copied(tmp_path)
    change(folder, "activities/forum.yaml", "starts_at: '2023-06-20T09:00:00+08:00'", "starts_at: '2023-06-20T08:30:00+08:00'")
    change(folder, "activities/forum.yaml", "closes_at: '2023-06-18T18:00:00+08:00'", "closes_at: '2023-06-19T18:00:00+08:00'")
    change(folder, "activities/forum.yaml", "capacity: 220", "capacity: 240")
    change(folder, "activities/forum.yaml", "capacity: 300", "capacity: 320")
    change(folder, "activities/forum.yaml", "ends_at: '2023-06-20T09:20:00+08:00'", "ends_at: '2023-06-20T09:25:00+08:00'")
    change(folder, "activities/forum.yaml", "starts_at: '2023-06-20T09:20:00+08:00'", "starts_at: '2023-06-20T09:25:00+08:00'")
    change(folder, "activities/forum.yaml", "zh: 一场主论坛", "zh: 1场主论坛")

    report = loaded(folder)

    assert report.changed == ["activity forum: summary_zh"]
    assert report.kept == [
        "activity forum: starts_at stays, people have signed up",
        "activity forum: closes_at stays, people have signed up",
        "activity forum: details stays, people have signed up",
        "slot forum main: starts_at stays, people have signed up",
        "slot forum main: original_starts_at stays, people have signed up",
        "pool forum main public: capacity stays, people have signed up",
    ]
    assert (slot("forum").starts_at, pools("forum")["public"].capacity) == (at("2023-06-20T09:00"), 220)


def test_what_has_left_the_files_is_named_and_stays(app, tmp_path):
    loaded()
    folder = copied(tmp_path)
    (folder / "activities" / "press.yaml").unlink()

    report = loaded(folder)

    assert report.kept == ["activity press: has left the files and stays"]
    assert activity("press").status == ActivityStatus.PUBLISHED


def test_a_question_that_has_left_the_files_is_asked_no_more(app, tmp_path):
    loaded()
    folder = copied(tmp_path)
    change(folder, "activities/press.yaml", ", equipment]", "]")

    report = loaded(folder)

    assert report.removed[-1] == "question press equipment"
    assert [question.key for question in activity("press").questions] == ["media_name", "name", "press_no"]
    assert loaded(folder).is_quiet


def test_a_new_activity_joins_a_running_festival(app, tmp_path):
    folder = copied(tmp_path)
    press = (folder / "activities" / "press.yaml").read_text(encoding="utf-8")
    (folder / "activities" / "press.yaml").unlink()
    loaded(folder)
    (folder / "activities" / "press.yaml").write_text(press, encoding="utf-8")

    report = loaded(folder)

    assert (report.made["activity"], report.made["slot"], report.made["pool"]) == (1, 1, 2)
    assert db.session.scalars(select(Festival.calendar_version)).one() == 2


# -- demo or not --------------------------------------------------------------------------------------------------------------


def test_a_demo_is_stamped_and_refused_by_what_is_none(app):
    loaded()

    assert db.session.scalars(select(Festival.is_demo)).one() is True
    with pytest.raises(SeedRefused, match="The database is a demo's; FESTIVAL_DEMO says otherwise"), transaction():
        load(read(), dates="original", demo=False)


def test_a_reset_begins_anew_with_new_dates(app):
    run(app, "seed", "load")
    settings = app.extensions["settings"]
    app.extensions["settings"] = dataclasses.replace(settings, dates="+209w")
    with transaction():
        record("contact.reveal", "sign_up", 1, actor_id=None)

    status, said = run(app, "demo", "reset", "--yes")

    assert (status, said.splitlines()[0]) == (0, "The demo's database is empty.")
    assert db.session.scalars(select(Festival.shift_weeks)).one() == 209
    with pytest.raises(IntegrityError, match="audit_entry_is_append_only"), transaction():  # its guards are back
        db.session.execute(delete(AuditEntry))


def test_only_a_demo_is_emptied(app):
    with transaction():
        load(read(), dates="original", demo=False)

    with pytest.raises(SeedRefused), transaction():
        empty()

    app.extensions["settings"] = dataclasses.replace(app.extensions["settings"], demo=False)
    status, said = run(app, "demo", "reset", "--yes")
    assert (status, said) == (1, "Error: This is not a demo (FESTIVAL_DEMO=1): nothing was emptied.\n")
