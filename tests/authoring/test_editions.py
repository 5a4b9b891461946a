"""Next year's edition: a whole one copied with its dates moved by weeks, prepared out of sight, then opened."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from festival.accounts.rules import Role
from festival.authoring import editions, service
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Collision
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import Activity, ActivityStatus, Festival, Holiday, Pool, Slot, Venue
from festival.seed import files
from festival.seed import service as seed
from festival.signups.models import Invitation, SignUp
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.roster.desk import at_the_desk, entries

WEEKS = 52
YEAR = timedelta(weeks=WEEKS)


def test_a_whole_edition_is_previewed_date_by_date_and_copied_as_drafts_without_people(app, visitor):
    forum, show = make_activity(slug="forum"), make_activity(slug="show-2020", starts_in=timedelta(days=6))
    make_sign_up(forum)
    with transaction():
        pool = pool_of(forum)
        db.session.add(Invitation(activity_id=forum.id, pool_id=pool.id, code="a" * 26, created_at=clock.wall()))
        new_day = clock.local_day(show.starts_at + YEAR)
        db.session.add(Holiday(day=new_day, is_workday=False, source="国务院办公厅", level="fact"))
        service.publish(forum.id, None, actor_id=make_staff().id)
    desk, festival = at_the_desk(app), forum.festival
    page = f"/manage/editions/{festival.id}/clone"

    wrong = desk.post_form(page, weeks="0", title_en="")
    assert [error["id"] for error in wrong.html.select(".field__error")] == ["weeks-error", "title_en-error"]
    looked = desk.post_form(page, weeks=str(WEEKS), title_zh="第二届河西人才节")
    assert (looked.result, "法定节假日" in looked.words, db.session.scalar(select(func.count(Festival.id)))) == (
        "preview",
        True,
        1,
    )
    made = desk.post_form(looked, button="sure")

    db.session.rollback()
    new = db.session.scalars(select(Festival).order_by(Festival.id.desc())).first()
    assert new is not None
    assert made.location == f"/manage/editions/{new.id}"
    assert (new.edition, new.title_zh, new.is_preparing, new.starts_on) == (
        2,
        "第二届河西人才节",
        True,
        festival.starts_on + YEAR,
    )
    copies = db.session.scalars(select(Activity).where(Activity.festival_id == new.id).order_by(Activity.position)).all()
    year = new.starts_on.year
    assert [(one.slug, one.status, one.starts_at) for one in copies] == [
        (f"forum-{year}", ActivityStatus.DRAFT, forum.starts_at + YEAR),
        (f"show-{year}", ActivityStatus.DRAFT, show.starts_at + YEAR),
    ]
    assert {(one.track.festival_id, one.venue.festival_id) for one in copies} == {(new.id, new.id)}
    assert (pool_of(copies[0]).capacity, pool_of(copies[0]).taken) == (pool.capacity, 0)
    assert [db.session.scalar(select(func.count(model.id))) for model in (SignUp, Invitation)] == [1, 1]
    assert "festival.clone" in {entry[0] for entry in entries()}
    stale = desk.post_form(looked, button="sure")
    assert (stale.status, stale.result) == (409, "preview")


def test_readers_stay_with_the_current_edition_until_the_new_one_is_opened_and_old_addresses_live_on(app, visitor):
    forum, actor = make_activity(slug="forum", title_zh="首届论坛"), make_staff().id
    festival = forum.festival
    asked = editions.NextEdition(edition=2, title_zh="第二届", title_en="Second", theme_zh="主题", theme_en="Theme", weeks=WEEKS)
    seen = editions.preview(festival, WEEKS).fingerprint
    with transaction():
        new_id = editions.clone_festival(festival.id, asked, seen=seen, actor_id=actor).id
    with pytest.raises(AuthoringRefused) as refused, transaction():
        editions.publish_edition(new_id, actor_id=actor)
    assert refused.value.reason == AuthoringReason.NOTHING_PUBLISHED
    copy = db.session.scalars(select(Activity).where(Activity.festival_id == new_id)).one()
    slug = copy.slug
    with transaction():
        copy.title_zh = "第二届论坛"
        service.publish(copy.id, None, actor_id=actor)

    def shown() -> list[object]:
        feed = visitor.get("/cal/programme.ics").text.replace("\r\n ", "")
        return [
            visitor.get(f"/activities/{slug}").status,
            visitor.get("/activities/forum").status,
            "第二届论坛" in visitor.get("/").text,
            "第二届论坛" in feed,
            f"/activities/{slug}" in visitor.get("/sitemap.xml").text,
            visitor.get(f"/activities/{slug}/sign-up").status,
        ]

    desk = at_the_desk(app)
    before = shown()
    assert [desk.get(f"/manage/activities/{one}/").status for one in ("forum", slug)] == [200, 200]
    assert f"/manage/activities/{slug}/" not in desk.get("/manage/activities").text
    opened = desk.post_form(f"/manage/editions/{new_id}", action=f"/manage/editions/{new_id}/publish")
    assert opened.status == 303
    assert (before, shown()[:5]) == ([404, 200, False, False, False, 404], [200, 200, True, True, True])
    assert f"/manage/activities/{slug}/" in desk.get("/manage/activities").text
    assert at_the_desk(app, Role.ORGANIZER, activity=forum).get("/manage/editions").status == 404


def test_the_festivals_whole_programme_is_copied_with_every_weekday_and_detail_moved(app):
    with transaction():
        seed.load(files.read(), dates="original", demo=True)
    festival, actor = db.session.scalars(select(Festival)).one(), make_staff().id
    asked = editions.NextEdition(edition=2, title_zh="二", title_en="2", theme_zh="主", theme_en="T", weeks=WEEKS)
    looked = editions.preview(festival, WEEKS)
    with transaction():
        new_id = editions.clone_festival(festival.id, asked, seen=looked.fingerprint, actor_id=actor).id

    def outline(festival_id: int, step: timedelta) -> list[tuple[object, ...]]:
        rows = db.session.execute(
            select(Activity.position, Activity.kind, Slot.key, Slot.starts_at, Slot.opens_at, Pool.key, Pool.quota_answer)
            .join(Slot, Slot.activity_id == Activity.id)
            .outerjoin(Pool, Pool.slot_id == Slot.id)
            .where(Activity.festival_id == festival_id, Slot.is_extra.is_(False))  # break-outs come with an agenda of its own
            .order_by(Activity.position, Slot.starts_at, Slot.key, Pool.position),
        )
        return [(*row[:3], row.starts_at + step, row.opens_at + step if row.opens_at else None, *row[5:]) for row in rows]

    assert outline(new_id, timedelta(0)) == outline(festival.id, YEAR)
    tours = db.session.scalars(select(Activity.details).where(Activity.kind == "tour").order_by(Activity.id)).all()
    assert ("2023-06" in tours[0], "2023-06" in tours[1], "2024-06" in tours[1]) == (True, False, True)
    assert {one.collision for moved in looked.activities for one in moved.sessions} <= {None, *Collision}
    assert db.session.scalar(select(func.count(Venue.id)).where(Venue.festival_id == new_id)) == db.session.scalar(
        select(func.count(Venue.id)).where(Venue.festival_id == festival.id)
    )
    with transaction():
        assert seed.load(files.read(), dates="original", demo=True).is_quiet
    sequences = db.session.scalars(select(Slot.sequence).join(Activity).where(Activity.festival_id == new_id).distinct()).all()
    assert sequences == [0]
