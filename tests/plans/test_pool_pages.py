"""The pages that merge and split pools: a simulation first, the deed at the second press."""

import pytest

from festival.accounts.rules import Role
from festival.lib.db import db
from tests.builders import make_activity, make_person, make_sign_up, pool_of
from tests.roster.desk import at_the_desk, slot_of
from tests.signups.engine import counters, states
from tests.web import Browser

TOUR = "/manage/activities/tour"


def test_a_bus_swap_is_simulated_with_names_and_then_done(app):
    activity = make_activity(slug="tour", capacity=4, pools=2)
    first, second = pool_of(activity, 0), pool_of(activity, 1)
    early = make_sign_up(activity, pool=second, party_size=3, name="王小宁")
    late = make_sign_up(activity, pool=first, party_size=2, name="欧阳娜")
    desk = at_the_desk(app)
    form = desk.get(desk.get(f"{TOUR}/plan").link("合并名额池"))

    seen = desk.post_form(form, capacity="4")

    assert (seen.status, seen.result, states(early, late)) == (200, "preview", ["confirmed"] * 2)
    assert "1 个报名放不下，将移到候补最前并通知本人" in seen.words
    lists = {
        str(found["data-parties"]): [row.get_text(" ", strip=True) for row in found.select("tbody tr")]
        for found in seen.html.select("[data-parties]")
    }
    assert lists == {"bumped": ["欧阳娜 2 报名成功 1区"], "kept": ["王小宁 3 报名成功 2区"]}
    other = desk.post_form(seen, capacity="3", button="sure")
    assert (other.result, states(late)) == ("preview", ["confirmed"])  # another number than the one that was looked at

    done = desk.post_form(seen, button="sure")

    assert (done.status, done.location) == (303, f"{TOUR}/")
    assert states(early, late) == ["confirmed", "waitlisted"]
    assert (counters(first), second.is_closed) == ((3, 2), True)
    shown = desk.get(f"{TOUR}/")
    assert [str(row["data-pool"]) for row in shown.html.select("tr[data-pool]")] == [str(first.id)]
    assert [
        desk.get(path).status for path in (f"{TOUR}/slots/{slot_of(activity).id}/merge", f"{TOUR}/pools/{second.id}/split")
    ] == [
        404,
        404,
    ]
    form_for_all = Browser(app).sign_in(make_person()).get("/activities/tour/sign-up")
    assert "2区" not in form_for_all.words


def test_a_zone_is_split_after_a_look(app):
    activity = make_activity(slug="tour", capacity=4)
    pool = pool_of(activity)
    sign_ups = [make_sign_up(activity, party_size=2) for _ in range(2)]
    desk = at_the_desk(app)
    path = f"{TOUR}/pools/{pool.id}/split"
    wrong = desk.post_form(path, first="二", second="")
    assert (wrong.status, len(wrong.html.select(".field__error"))) == (422, 4)

    seen = desk.post_form(wrong, first="2", second="2", second_zh="乙区", second_en="Zone B")
    assert (seen.result, "留在原名额池 2 人，去新名额池 2 人" in seen.words) == ("preview", True)
    desk.post_form(seen, button="sure")

    db.session.rollback()
    assert [one.pool_id == pool.id for one in sign_ups] == [True, False]
    assert [one.label_zh for one in slot_of(activity).open_pools] == ["1区", "乙区"]


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.STEWARD, Role.AUDITOR])
def test_who_may_not_change_places_sees_no_simulation(app, role):
    activity = make_activity(slug="tour", pools=2)

    assert at_the_desk(app, role).get(f"{TOUR}/slots/{slot_of(activity).id}/merge").status == 403


def test_the_pools_of_anothers_activity_are_not_found(app):
    activity = make_activity(slug="tour", pools=2)
    desk = at_the_desk(app, activity=make_activity(slug="mine"))

    assert [
        desk.get(f"{TOUR}/slots/{slot_of(activity).id}/merge").status,
        desk.get(f"{TOUR}/pools/{pool_of(activity).id}/split").status,
    ] == [
        404,
        404,
    ]
