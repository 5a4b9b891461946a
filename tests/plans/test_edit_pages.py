"""Organizers edit an activity: words in both languages, time, place, sessions; those who signed up are told."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme.models import Slot
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up
from tests.roster.desk import add_child, at_the_desk, entries, fresh, slot_of, typed

HOUR = timedelta(hours=1)
EDIT = "/manage/activities/forum/edit"
SLOTS = "/manage/activities/forum/slots"
WINDOW = "/manage/activities/forum/window"


def owed() -> list[tuple[str, int]]:
    """Return the messages about changes: kind and sign-up."""
    db.session.rollback()
    rows = db.session.execute(
        select(Message.kind, Message.subject_id).where(Message.kind == "activity_changed").order_by(Message.subject_id)
    )
    return [(row.kind, row.subject_id) for row in rows]


# -- words --------------------------------------------------------------------------------------------------------------------


def test_words_are_saved_in_both_languages_and_the_page_says_so(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)

    page = desk.post_form(EDIT, title_zh="新名称", title_en="New title", description_en="# About\n\nText")

    fresh(activity)
    assert (page.status, page.location) == (303, EDIT)
    assert (activity.title_zh, activity.title_en, activity.description_en) == ("新名称", "New title", "# About\n\nText")
    assert "已保存" in desk.follow(page).words
    assert entries() == [("activity.edit", "activity", activity.id, "", "title_zh, title_en, description_en")]


def test_saving_without_a_change_says_so_and_moves_nothing(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)

    page = desk.post_form(EDIT)

    fresh(activity)
    assert "没有改动" in desk.follow(page).words
    assert (slot_of(activity).sequence, entries()) == (0, [])


def test_a_preview_shows_the_description_as_readers_will_see_it_and_saves_nothing(app):
    activity = make_activity(slug="forum")

    page = at_the_desk(app).post_form(
        EDIT,
        description_zh="**重点**\n\n<script>alert(1)</script><img src=x onerror=alert(1)>\n\n[点这里](javascript:alert(1))",
        button="preview",
    )

    fresh(activity)
    shown = page.html.select_one("[data-preview] article")
    assert shown is not None
    assert (page.status, page.result, activity.description_zh) == (200, "preview", "")
    assert [found.get_text() for found in shown.select("strong")] == ["重点"]
    assert shown.select("script, img, [onerror], a[href^=javascript]") == []


def test_what_was_typed_survives_the_preview_and_is_then_saved(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)

    page = desk.post_form(desk.post_form(EDIT, summary_zh="一句话", button="preview"))

    fresh(activity)
    assert (page.status, activity.summary_zh) == (303, "一句话")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title_zh", "  ", "请填写此项"),
        ("title_en", "", "请填写此项"),
        ("short_title_zh", "一二三四五六七八九十一", "最多 10 个字，现在是 11 个"),
        ("host_phone", "请致电前台", "电话只含数字、+、-、括号和空格"),
        ("starts_at", "明天上午", "请按“年-月-日 时:分”填写，如 2023-06-18 14:00"),
        ("starts_at", "", "请填写此项"),
        ("ends_at", "0001-01-01T00:00", "请检查年份"),
        ("ends_at", "2001-01-01T00:00", "结束时间应晚于开始时间"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_nothing_typed_is_lost(app, field, value, words):
    activity = make_activity(slug="forum")
    before = activity.title_en

    page = at_the_desk(app).post_form(EDIT, {"summary_en": "typed with care", field: value})

    fresh(activity)
    error = page.html.select_one(f"#{field}-error")
    kept = page.html.select_one("[name=summary_en]")
    assert error is not None
    assert kept is not None
    assert (page.status, error.get_text(strip=True), kept["value"]) == (422, words, "typed with care")
    assert (activity.summary_en, activity.title_en, entries()) == ("", before, [])


def test_somebody_else_saved_meanwhile_and_both_see_everything(app):
    activity = make_activity(slug="forum", title_zh="旧名称")
    mine, theirs = at_the_desk(app), at_the_desk(app)
    opened = mine.get(EDIT)
    theirs.post_form(EDIT, title_zh="他们的名称", host_zh="他们的单位")

    page = mine.post_form(opened, title_zh="我的名称")

    fresh(activity)
    kept = page.html.select_one("[name=title_zh]")
    assert kept is not None
    assert (page.status, page.result, kept["value"], activity.title_zh) == (409, "changed-meanwhile", "我的名称", "他们的名称")
    assert [found.get_text(" ", strip=True) for found in page.html.select(".theirs")] == [
        "他人已保存： 他们的名称",
        "他人已保存： 他们的单位",
    ]

    page = mine.post_form(page, host_zh="他们的单位")

    fresh(activity)
    assert (page.status, activity.title_zh, activity.host_zh) == (303, "我的名称", "他们的单位")


def test_text_that_would_break_a_file_later_is_cleaned_as_it_comes_in(app):
    activity = make_activity(slug="forum")

    at_the_desk(app).post_form(EDIT, title_zh="论\x0b坛\u202e", notices_zh="一\r\n二\x00")

    fresh(activity)
    assert (activity.title_zh, activity.notices_zh) == ("论坛", "一\n二")


# -- time and place -------------------------------------------------------------------------------------------------------------


def test_a_new_time_is_saved_and_every_live_sign_up_is_owed_a_message(app):
    activity = make_activity(slug="forum", capacity=10)
    told = [make_sign_up(activity, state=state) for state in (State.CONFIRMED, State.WAITLISTED, State.PENDING)]
    make_sign_up(activity, state=State.WITHDRAWN)
    slot = slot_of(activity)
    starts_at, ends_at = slot.starts_at.replace(second=0) + 24 * HOUR, slot.ends_at.replace(second=0) + 24 * HOUR
    desk = at_the_desk(app)

    looked = desk.post_form(EDIT, starts_at=typed(starts_at), ends_at=typed(ends_at))
    fresh(slot)
    assert (looked.result, slot.sequence, owed()) == ("preview", 0, [])
    page = desk.post_form(looked, button="sure")

    fresh(slot)
    fresh(activity)
    assert (slot.starts_at, slot.ends_at, slot.sequence) == (starts_at, ends_at, 1)
    assert (activity.starts_at, activity.ends_at) == (starts_at, ends_at)
    assert owed() == [("activity_changed", sign_up.id) for sign_up in told]
    assert "将通知 3 个报名的本人" in desk.follow(page).words


def test_a_preview_of_a_new_time_says_first_how_many_will_be_told(app):
    activity = make_activity(slug="forum", capacity=10)
    for _ in range(2):
        make_sign_up(activity)
    desk, ends_at = at_the_desk(app), slot_of(activity).ends_at

    page = desk.post_form(EDIT, ends_at=typed(ends_at + HOUR), button="preview")

    assert "将通知 2 个报名的本人" in page.words
    again = desk.post_form(page, ends_at=typed(ends_at + 2 * HOUR), button="sure")
    assert (again.result, owed()) == ("preview", [])  # other times than those that were looked at


def test_a_second_change_owes_a_second_message(app):
    activity = make_activity(slug="forum")
    sign_up = make_sign_up(activity)
    desk = at_the_desk(app)

    for hours in (3, 5):
        desk.post_form(desk.post_form(EDIT, ends_at=typed(activity.starts_at + hours * HOUR)), button="sure")

    assert owed() == [("activity_changed", sign_up.id)] * 2


def test_what_is_over_is_corrected_in_silence(app):
    activity = make_activity(slug="forum", starts_in=-3 * HOUR, lasts=HOUR)
    make_sign_up(activity)
    slot = slot_of(activity)

    at_the_desk(app).post_form(EDIT, ends_at=typed(slot.ends_at - HOUR / 2))

    fresh(slot)
    assert (slot.sequence, owed()) == (1, [])


def test_seconds_that_the_field_does_not_show_are_not_lost(app):
    activity = make_activity(slug="forum", starts_in=timedelta(days=5, seconds=17))
    slot = slot_of(activity)
    starts_at = slot.starts_at

    at_the_desk(app).post_form(EDIT, title_en="Other")

    fresh(slot)
    assert (slot.starts_at, slot.previous_starts_at) == (starts_at, None)


def test_an_activity_of_several_sessions_is_timed_session_by_session(app):
    activity = make_activity(slug="forum")
    first = slot_of(activity)
    with transaction():
        db.session.add(
            Slot(
                activity_id=activity.id,
                key="second",
                uid="00000000-0000-4000-8000-000000000002",
                starts_at=first.starts_at + 48 * HOUR,
                ends_at=first.ends_at + 48 * HOUR,
                created_at=first.created_at,
                updated_at=first.updated_at,
            ),
        )
    page = at_the_desk(app).get(EDIT)

    assert page.html.select("[name=starts_at], [name=ends_at]") == []
    assert page.link("打开场次页面") == SLOTS


# -- sessions -----------------------------------------------------------------------------------------------------------------


def test_a_session_moves_with_its_timed_entries_and_all_who_booked_them_are_told(app):
    activity = make_activity(slug="forum", lasts=3 * HOUR)
    session = slot_of(activity)
    child = add_child(session, starts_in=timedelta(), lasts=HOUR)
    was = child.starts_at
    booked = make_sign_up(activity, pool=child.pools[0])
    desk = at_the_desk(app)
    page = desk.get(f"{SLOTS}/{session.id}")
    assert "1 个分时段随开始时间一起移动" in page.words

    looked = desk.post_form(
        page,
        starts_at=typed(session.starts_at.replace(second=0) + HOUR),
        ends_at=typed(session.ends_at.replace(second=0) + HOUR),
    )
    assert (looked.result, owed()) == ("preview", [])
    desk.post_form(looked, button="sure")

    fresh(child)
    assert child.starts_at.replace(second=0) == was.replace(second=0) + HOUR
    assert owed() == [("activity_changed", booked.id)]


def test_a_timed_entry_outside_its_session_is_refused_with_everything_typed(app):
    activity = make_activity(slug="forum", lasts=3 * HOUR)
    session = slot_of(activity)
    child = add_child(session, starts_in=timedelta(), lasts=HOUR)

    page = at_the_desk(app).post_form(f"{SLOTS}/{child.id}", ends_at=typed(session.ends_at + 2 * HOUR), label_zh="晚场")

    kept = page.html.select_one("[name=label_zh]")
    assert kept is not None
    assert (page.status, kept["value"]) == (409, "晚场")
    assert "分时段应在所属场次的时间之内" in page.words


def test_a_session_gets_a_name_and_a_venue_and_the_list_shows_them(app):
    activity = make_activity(slug="forum")
    slot = slot_of(activity)
    desk = at_the_desk(app)

    page = desk.post_form(f"{SLOTS}/{slot.id}", label_zh="主会场", label_en="Main hall", venue_id=str(activity.venue_id))

    fresh(slot)
    assert (slot.label_zh, slot.label_en, slot.venue_id) == ("主会场", "Main hall", activity.venue_id)
    assert "主会场" in desk.follow(page).words


def test_a_stale_session_form_is_told_and_keeps_what_was_typed(app):
    activity = make_activity(slug="forum")
    slot = slot_of(activity)
    desk = at_the_desk(app)
    opened = desk.get(f"{SLOTS}/{slot.id}")
    at_the_desk(app).post_form(f"{SLOTS}/{slot.id}", label_zh="他们的")

    page = desk.post_form(opened, label_zh="我的")

    kept = page.html.select_one("[name=label_zh]")
    assert kept is not None
    assert (page.status, page.result, kept["value"]) == (409, "changed-meanwhile", "我的")
    assert [found.get_text(" ", strip=True) for found in page.html.select(".theirs")] == ["他人已保存： 他们的"]


def test_a_session_of_another_activity_is_not_found_under_this_one(app):
    make_activity(slug="forum")
    other = slot_of(make_activity(slug="other"))

    assert at_the_desk(app).get(f"{SLOTS}/{other.id}").status == 404
