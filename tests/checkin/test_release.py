"""Places of those who have not come, released after the start to those of the list who stand at the door."""

from datetime import timedelta

import pytest

from festival.accounts.rules import Role
from festival.checkin import service
from festival.checkin.service import Where
from festival.ledger import doctor
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.programme.models import SlotStatus
from festival.signups.rules import SignUpRefused
from tests.builders import make_activity, make_person, make_staff, pool_of
from tests.checkin.test_service import scan
from tests.signups.engine import NOW, change, counters, faults, fill, ledger, messages, sign_up, states
from tests.web import Browser

HERE = "/manage/activities/fair/check-in"


@pytest.fixture(autouse=True)
def still(app, frozen):
    frozen(NOW)


def fair(**made):
    """An activity that has begun ten minutes ago, once ``begin`` is called."""
    return make_activity(slug="fair", starts_in=timedelta(hours=4), party_max=3, **made)


def begin(frozen, minutes=10):
    db.session.rollback()
    frozen(NOW + timedelta(hours=4, minutes=minutes))


def release(activity, *present, seen):
    with transaction():
        return service.release(pool_of(activity).slot_id, {one.id for one in present}, Where(make_staff().id), seen=seen)


def door_faults():
    db.session.rollback()
    return [fault for finding in doctor.examine() for fault in finding.faults]


def test_places_of_those_who_have_not_come_go_to_those_of_the_list_who_stand_there_in_order(app, frozen):
    activity = fair(capacity=5)
    came, absent, late, first, large, third, at_home = fill(activity, 1, 2, 2, 1, 3, 1, 1)
    begin(frozen)
    scan(came)

    done = release(activity, third, first, large, seen=2)

    assert [[one.id for one in some] for some in (done.released, done.placed, done.left)] == [
        [absent.id, late.id], [first.id, large.id], [third.id],
    ]  # fmt: skip
    assert states(came, absent, late, first, large, third, at_home) == [
        "attended", "waitlisted", "waitlisted", "attended", "attended", "waitlisted", "waitlisted",
    ]  # fmt: skip
    assert counters(pool_of(activity)) == (5, 6)
    waiting = sorted((third, at_home, absent, late), key=lambda one: (one.priority, one.joined_at, one.id))
    assert waiting == [third, at_home, absent, late]  # who came too late stands behind everybody who waited
    assert ledger(absent)[1:] == [("released", "absent", "confirmed", "waitlisted", 2, 5, 3)]
    assert ledger(first)[1:] == [("confirmed", "door", "waitlisted", "confirmed", 1, 1, 2)]
    assert (messages(absent)[-1], messages(first)[-1], messages(at_home)[-1]) == (
        "sign_up_released", "sign_up_confirmed", "sign_up_waitlisted",
    )  # fmt: skip
    assert (faults(activity, is_order_known=True), door_faults()) == ([], [])

    assert scan(late).verdict.value == "not_confirmed"
    with pytest.raises(SignUpRefused, match="full"), transaction():
        service.place(activity.id, late.id, Where(make_staff().id))
    change(pool_of(activity), capacity=7)
    with transaction():  # there is room after all
        assert service.place(activity.id, late.id, Where(make_staff().id)).persons == 2


def test_nothing_is_released_where_somebody_came_since_the_preview_or_it_is_not_the_time(app, frozen):
    activity = fair(capacity=2)
    came, absent, waits = fill(activity, 1, 1, 1)
    change(activity, release_minutes=15)
    begin(frozen)
    with pytest.raises(SignUpRefused, match="not_open"):
        release(activity, waits, seen=2)
    begin(frozen, 15)
    scan(came)
    with pytest.raises(SignUpRefused, match="changed_meanwhile"):
        release(activity, waits, seen=2)
    change(pool_of(activity).slot, status=SlotStatus.POSTPONED)
    with pytest.raises(SignUpRefused, match="postponed"):
        release(activity, waits, seen=1)
    change(pool_of(activity).slot, status=SlotStatus.SCHEDULED)
    begin(frozen, 600)
    with pytest.raises(SignUpRefused, match="ended"):
        release(activity, waits, seen=1)

    assert states(came, absent, waits) == ["attended", "confirmed", "waitlisted"]
    assert [len(ledger(one)) for one in (came, absent, waits)] == [1, 1, 1]


def test_staff_at_the_door_see_how_many_tick_who_is_there_and_read_no_names(app, frozen):
    activity = fair(capacity=1)
    absent = sign_up(activity, make_person(name="来晚了"), name="来晚了")
    waits = sign_up(activity, make_person(name="等着的"), name="等着的")
    steward = Browser(app).sign_in(make_staff(Role.STEWARD))
    early = steward.get(f"{HERE}/release")
    assert "14:00 起可以释放" in early.words
    assert "释放未到场者的名额" not in steward.get(HERE).words
    begin(frozen)

    steward = Browser(app).sign_in(make_staff(Role.STEWARD))
    page = steward.get(steward.get(HERE).link("释放未到场者的名额"))
    assert "1 个报名还没有人来 ，共 1 人" in page.words
    assert ("等着的" in page.words, waits.digits[:3] in page.words) == (False, True)
    assert "等着的" in Browser(app).sign_in(make_staff()).get(f"{HERE}/release").words

    stranger = make_activity(slug="other", starts_in=timedelta(hours=-1))
    [token] = [str(field["value"]) for field in page.html.select("main [name=csrf_token]")]
    elsewhere = steward.post(f"{HERE}/slots/{pool_of(stranger).slot_id}/release", csrf_token=token, seen="1")
    assert elsewhere.status == 404
    stale = steward.post_form(page, {"seen": "7", "pick": str(waits.id)})
    assert (stale.status, stale.result) == (409, "refused")
    assert stale.html.select(f"#pick-{waits.id}[checked]")
    done = steward.post_form(stale, {"seen": "1", "pick": str(waits.id)})
    assert done.status == 303
    assert "已释放 1 个报名的名额，并通知本人。" in steward.follow(done).words
    assert states(absent, waits) == ["waitlisted", "attended"]
    assert clock.now() == waits.first_in_at
    again = steward.post_form(page, {"seen": "1"})
    assert (again.status, states(waits)) == (409, ["attended"])
