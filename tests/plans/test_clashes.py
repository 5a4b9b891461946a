"""Who gets a clash when a time or place changes: computed before it is saved, and told to whom it may be told."""

from datetime import timedelta

from festival.accounts.models import RoleGrant
from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.plans import preview, queries
from festival.programme.models import ActivityStatus, Venue
from festival.programme.service import Span
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_sign_up, make_staff
from tests.roster.desk import add_child, slot_of, statements, typed
from tests.signups.engine import change
from tests.web import Browser

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def moved_by(activity, step, *, lasts=timedelta(0)):
    slot = slot_of(activity)
    return preview.after_edit(activity, Span(slot.starts_at + step, slot.ends_at + step + lasts), activity.venue)


def clashing(activity, step):
    return [(one.moved.sign_up_id, one.other.sign_up_id) for one in queries.newly_clashing(moved_by(activity, step), clock.now())]


def test_only_those_newly_in_two_places_at_once_are_found(app):
    moving, other, early = make_activity(), make_activity(starts_in=6 * DAY), make_activity(starts_in=5 * DAY)
    people = [make_person() for _ in range(5)]
    here = [make_sign_up(moving, person=person) for person in people]
    there = make_sign_up(other, person=people[0], state=State.WAITLISTED)
    make_sign_up(early, person=people[1])  # it overlaps now, and no more afterwards
    make_sign_up(other, person=people[2], state=State.WITHDRAWN)
    lapsed = make_sign_up(other, person=people[3], state=State.OFFERED, offered_until=clock.now() - HOUR)
    assert lapsed.state == State.OFFERED
    called_off = make_activity(starts_in=6 * DAY)
    make_sign_up(called_off, person=people[4])
    change(called_off, status=ActivityStatus.CANCELLED)

    assert clashing(moving, DAY) == [(here[0].id, there.id)]
    assert clashing(moving, 3 * DAY) == []


def test_what_clashed_before_and_still_does_is_no_news(app):
    moving, other = make_activity(lasts=3 * HOUR), make_activity(lasts=3 * HOUR)
    person = make_person()
    for activity in (moving, other):
        make_sign_up(activity, person=person)

    assert clashing(moving, HOUR) == []


def test_timed_entries_move_with_their_session_and_another_place_takes_the_way_there(app):
    moving, other = make_activity(lasts=3 * HOUR), make_activity(starts_in=5 * DAY + 4 * HOUR)
    child = add_child(slot_of(moving), starts_in=2 * HOUR, lasts=HOUR)
    person = make_person()
    booked, there = make_sign_up(moving, person=person, pool=child.pools[0]), make_sign_up(other, person=person)
    db.session.expire_all()
    with transaction():
        far = Venue(
            festival_id=moving.festival_id, key="far", name_zh="远", name_en="Far", lat=39.2, lon=117.5, updated_at=clock.wall()
        )
        db.session.add(far)

    assert clashing(moving, 2 * HOUR) == [(booked.id, there.id)]
    elsewhere = preview.after_edit(moving, None, far)
    assert set(elsewhere) == {slot_of(moving).id, child.id}
    found = queries.newly_clashing(elsewhere, clock.now())
    assert [(one.moved.sign_up_id, one.how.gap_minutes) for one in found] == [(booked.id, 60)]


def test_many_people_cost_as_many_statements_as_one(app):
    moving, other = make_activity(capacity=100), make_activity(capacity=100, starts_in=6 * DAY)
    costs = []
    for _ in range(2):
        for _ in range(4):
            person = make_person(name="某人")
            make_sign_up(moving, person=person)
            make_sign_up(other, person=person)
        db.session.refresh(moving)
        new = moved_by(moving, DAY)
        with statements() as seen:
            found = preview.preview(moving, new, lambda _activity_id: True, clock.now())
        costs.append((len(seen), found.told, found.clashes, len(found.lines)))

    assert costs == [(costs[0][0], 4, 4, 4), (costs[0][0], 8, 8, 8)]


def test_the_page_names_whom_it_may_and_hides_what_of_theirs_it_may_not(app):
    moving = make_activity(slug="forum")
    mine, foreign = make_activity(starts_in=6 * DAY, title_zh="我管的展"), make_activity(starts_in=6 * DAY, title_zh="别人的展")
    for name, other in (("王小宁", mine), ("欧阳娜", foreign)):
        person = make_person(name=name)
        make_sign_up(moving, person=person)
        make_sign_up(other, person=person)
    make_sign_up(moving, state=State.WAITLISTED)
    member = make_staff(Role.ORGANIZER, activity=moving)
    with transaction():
        db.session.add(RoleGrant(account_id=member.id, role=Role.REVIEWER.value, activity_id=foreign.id))
        db.session.add(RoleGrant(account_id=member.id, role=Role.ORGANIZER.value, activity_id=mine.id))
    slot = slot_of(moving)

    page = (
        Browser(app)
        .sign_in(member)
        .post_form("/manage/activities/forum/edit", starts_at=typed(slot.starts_at + DAY), ends_at=typed(slot.ends_at + DAY))
    )

    assert (page.status, page.result) == (200, "preview")
    assert "将通知 3 个报名的本人；其中 2 个因此与本人的其他活动冲突。 报名成功 2，候补中 1" in page.words
    rows = [[cell.get_text(" ", strip=True) for cell in row.select("th, td")] for row in page.html.select("[data-clash]")]
    assert [(row[0], row[1], row[2].split(" ")[0], row[3][:4]) for row in rows] == [
        ("王小宁", "报名成功", "我管的展", "时间重叠"),
        ("欧阳娜", "报名成功", "本人的另一项活动", "时间重叠"),
    ]
    assert "别人的展" not in page.words
