"""Organizers set the rules by which an activity gives its places, and whoever the new rules let in moves up at once."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.rules import Role
from festival.lib.db import db, transaction
from festival.programme.models import Access, Activity, Festival, Overlap, PoolBatch, Promotion
from festival.signups import regulating, service
from festival.signups.regulating import RuleReason, RuleRefused
from tests.builders import make_activity, make_staff, pool_of
from tests.roster.desk import at_the_desk, entries, fresh, slot_of, typed
from tests.signups.engine import NOW, change, faults, fill, ledger, messages, states
from tests.web import Page

RULES = "/manage/activities/forum/rules"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def morning(app, frozen):
    frozen(NOW)


def wrong(page: Page) -> dict[str, str]:
    """Return the errors beside the fields of a page, by the field's id."""
    return {str(one["id"]).removesuffix("-error"): one.get_text(strip=True) for one in page.html.select(".field__error")}


def said(page: Page) -> list[str]:
    return [one.get_text(strip=True) for one in page.html.select(".note[role=status]:not([hidden])")]


# -- the switches -------------------------------------------------------------------------------------------------------------


def test_saved_rules_are_logged_by_name_and_serve_the_list_in_the_same_step(app):
    forum = make_activity(slug="forum", capacity=4)
    parties = fill(forum, 3, 3, 1)
    assert states(*parties) == ["confirmed", "waitlisted", "waitlisted"]
    desk = at_the_desk(app)

    saved = desk.post_form(
        RULES,
        {
            "overlap": "block",
            "passing": "yes",
            "party_max": "２",
            "waitlist_limit": "0",
            "promotion_cutoff_minutes": "30",
            "release_minutes": "15",
        },
    )

    assert saved.status == 303
    fresh(forum)
    assert (forum.overlap, forum.smaller_may_pass, forum.balance_tolerance, forum.promotion) == ("block", True, None, "auto")
    assert (forum.promotion_cutoff_minutes, forum.party_max, forum.waitlist_limit, forum.per_organisation) == (30, 2, 0, None)
    assert states(*parties) == ["confirmed", "waitlisted", "confirmed"]
    assert [line[:2] for line in ledger(parties[2])][-1] == ("promoted", "rules")
    assert messages(parties[2])[-1] == "sign_up_promoted"
    changes = (
        "overlap warn -> block, smaller_may_pass no -> yes, promotion_cutoff_minutes 120 -> 30,"
        " release_minutes 0 -> 15, party_max 5 -> 2, waitlist_limit none -> 0"
    )
    assert entries() == [("activity.rules", "activity", forum.id, "", changes)]
    assert said(desk.follow(saved)) == ["报名规则已保存。", "已从候补名单递补 1 个报名，并通知本人。"]
    log = desk.get("/manage/activities/forum/log").words
    assert "时间冲突 提醒 → 不允许、小队伍先递补 否 → 是" in log
    assert not faults(forum)
    assert desk.follow(desk.post_form(RULES)).words.count("没有改动。") == 1
    assert len(entries()) == 1


def test_what_cannot_be_is_said_beside_its_field_and_somebody_elses_save_is_told(app):
    forum = make_activity(slug="forum")
    desk = at_the_desk(app)
    opened = desk.get(RULES)
    assert opened.html.select_one("[name=balance_tolerance]") is None  # no quotas here

    bad = desk.post_form(
        opened, {"party_max": "0", "waitlist_limit": "-1", "per_organisation": "many", "promotion_cutoff_minutes": ""}
    )

    assert bad.status == 422
    assert wrong(bad) == {
        "party_max": "请填写 1 到 1000 之间的整数",
        "waitlist_limit": "请填写 0 到 1000000 之间的整数",
        "per_organisation": "请填写 1 到 1000000 之间的整数",
        "promotion_cutoff_minutes": "请填写此项",
    }
    assert [one["value"] for one in bad.html.select("[name=per_organisation]")] == ["many"]
    change(forum, promotion=Promotion.OFFER, updated_at=forum.updated_at + HOUR)
    stale = desk.post_form(opened, {"party_max": "3"})
    assert (stale.status, stale.result) == (409, "changed-meanwhile")
    assert [one.get_text(" ", strip=True) for one in stale.html.select(".theirs")] == [
        "他人已保存： 5",
        "他人已保存： 先征询本人",
    ]
    again = desk.post_form(stale)  # what was typed is still there
    fresh(forum)
    assert (again.status, forum.party_max, forum.promotion) == (303, 3, "auto")


def test_quotas_have_a_tolerance_and_only_organizers_of_the_activity_set_rules(app):
    forum = make_activity(slug="forum", pools=2)
    for index, answer in enumerate("fm"):
        change(pool_of(forum, index), quota_question="gender", quota_answer=answer)

    at_the_desk(app).post_form(RULES, {"balance_tolerance": "2", "per_organisation": "3"})

    fresh(forum)
    assert (forum.balance_tolerance, forum.per_organisation, forum.overlap) == (2, 3, Overlap.WARN)
    assert [at_the_desk(app, role).get(RULES).status for role in (Role.REVIEWER, Role.STEWARD, Role.AUDITOR)] == [403] * 3
    elsewhere = at_the_desk(app, activity=make_activity(slug="other"))
    mine = elsewhere.get("/manage/activities/other/rules")
    assert elsewhere.get(RULES).status == 404
    token = str(mine.html.select("[name=csrf_token]")[0]["value"])
    slot, pool = slot_of(forum).id, pool_of(forum).id
    for path in (RULES, f"{RULES[:-5]}slots/{slot}/ceiling", f"{RULES[:-5]}batches", f"{RULES[:-5]}reserve"):
        assert elsewhere.post(path, csrf_token=token).status == 404
    # A foreign slot, batch or pool is not found through one's own activity either.
    for path in (f"slots/{slot}/ceiling", "batches/1/remove", f"pools/{pool}/reserve/end"):
        assert elsewhere.post(f"/manage/activities/other/{path}", csrf_token=token).status == 404


# -- the approved number ------------------------------------------------------------------------------------------------------


def test_a_raised_ceiling_serves_the_list_and_a_lowered_one_asks_first_and_moves_nobody(app):
    forum = make_activity(slug="forum", capacity=10, approved_ceiling=4)
    slot, parties = slot_of(forum), fill(forum, 4, 2, 3)
    desk = at_the_desk(app)
    path = f"/manage/activities/forum/slots/{slot.id}/ceiling"

    raised = desk.post_form(desk.get(RULES), {"approved_ceiling": "6"}, action=path)

    assert said(desk.follow(raised)) == ["核准人数已保存。", "已从候补名单递补 1 个报名，并通知本人。"]
    assert states(*parties) == ["confirmed", "confirmed", "waitlisted"]
    assert [line[:2] for line in ledger(parties[1])][-1] == ("promoted", "ceiling:4->6")
    assert "已达核准人数的 100%" in desk.get(RULES).words
    assert "已达核准人数的 100%" in desk.get("/manage/activities/forum/").words
    asked = desk.post_form(desk.get(RULES), {"approved_ceiling": "5"}, action=path)
    assert (asked.status, asked.result) == (200, "preview")
    assert "新核准人数 5 人，现有 6 人，多出 1 人。 尚未保存。" in asked.words
    fresh(slot)
    assert slot.approved_ceiling == 6
    # More came over the number than was looked at: it asks again.
    worse = desk.post_form(asked, {"approved_ceiling": "3"}, action=path)
    assert "多出 3 人" in worse.words
    assert desk.post_form(worse, action=path).status == 303
    fresh(slot)
    assert (slot.approved_ceiling, states(*parties)) == (3, ["confirmed", "confirmed", "waitlisted"])
    bad = desk.post_form(desk.get(RULES), {"approved_ceiling": "-3"}, action=path)
    assert (bad.status, wrong(bad)) == (422, {f"ceiling-{slot.id}": "请填写 0 到 1000000 之间的整数"})
    desk.post_form(desk.get(RULES), {"approved_ceiling": ""}, action=path)
    assert [entry[4] for entry in entries()] == [
        "approved_ceiling 4 -> 6",
        "approved_ceiling 6 -> 3",
        "approved_ceiling 3 -> none",
    ]
    assert states(*parties) == ["confirmed", "confirmed", "confirmed"]


# -- batches ------------------------------------------------------------------------------------------------------------------


def test_a_batch_is_added_comes_in_its_time_to_those_who_wait_and_can_be_taken_back_until_then(app, frozen):
    forum = make_activity(slug="forum", capacity=1)
    pool, parties = pool_of(forum), fill(forum, 1, 1)
    desk = at_the_desk(app)
    batches = "/manage/activities/forum/batches"

    def add(hours: int, places: str = "2") -> Page:
        at = typed(NOW + hours * HOUR)
        fields = {"batch_pool": str(pool.id), "batch_at": at, "batch_places": places}
        return desk.post_form(desk.get(RULES), fields, action=batches)

    assert wrong(add(-1, "0")) == {"batch_at": "放出时间应晚于现在", "batch_places": "请填写 1 到 1000000 之间的整数"}
    assert wrong(add(24 * 30)) == {"batch_at": "放出时间应早于该场次结束"}
    assert [add(1).status, add(2, "3").status] == [303, 303]
    assert wrong(add(2)) == {"batch_at": "该名额池在这一时间已有一批名额"}
    assert wrong(add(3, "1000000")) == {"batch_places": "名额合计不能超过 1,000,000"}
    db.session.rollback()
    first, second = db.session.scalars(select(PoolBatch).order_by(PoolBatch.at))
    opened = desk.get(RULES)
    assert [one.get_text(" ", strip=True).split()[-3:] for one in opened.html.select("tr[data-batch] td:nth-of-type(3)")] == [
        ["待放出"],
        ["待放出"],
    ]
    assert desk.post_form(opened, action=f"{batches}/{second.id}/remove").status == 303

    frozen(NOW + 90 * timedelta(minutes=1))
    late = desk.post_form(opened, action=f"{batches}/{first.id}/remove")

    assert (late.status, late.result) == (409, "released")
    with transaction():
        service.sweep(forum.id)
    fresh(pool)
    assert (pool.capacity, states(*parties)) == (3, ["confirmed", "confirmed"])
    assert [(entry[0], entry[4].split()[0]) for entry in entries()] == [
        ("pool.batch", "+2"),
        ("pool.batch", "+3"),
        ("pool.batch_remove", "-3"),
    ]


# -- the reserve --------------------------------------------------------------------------------------------------------------


def test_an_empty_pool_becomes_the_reserve_lends_at_once_and_goes_back_when_nothing_is_lent(app):
    forum = make_activity(slug="forum", capacity=1, pools=2)
    first, spare = pool_of(forum), pool_of(forum, 1)
    parties = fill(forum, 1, 1, pool=first)
    desk = at_the_desk(app)
    taken = desk.post_form(RULES, {"reserve_pool": str(first.id)})
    assert (taken.status, wrong(taken)) == (409, {"reserve_pool": "已有人报名该名额池，不能设为机动名额"})

    desk.post_form(RULES, {"reserve_pool": str(spare.id)})

    assert states(*parties) == ["confirmed", "confirmed"]
    assert "还有 0 个，已借出 1 个" in desk.get(RULES).words
    with pytest.raises(RuleRefused) as refused, transaction():
        regulating.end_reserve(spare.id, actor_id=make_staff().id)
    assert refused.value.reason == RuleReason.HAS_LENT
    with transaction():
        service.withdraw(parties[1].id)
    assert desk.post_form(RULES, action=f"/manage/activities/forum/pools/{spare.id}/reserve/end").status == 303
    fresh(spare)
    assert (spare.is_flex, spare.capacity) == (False, 1)
    assert [entry[:3] for entry in entries()] == [("pool.reserve", "pool", spare.id), ("pool.reserve_end", "pool", spare.id)]
    assert not faults(forum)


def test_what_goes_by_quota_or_invitation_has_no_number_or_nobody_beside_it_is_no_reserve(app):
    actor = make_staff().id

    def reason(activity: Activity, **values: object) -> RuleReason:
        change(pool_of(activity), **values)
        with pytest.raises(RuleRefused) as refused, transaction():
            regulating.make_reserve(pool_of(activity).id, actor_id=actor)
        return refused.value.reason

    two = make_activity(pools=2)
    change(pool_of(two, 1), is_flex=True)
    assert [
        reason(make_activity()),
        reason(make_activity(pools=2), capacity=None),
        reason(make_activity(pools=2), access=Access.INVITATION),
        reason(make_activity(pools=2), quota_question="gender", quota_answer="f"),
        reason(two),
    ] == [
        RuleReason.NOBODY_TO_LEND_TO,
        RuleReason.UNLIMITED,
        RuleReason.BOUND,
        RuleReason.BOUND,
        RuleReason.ONE_ALREADY,
    ]


# -- the whole festival -------------------------------------------------------------------------------------------------------


def test_an_administrator_limits_what_one_person_may_hold_and_an_organizer_does_not(app):
    festival_id = make_activity(slug="forum").festival_id
    desk, organizer = at_the_desk(app, Role.ADMINISTRATOR), at_the_desk(app)

    nonsense = desk.post_form("/manage/settings", activities_max="0")
    saved = desk.post_form("/manage/settings", activities_max="3")

    assert (nonsense.status, list(wrong(nonsense))) == (422, ["activities_max"])
    festival = db.session.get_one(Festival, festival_id, populate_existing=True)
    assert (saved.status, festival.activities_max) == (303, 3)
    assert [one["value"] for one in desk.get("/manage/settings").html.select("#activities_max")] == ["3"]
    assert organizer.get("/manage/settings").status == 403
    assert entries() == [("festival.rules", "festival", festival_id, "", "activities_max - -> 3")]


def test_an_administrator_sets_from_how_many_reveals_on_the_auditor_is_told(app):
    festival_id = make_activity(slug="forum").festival_id
    desk = at_the_desk(app, Role.ADMINISTRATOR)

    refused = [wrong(desk.post_form("/manage/settings", reveals_max=typed)) for typed in ("", "0", "1001")]
    saved = desk.post_form("/manage/settings", reveals_max="5")

    assert [list(fields) for fields in refused] == [["reveals_max"]] * 3
    assert (saved.status, db.session.get_one(Festival, festival_id, populate_existing=True).reveals_max) == (303, 5)
    assert entries() == [("festival.rules", "festival", festival_id, "", "reveals_max 20 -> 5")]
