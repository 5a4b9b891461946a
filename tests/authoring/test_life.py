"""An activity's life: made as a draft, previewed, published at once or at a minute, taken back, deleted; copied."""

from datetime import timedelta

import pytest
import time_machine
from bs4 import Tag
from sqlalchemy import func, select

from festival.accounts.models import RoleGrant
from festival.accounts.rules import Role
from festival.authoring import service
from festival.authoring.rules import AuthoringReason, AuthoringRefused
from festival.authoring.service import Basics, Clone
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.notices import queries as said
from festival.notices import service as notices
from festival.plans import service as plans
from festival.plans.rules import Step, StepRefused
from festival.programme.kinds import kind_of
from festival.programme.models import Access, Activity, ActivityStatus, Mode, Pool, PoolBatch, Question, Slot, Venue
from festival.programme.service import Why
from festival.signups.models import SignUp
from festival.signups.service import SignUpRequest, sign_up
from tests.builders import make_activity, make_festival, make_person, make_question, make_sign_up, make_staff, pool_of
from tests.roster.desk import add_child, at_the_desk, entries, slot_of, typed
from tests.web import Browser, Page

NEW = "/manage/activities/new"
DAY = timedelta(days=1)


def filled(**changed):
    """Return what is typed into the form of a new activity."""
    starts_at = clock.now().replace(second=0, microsecond=0) + 10 * DAY
    return {
        "kind": "talk",
        "title_zh": "技能人才沙龙",
        "title_en": "Skills Salon",
        "short_title_zh": "技能沙龙",
        "short_title_en": "Skills Salon",
        "starts_at": typed(starts_at),
        "ends_at": typed(starts_at + timedelta(hours=2)),
        "capacity": "30",
        **changed,
    }


def the(slug: str) -> Activity:
    db.session.rollback()
    return db.session.scalars(select(Activity).where(Activity.slug == slug)).one()


def one(page: Page, selector: str) -> Tag:
    found = page.html.select_one(selector)
    assert found is not None, f"no {selector} on {page.path}"
    return found


def refusal_of(act) -> AuthoringReason:
    with pytest.raises(AuthoringRefused) as refused, transaction():
        act()
    return refused.value.reason


# -- a new one ---------------------------------------------------------------------------------------------------------------


def test_a_new_activity_is_a_draft_with_a_session_a_pool_and_a_new_venue_and_twice_the_same_form_makes_one(app):
    make_festival()
    desk = at_the_desk(app)
    typed_in = filled(mode="approval", venue_id="0", venue_zh="新梅江会场", venue_en="Meijiang Hall")

    bad = desk.post_form(NEW, {**typed_in, "capacity": "", "venue_en": "", "slug": "Bad Slug"})
    made, again = desk.post_form(NEW, typed_in), desk.post_form(NEW, typed_in)

    assert (bad.status, sorted(error["id"] for error in bad.html.select(".field__error"))) == (
        422,
        ["capacity-error", "slug-error", "venue_id-error"],
    )
    assert one(bad, "#title_zh")["value"] == "技能人才沙龙"
    assert (made.location, again.location) == ("/manage/activities/skills-salon/edit",) * 2
    activity = the("skills-salon")
    slot = slot_of(activity)
    assert (activity.status, activity.mode, activity.venue.name_zh) == (ActivityStatus.DRAFT, Mode.APPROVAL, "新梅江会场")
    assert [(pool.key, pool.capacity, pool.access) for pool in slot.pools] == [("main", 30, Access.APPROVAL)]
    assert (slot.starts_at, slot.ends_at) == (activity.starts_at, activity.ends_at)
    assert [entry[0] for entry in entries()] == ["venue.make", "activity.make"]


def test_only_who_organizes_the_whole_festival_makes_activities_venues_and_editions(app):
    mine = make_activity(slug="mine")
    desk = at_the_desk(app, activity=mine)

    assert [desk.get(path).status for path in (NEW, "/manage/venues", "/manage/venues/new")] == [404, 404, 404]
    assert at_the_desk(app, Role.REVIEWER).get(NEW).status == 403
    assert "新建活动" not in desk.get("/manage/activities").words


# -- preview and publication -------------------------------------------------------------------------------------------------


def test_a_draft_is_previewed_as_readers_will_see_it_by_staff_alone_and_no_search_engine(app, visitor):
    make_activity(slug="forum", status=ActivityStatus.DRAFT, title_zh="新论坛")
    desk = at_the_desk(app)

    page, public = desk.get("/manage/activities/forum/preview"), visitor.get("/activities/forum")

    assert (page.status, public.status) == (200, 404)
    assert "预览" in one(page, ".preview").get_text()
    assert one(page, 'meta[name="robots"]')["content"] == "noindex"
    assert page.html.select_one('link[rel="canonical"]') is None
    assert page.html.select_one(".action a") is None
    with transaction():
        the("forum").status = ActivityStatus.PUBLISHED
    shown = one(visitor.get("/activities/forum"), "article").get_text(" ", strip=True)
    assert one(page, "article").get_text(" ", strip=True) == shown.replace("添加到日历 收藏 ", "")


def test_what_is_published_for_a_minute_appears_everywhere_at_that_minute_without_any_job(app, visitor):
    """Page, programme, site map, feed and file, kept pages and stored feeds included."""
    make_activity(slug="other")
    with time_machine.travel(clock.wall().replace(microsecond=0), tick=False) as at:
        draft = make_activity(slug="soon", status=ActivityStatus.DRAFT, title_zh="定时发布的活动", starts_in=9 * DAY)
        publish_at = (clock.now() + DAY).replace(second=0, microsecond=0)

        def shown() -> list[bool]:
            return [
                visitor.get("/activities/soon").status == 200,
                "定时发布的活动" in visitor.get("/").text,
                "/activities/soon" in visitor.get("/sitemap.xml").text,
                "定时发布的活动" in visitor.get("/cal/programme.ics").text.replace("\r\n ", ""),
                visitor.get("/activities/soon/calendar.ics").status == 200,
                visitor.get("/activities/soon/sign-up").status == 200,
            ]

        desk = at_the_desk(app)
        page = desk.post_form("/manage/activities/soon/publication", publish_at=typed(publish_at))
        assert page.status == 303
        before = shown()
        at.move_to(publish_at - timedelta(seconds=1))
        just_before = shown()
        etag = visitor.get("/cal/programme.ics").response.headers["ETag"]
        at.move_to(publish_at)
        assert (before, just_before, shown()) == ([False] * 6, [False] * 6, [True] * 6)
        assert visitor.get("/cal/programme.ics").response.headers["ETag"] != etag
        assert the("soon").status == ActivityStatus.PUBLISHED
        assert draft.id


def test_before_its_minute_nobody_signs_up_and_no_step_of_a_plan_is_taken(app):
    activity = make_activity(slug="soon", status=ActivityStatus.DRAFT)
    person = make_person()
    with transaction():
        service.publish(activity.id, clock.now() + DAY, actor_id=make_staff().id)

    with pytest.raises(NotFound), transaction():
        sign_up(activity.id, person.id, SignUpRequest(), kind=kind_of(activity))
    with pytest.raises(StepRefused), transaction():
        plans.take_step(activity.id, None, Step.CANCEL, Why("大风", "Wind"), actor_id=make_staff().id)
    assert at_the_desk(app).get("/manage/activities/soon/counter").status == 409


def test_publication_is_refused_where_nothing_lies_ahead_or_the_minute_has_passed(app):
    actor = make_staff().id
    over = make_activity(status=ActivityStatus.DRAFT, starts_in=-2 * DAY, closes_in=None)
    bare = make_activity(status=ActivityStatus.DRAFT, pools=0)
    good = make_activity(status=ActivityStatus.DRAFT)
    now = clock.now()

    assert refusal_of(lambda: service.publish(over.id, None, actor_id=actor)) == AuthoringReason.ALL_PAST
    assert refusal_of(lambda: service.publish(bare.id, None, actor_id=actor)) == AuthoringReason.NO_PLACES
    assert refusal_of(lambda: service.publish(good.id, now - DAY, actor_id=actor)) == AuthoringReason.TIME_PASSED
    assert refusal_of(lambda: service.publish(good.id, now + 99 * DAY, actor_id=actor)) == AuthoringReason.AFTER_THE_END


def test_what_nobody_signed_up_for_is_taken_back_and_deleted_and_the_log_stays(app, visitor):
    activity = make_activity(slug="forum")
    make_question(activity, "meal", type_="select", options={"a": "A"})
    add_child(slot_of(activity), starts_in=timedelta(0), lasts=timedelta(hours=1))
    version = activity.festival.calendar_version
    desk = at_the_desk(app)

    back = desk.post_form("/manage/activities/forum/publication", action="/manage/activities/forum/publication/unpublish")
    assert (back.status, visitor.get("/activities/forum").status) == (303, 404)
    assert the("forum").festival.calendar_version > version
    asks = desk.post_form("/manage/activities/forum/publication", action="/manage/activities/forum/delete")
    gone = desk.post_form(asks, sure="1")

    assert gone.location == "/manage/activities"
    db.session.rollback()
    counts = [db.session.scalar(select(func.count()).select_from(model)) for model in (Activity, Slot, Pool, Question)]
    assert counts == [0, 0, 0, 0]
    assert [entry[0] for entry in entries()] == ["activity.unpublish", "activity.delete"]


def test_what_somebody_signed_up_for_is_neither_taken_back_nor_put_off_nor_deleted(app):
    activity, actor = make_activity(slug="forum"), make_staff().id
    make_sign_up(activity)

    acts = (
        lambda: service.unpublish(activity.id, actor_id=actor),
        lambda: service.delete_activity(activity.id, actor_id=actor),
        lambda: service.publish(activity.id, clock.now() + DAY, actor_id=actor),
    )

    assert [refusal_of(act) for act in acts] == [AuthoringReason.HAS_SIGN_UPS] * 3
    page = at_the_desk(app).get("/manage/activities/forum/publication")
    assert "已有人报名，活动不能撤回或删除" in page.words
    assert page.html.select("main form[action$=unpublish], main form[action$=delete]") == []


def test_the_log_of_a_deleted_draft_is_never_anothers(app):
    actor = make_staff().id
    first = make_activity(status=ActivityStatus.DRAFT)
    gone = first.id
    with transaction():
        service.set_basics(gone, Basics(first.track_id, slug="renamed"), actor_id=actor)
        service.delete_activity(gone, actor_id=actor)
    at_the_desk(app).post_form(NEW, filled())

    assert the("skills-salon").id != gone


# -- what it is --------------------------------------------------------------------------------------------------------------


def test_kind_and_address_are_fixed_by_publication_and_the_way_of_places_by_sign_ups(app):
    draft, actor = make_activity(slug="draft", status=ActivityStatus.DRAFT), make_staff().id
    taken = make_activity(slug="taken")
    with transaction():
        changed = service.set_basics(draft.id, Basics(draft.track_id, "better", "show", Mode.BALLOT), actor_id=actor)
    db.session.rollback()

    assert changed == ("slug", "kind", "mode")
    assert (draft.slug, draft.kind, pool_of(draft).access) == ("better", "show", Access.BALLOT)
    acts = [
        lambda: service.set_basics(draft.id, Basics(draft.track_id, slug="taken"), actor_id=actor),
        lambda: service.set_basics(taken.id, Basics(taken.track_id, slug="other"), actor_id=actor),
        lambda: service.set_basics(draft.id, Basics(9_999), actor_id=actor),
    ]
    assert [refusal_of(act) for act in acts] == [
        AuthoringReason.SLUG_TAKEN,
        AuthoringReason.NOT_A_DRAFT,
        AuthoringReason.UNKNOWN,
    ]
    make_sign_up(taken)
    assert (
        refusal_of(lambda: service.set_basics(taken.id, Basics(taken.track_id, mode=Mode.APPROVAL), actor_id=actor))
        == AuthoringReason.HAS_SIGN_UPS
    )


# -- copies ------------------------------------------------------------------------------------------------------------------


def test_a_copy_has_all_that_was_decided_and_nobody_in_it(app):
    source, actor = make_activity(slug="forum", capacity=10, party_max=3), make_staff().id
    make_question(source, "meal", type_="select", options={"a": "A", "b": "B"})
    child = add_child(slot_of(source), starts_in=timedelta(0), lasts=timedelta(hours=1), capacity=7)
    make_sign_up(source)
    with transaction():
        pool = db.session.get_one(Pool, pool_of(source).id)
        db.session.add(PoolBatch(pool_id=pool.id, at=clock.now() + DAY, places=4))
        db.session.add(PoolBatch(pool_id=pool.id, at=clock.now() - DAY, places=3, released_at=clock.now()))
        source.venue_id = pool.slot.activity.venue_id
        notices.set_wording(source.id, "sign_up_confirmed", {"zh": ("见", "长文"), "en": ("", "")}, actor_id=actor)
        notices.set_reminders(source.id, (48,), actor_id=actor)
    with transaction():
        made = service.clone_activity(source.id, Clone("副本", "Copy", "", 52), actor_id=actor)
        made_id = made.id
    db.session.rollback()
    made = db.session.get_one(Activity, made_id)

    year = timedelta(weeks=52)
    assert (made.slug, made.status, made.title_zh, made.party_max) == ("forum-2", ActivityStatus.DRAFT, "副本", 3)
    assert source.closes_at is not None
    assert (made.starts_at, made.closes_at) == (source.starts_at + year, source.closes_at + year)
    session, entry = sorted(made.slots, key=lambda slot: slot.parent_id or 0)
    assert (entry.parent_id, entry.starts_at, entry.key) == (session.id, child.starts_at + year, child.key)
    assert len({slot.uid for slot in (*made.slots, *source.slots)}) == 4
    assert [(pool.capacity, pool.taken) for pool in (*session.pools, *entry.pools)] == [(7, 0), (7, 0)]
    assert [(batch.places, batch.released_at) for batch in session.pools[0].batches] == [(3, None), (4, None)]
    assert [(one.key, len(one.options)) for one in made.questions] == [("meal", 2)]
    words = said.wording_of(made_id, "sign_up_confirmed", "zh")
    assert words is not None
    assert (words.short, words.long, said.reminder_hours(made_id)) == ("见", "长文", (48,))
    assert db.session.scalar(select(func.count(SignUp.id)).where(SignUp.activity_id == made_id)) == 0


def test_an_organizer_of_one_activity_copies_it_and_organizes_the_copy_and_no_other(app):
    mine, _other = make_activity(slug="mine"), make_activity(slug="other")
    member = make_staff(Role.ORGANIZER, activity=mine)
    desk = Browser(app).sign_in(member)

    page = desk.post_form("/manage/activities/mine/clone", weeks="1")

    assert page.location == "/manage/activities/mine-2/publication"
    assert (desk.follow(page).status, desk.get("/manage/activities/other/clone").status) == (200, 404)
    granted = db.session.scalars(select(RoleGrant.activity_id).where(RoleGrant.account_id == member.id)).all()
    assert set(granted) == {mine.id, the("mine-2").id}


# -- venues ------------------------------------------------------------------------------------------------------------------


def test_a_venue_is_changed_and_calendars_of_what_is_held_there_move_forward(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)
    path = f"/manage/venues/{activity.venue_id}"

    swapped = desk.post_form(path, lat="117.2", lon="39.1")
    saved = desk.post_form(path, name_zh="新礼堂", lat="39.1", lon="117.2")

    assert (swapped.status, "填反" in swapped.words, saved.status) == (422, True, 303)
    db.session.rollback()
    assert slot_of(activity).sequence == 1
    assert db.session.get_one(Venue, activity.venue_id).name_zh == "新礼堂"
