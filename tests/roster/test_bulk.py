"""What is done to many sign-ups at once: shown first as it would be, then done as it was shown, with one entry in the trail."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.lib.db import db, rehearsal, transaction
from festival.outbox.models import Message
from festival.programme.models import Mode
from festival.roster import acts, beside
from festival.roster.acts import ActRefused, Asked, Outcome
from festival.roster.models import Colour
from festival.roster.rules import Act, ActReason
from festival.signups.models import LedgerEntry, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_sign_up, make_staff, pool_of
from tests.roster.desk import actors, at_the_desk, entries
from tests.web import Page

ROSTER = "/manage/activities/forum/roster"
BULK = f"{ROSTER}/bulk"


def states(*sign_ups: SignUp) -> list[str]:
    db.session.rollback()  # requests have written since
    return [db.session.get_one(SignUp, one.id, populate_existing=True).state.value for one in sign_ups]


def do(activity_id: int, asked: Asked, *sign_ups: SignUp, actor_id: int) -> Outcome:
    """Rehearse, then do what was seen."""
    ids = [one.id for one in sign_ups]
    with rehearsal():
        seen = acts.carry_out(activity_id, asked, ids, actor_id=actor_id)
    assert entries() == []
    with transaction():
        done = acts.carry_out(activity_id, asked, ids, actor_id=actor_id, seen=seen.fingerprint(asked))
    assert done == seen
    return done


def owed() -> list[tuple[str, int]]:
    return [(one.kind, one.subject_id) for one in db.session.scalars(select(Message).order_by(Message.id))]


# -- the acts -----------------------------------------------------------------------------------------------------------------


def test_approving_fills_the_places_then_the_list_and_says_of_each_other_why_not(app):
    forum, staff = make_activity(mode=Mode.APPROVAL, capacity=1), make_staff().id
    first, second = (make_sign_up(forum, state=State.PENDING) for _ in range(2))
    gone = make_sign_up(forum, state=State.WITHDRAWN)

    outcome = do(forum.id, Asked(Act.APPROVE), first, second, gone, actor_id=staff)

    assert outcome.done == {first.id: "confirmed", second.id: "waitlisted"}
    assert outcome.left == {gone.id: "not_pending"}
    assert outcome.sent == {"sign_up_approved": 1, "sign_up_waitlisted": 1}
    assert states(first, second, gone) == ["confirmed", "waitlisted", "withdrawn"]
    assert entries() == [("review.approve", "activity", forum.id, "", f"sign_ups={first.id},{second.id}")]


def test_removing_many_serves_the_list_and_leaves_one_entry(app):
    forum, staff = make_activity(capacity=2), make_staff().id
    one, two = make_sign_up(forum), make_sign_up(forum)
    waits, gone = make_sign_up(forum, state=State.WAITLISTED), make_sign_up(forum, state=State.REMOVED)

    outcome = do(forum.id, Asked(Act.REMOVE, reason="名额另有安排"), one, two, gone, actor_id=staff)

    assert (outcome.done, outcome.left) == ({one.id: "removed", two.id: "removed"}, {gone.id: "not_live"})
    assert (outcome.promoted, outcome.sent) == ([waits.id], {"sign_up_promoted": 1, "sign_up_removed": 2})
    assert states(one, two, waits) == ["removed", "removed", "confirmed"]
    assert entries() == [("roster.remove", "activity", forum.id, "名额另有安排", f"sign_ups={one.id},{two.id}")]
    assert actors() == [staff]


def test_moving_many_takes_who_fits_tells_them_and_gives_their_places_to_the_list(app):
    forum, staff = make_activity(pools=2, capacity=3, opens_in=timedelta(days=-3), closes_in=timedelta(days=-1)), make_staff().id
    here, there = pool_of(forum, 0), pool_of(forum, 1)
    fits, large, sits = make_sign_up(forum), make_sign_up(forum, party_size=2), make_sign_up(forum, pool=there)
    waits, pending = make_sign_up(forum, state=State.WAITLISTED), make_sign_up(forum, state=State.PENDING)
    with transaction():
        db.session.merge(there).capacity = 2

    outcome = do(forum.id, Asked(Act.MOVE, pool_id=there.id), fits, large, sits, pending, actor_id=staff)

    assert outcome.done == {fits.id: "confirmed"}
    assert outcome.left == {large.id: "full", sits.id: "already", pending.id: "stays"}
    assert outcome.promoted == [waits.id]
    assert outcome.sent == {"sign_up_pool": 1, "sign_up_promoted": 1}
    moved = db.session.get_one(SignUp, fits.id, populate_existing=True)
    lines = db.session.execute(select(LedgerEntry.pool_id, LedgerEntry.actor_id).where(LedgerEntry.sign_up_id == fits.id)).all()
    assert (moved.pool_id, sorted(lines)) == (there.id, [(here.id, staff), (there.id, staff)])
    assert entries() == [("roster.move", "activity", forum.id, "", f"pool={there.id} sign_ups={fits.id}")]


def test_a_pool_of_another_activity_or_a_closed_one_is_nowhere_to_move_to(app):
    forum, other, staff = make_activity(pools=2), make_activity(), make_staff().id
    sign_up = make_sign_up(forum)
    with transaction():
        db.session.merge(pool_of(forum, 1)).is_closed = True

    for pool in (pool_of(other), pool_of(forum, 1)):
        with rehearsal():
            outcome = acts.carry_out(forum.id, Asked(Act.MOVE, pool_id=pool.id), [sign_up.id], actor_id=staff)
        assert (outcome.done, outcome.left) == ({}, {sign_up.id: "unknown_pool"})


def test_absences_of_many_are_excused_with_one_entry(app):
    forum, staff = make_activity(starts_in=timedelta(hours=-5)), make_staff().id
    absent, came = make_sign_up(forum, state=State.NO_SHOW), make_sign_up(forum, state=State.ATTENDED)

    outcome = do(forum.id, Asked(Act.EXCUSE, reason="班车晚点"), absent, came, actor_id=staff)

    assert (outcome.done, outcome.left) == ({absent.id: "no_show"}, {came.id: "not_live"})
    assert db.session.get_one(SignUp, absent.id, populate_existing=True).excused_at is not None
    assert entries() == [("roster.excuse", "activity", forum.id, "班车晚点", f"sign_ups={absent.id}")]
    assert owed() == [("sign_up_excused", absent.id)]


def test_a_tag_goes_on_who_lacks_it_and_comes_off_who_has_it(app):
    forum, staff = make_activity(), make_staff().id
    has, lacks = make_sign_up(forum), make_sign_up(forum)
    with transaction():
        tag = beside.make_tag(forum.id, "嘉宾", Colour.GREY, actor_id=staff)
        beside.set_tags(forum.id, has.id, [tag.id], actor_id=staff)
    ids = [has.id, lacks.id]

    with transaction():
        on = acts.carry_out(forum.id, Asked(Act.TAG, tag_id=tag.id), ids, actor_id=staff)
    with transaction():
        off = acts.carry_out(forum.id, Asked(Act.UNTAG, tag_id=tag.id), ids, actor_id=staff)
        none = acts.carry_out(forum.id, Asked(Act.UNTAG, tag_id=tag.id), ids, actor_id=staff)

    assert (on.done, on.left, on.sent) == ({lacks.id: ""}, {has.id: "tagged"}, {})
    assert (off.done, none.left) == (dict.fromkeys(ids, ""), dict.fromkeys(ids, "not_tagged"))
    assert [(action, changes) for action, *_rest, changes in entries()[2:]] == [
        ("roster.tag", f"tag={tag.id} sign_ups={lacks.id}"),
        ("roster.untag", f"tag={tag.id} sign_ups={has.id},{lacks.id}"),
    ]


def test_what_turns_out_otherwise_than_it_was_shown_is_not_done(app):
    forum, staff = make_activity(mode=Mode.APPROVAL, capacity=1), make_staff().id
    one, asked = make_sign_up(forum, state=State.PENDING), Asked(Act.APPROVE)
    with rehearsal():
        seen = acts.carry_out(forum.id, asked, [one.id], actor_id=staff).fingerprint(asked)
    make_sign_up(forum)

    with pytest.raises(ActRefused) as refused, transaction():
        acts.carry_out(forum.id, asked, [one.id], actor_id=staff, seen=seen)

    assert (refused.value.reason, states(one), owed(), entries()) == (ActReason.CHANGED, ["pending"], [], [])


# -- the pages ----------------------------------------------------------------------------------------------------------------


def preview(page: Page) -> list[str]:
    found = page.html.select_one("[data-preview]")
    assert found is not None
    return [" ".join(one.get_text(" ", strip=True).split()) for one in found.select(".note, p, li")]


def test_those_ticked_are_shown_before_anything_happens_and_done_when_confirmed(app):
    forum = make_activity(slug="forum", capacity=9)
    first, second = make_sign_up(forum, name="李伟"), make_sign_up(forum, name="王小宁", state=State.WITHDRAWN)
    foreign, desk = make_sign_up(make_activity(slug="other")), at_the_desk(app)
    ticked = {"pick": [str(first.id), str(second.id)], "act": "remove"}

    asks = desk.post_form(f"{ROSTER}?sort=name", ticked, action=BULK, button="scope")
    empty = desk.post_form(asks, reason=" ")
    shows = desk.post_form(asks, reason="重复报名")
    assert (entries(), asks.result, empty.status, shows.result) == ([], None, 422, "preview")
    assert preview(shows) == [
        "1 个报名会被处理。",
        "处理后：已移出名单 1",
        "1 个不会处理：",
        "所处状态不适用，可能刚才有变化 · 1",
        "会发出的通知：",
        "已移出名单，并附原因 · 1",
    ]
    other_reason = desk.post_form(shows, reason="另一个原因", button="sure")
    done = desk.post_form(shows, button="sure")

    assert (other_reason.status, "情况刚才有变化" in other_reason.words) == (409, True)
    assert (done.location, states(first, second, foreign)) == (f"{ROSTER}?sort=name", ["removed", "withdrawn", "confirmed"])
    assert "已处理 1 个报名。" in desk.follow(done).text
    assert entries() == [("roster.remove", "activity", forum.id, "重复报名", f"sign_ups={first.id}")]


def test_ticks_come_along_when_the_page_is_turned_searched_or_looked_at_and_left_and_are_counted(app):
    forum = make_activity(slug="forum", capacity=9)
    here, gone = make_sign_up(forum, name="李伟"), make_sign_up(forum, name="王小宁", state=State.WITHDRAWN)
    foreign, desk = make_sign_up(make_activity(slug="other")), at_the_desk(app)

    listed = desk.get(f"{ROSTER}?state=confirmed&picked={here.id}.{gone.id}.{foreign.id}.x.{here.id}")
    boxes = listed.html.select("form[data-pick] [name=pick]")
    ticks = {"pick": [str(one["value"]) for one in boxes], "csrf_token": str(listed.html.select("[name=csrf_token]")[0]["value"])}
    form = ticks | {"view": "state=confirmed", "page": "2"}
    turned = desk.post(BULK, **form, turn="3")
    undecided = desk.post(BULK, **form, act="")
    asks = desk.post(BULK, **form, act="remove", scope="picked")

    assert [(int(str(one["value"])), one["type"], one.has_attr("checked")) for one in boxes] == [
        (gone.id, "hidden", False),
        (here.id, "checkbox", True),
    ]
    assert "已选 2 个 （1 个不在本页） 全部取消" in listed.words
    assert [one["value"] for one in listed.html.select(".filters [name=picked]")] == [f"{here.id}.{gone.id}"]
    kept = f"picked={gone.id}.{here.id}"
    assert (turned.location, undecided.location) == (
        f"{ROSTER}?state=confirmed&page=3&{kept}",
        f"{ROSTER}?state=confirmed&page=2&{kept}",
    )
    assert "选中 2 个报名" in asks.words
    assert f"{ROSTER}?state=confirmed&picked={here.id}.{gone.id}" in {one["href"] for one in asks.html.select("main a[href]")}


def test_all_that_a_view_shows_are_counted_anew_and_asked_about_again_when_others_came(app):
    forum = make_activity(slug="forum", mode=Mode.APPROVAL, capacity=9)
    for name in ("李伟", "王小宁"):
        make_sign_up(forum, name=name, state=State.PENDING)
    make_sign_up(forum, name="赵一", state=State.WITHDRAWN)
    desk = at_the_desk(app, Role.REVIEWER)
    listed = desk.get(f"{ROSTER}?state=pending")
    everything = {"act": "approve", "scope": "all"}

    shows = desk.post_form(listed, {"act": "approve", "pick": []}, action=BULK)
    assert (shows.location, [one["value"] for one in listed.html.select("#act option[value]")]) == (
        f"{ROSTER}?state=pending",
        ["", "approve", "reject"],
    )
    token = listed.html.select_one("main [name=csrf_token]")
    assert token is not None
    everything |= {"view": "state=pending", "csrf_token": str(token["value"])}
    seen = desk.post(BULK, **everything)
    make_sign_up(forum, name="孙三", state=State.PENDING)
    changed = desk.post_form(seen, button="sure")
    done = desk.post_form(changed, button="sure")

    assert "李伟" not in seen.text
    assert (seen.status, changed.status, done.status) == (200, 409, 303)
    assert db.session.query(SignUp).filter_by(state=State.CONFIRMED).count() == 3
    assert [action for action, *_rest in entries()] == ["review.approve"]
    assert desk.post(BULK, **(everything | {"act": "remove"})).location == f"{ROSTER}?state=pending"


def test_writing_to_many_goes_on_to_a_page_of_its_own_with_those_ticked_or_all_that_the_view_shows(app):
    forum = make_activity(slug="forum")
    make_sign_up(forum, name="李伟")
    desk = at_the_desk(app)
    listed = desk.get(f"{ROSTER}?state=confirmed")
    pick = str(listed.html.select("[name=pick]")[0]["value"])
    form = {"csrf_token": str(listed.html.select("[name=csrf_token]")[0]["value"]), "view": "state=confirmed", "act": "message"}

    ticked, everybody, nobody = (
        desk.post(BULK, **(form | more)).location for more in ({"pick": pick}, {"scope": "all"}, {"scope": "picked"})
    )

    letters = "/manage/activities/forum/letters/new?state=confirmed"
    assert (ticked, everybody, nobody) == (f"{letters}&pick={pick}", letters, f"{ROSTER}?state=confirmed")
