"""What organizers write beside a roster: tags, notes, views, columns; and what becomes of it when a person goes."""

import json

import pytest

from festival.accounts import personal
from festival.accounts.models import Consent
from festival.accounts.rules import Role
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.sealing import seal
from festival.programme.models import Sensitivity
from festival.reviews.models import Review
from festival.reviews.rules import Decision
from festival.roster import beside, saving
from festival.roster.models import Colour, Note, SignUpTag
from festival.roster.rules import DeskReason, DeskRefused
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.roster.desk import at_the_desk, entries
from tests.web import Browser, Page

ROSTER = "/manage/activities/forum/roster"


def names(page: Page) -> set[str]:
    return {cell.get_text(strip=True) for cell in page.html.select("th.c-name a")}


def heads(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.html.select("thead th:not(.c-pick)")]


def answer(sign_up: SignUp, key: str, value: str, *, sealed: bool = False) -> None:
    with transaction():
        db.session.add(
            Answer(
                sign_up_id=sign_up.id,
                question_key=key,
                plain=None if sealed else value,
                sealed=seal(value.encode(), f"answer:{sign_up.id}:{key}") if sealed else None,
            ),
        )


# -- tags ---------------------------------------------------------------------------------------------------------------------


def test_an_organizer_makes_a_tag_puts_it_on_and_finds_by_it(app):
    forum = make_activity(slug="forum")
    guest, _other = make_sign_up(forum, name="李伟"), make_sign_up(forum, name="王小宁")
    desk = at_the_desk(app)

    made = desk.post_form(f"{ROSTER}/tags", label=" 嘉宾 ", colour="teal")
    [tag] = beside.tags(forum.id)
    again = desk.post_form(f"{ROSTER}/tags", label="嘉宾")
    nameless = desk.post_form(f"{ROSTER}/tags", label="")
    desk.post_form(f"{ROSTER}/{guest.id}", {"tags": [str(tag.id)]}, action=f"{ROSTER}/{guest.id}/tags")
    page = desk.get(ROSTER)

    assert (made.location, tag.label, tag.colour) == (f"{ROSTER}/tags", "嘉宾", Colour.TEAL)
    assert (again.status, nameless.status) == (409, 422)
    assert "本活动已有同名标签。" in again.words
    assert [row.get_text(strip=True) for row in page.html.select("td.c-tags")] == ["嘉宾", ""]
    assert names(desk.get(f"{ROSTER}?tag={tag.id}")) == {"李伟"}
    assert names(desk.get(f"{ROSTER}?tag={tag.id}&not=tag")) == names(desk.get(f"{ROSTER}?tag=none")) == {"王小宁"}
    assert entries() == [
        ("tag.make", "tag", tag.id, "", ""),
        ("sign_up.tag", "sign_up", guest.id, "", f"tags +{tag.id}"),
    ]


def test_a_tag_is_renamed_where_it_is_and_taken_off_everybody_when_deleted(app):
    forum = make_activity(slug="forum")
    sign_up, staff = make_sign_up(forum), make_staff().id
    with transaction():
        tag = beside.make_tag(forum.id, "嘉宾", Colour.GREY, actor_id=staff)
        beside.make_tag(forum.id, "VIP", Colour.GREY, actor_id=staff)
        beside.set_tags(forum.id, sign_up.id, [tag.id, 999], actor_id=staff)
    here, desk = f"{ROSTER}/tags/{tag.id}", at_the_desk(app)

    taken = desk.post_form(here, label="vip", action=here)
    renamed = desk.post_form(here, label="贵宾", colour="red", action=here)
    after = [(one.tag.label, one.tag.colour, one.count) for one in beside.tag_counts(forum.id)]
    db.session.rollback()
    deleted = desk.post_form(here, action=f"{here}/delete")
    db.session.rollback()

    assert (taken.status, renamed.status, deleted.status) == (409, 303, 303)
    assert after == [("VIP", Colour.GREY, 0), ("贵宾", Colour.RED, 1)]
    assert ([one.tag.label for one in beside.tag_counts(forum.id)], db.session.query(SignUpTag).count()) == (["VIP"], 0)
    assert [(action, changes) for action, *_rest, changes in entries()[3:]] == [("tag.edit", ""), ("tag.delete", "sign_ups=1")]


def test_tags_and_sign_ups_of_other_activities_are_out_of_reach(app):
    mine, theirs = make_activity(slug="mine"), make_activity(slug="forum")
    ours, other, staff = make_sign_up(mine), make_sign_up(theirs), make_staff().id
    with transaction():
        tag = beside.make_tag(theirs.id, "嘉宾", Colour.GREY, actor_id=staff)
        assert not beside.set_tags(mine.id, ours.id, [tag.id], actor_id=staff)
    desk = at_the_desk(app, activity=mine)

    foreign = [f"{ROSTER}/tags", f"{ROSTER}/tags/{tag.id}", f"/manage/activities/mine/roster/tags/{tag.id}"]
    assert [desk.get(path).status for path in foreign] == [404, 404, 404]
    page = desk.get(f"/manage/activities/mine/roster/{ours.id}")
    token = page.html.select_one("main [name=csrf_token]")
    assert token is not None
    answers = [
        desk.post(f"/manage/activities/mine/roster/{other.id}/{what}", csrf_token=str(token["value"]), words="x")
        for what in ("notes", "tags")
    ]
    assert [one.status for one in answers] == [404, 404]
    assert db.session.query(Note).count() == 0


def test_an_activity_has_so_many_tags_and_no_more(app):
    forum, staff = make_activity(), make_staff().id
    with transaction():
        for number in range(beside.MOST_TAGS):
            beside.make_tag(forum.id, f"标签{number}", Colour.GREY, actor_id=staff)

    with pytest.raises(DeskRefused) as refused, transaction():
        beside.make_tag(forum.id, "再一个", Colour.GREY, actor_id=staff)
    assert refused.value.reason == DeskReason.TOO_MANY_TAGS


# -- notes --------------------------------------------------------------------------------------------------------------------


def test_notes_stand_with_author_and_time_the_newest_first_for_organizers_only(app):
    forum = make_activity(slug="forum")
    person = make_person(name="李伟")
    sign_up = make_sign_up(forum, person=person, name="李伟")
    desk, reviewer, me = at_the_desk(app), at_the_desk(app, Role.REVIEWER), Browser(app).sign_in(person)
    here = f"{ROSTER}/{sign_up.id}"

    for words in ("已电话确认", "<b>带投影仪</b>\n第二行"):
        assert desk.post_form(here, words=words, action=f"{here}/notes").location == f"{here}"
    empty = desk.post_form(here, words="  ", action=f"{here}/notes")
    listed = [note.get_text("\n", strip=True) for note in desk.get(here).html.select(".notes .free")]

    assert listed == ["<b>带投影仪</b>\n第二行", "已电话确认"]
    assert empty.status == 422
    assert [changes for action, *_rest, changes in entries() if action == "sign_up.note"] == ["note", "note"]
    assert all("已电话确认" not in page.text for page in (reviewer.get(here), me.get("/me"), me.get(f"/sign-ups/{sign_up.code}")))


def test_what_was_written_beside_a_person_is_in_their_data_and_goes_with_them(app):
    forum = make_activity(slug="forum")
    person = make_person(name="李伟")
    gone, stays = make_sign_up(forum, person=person), make_sign_up(forum)
    staff = make_staff().id
    with transaction():
        tag = beside.make_tag(forum.id, "嘉宾", Colour.GREY, actor_id=staff)
        for sign_up in (gone, stays):
            beside.set_tags(forum.id, sign_up.id, [tag.id], actor_id=staff)
            beside.add_note(forum.id, sign_up.id, "已电话确认", actor_id=staff)
    me = Browser(app).sign_in(person)

    data = json.loads(me.get("/me/data.json").text)
    with transaction():
        for holding in personal.holdings():
            holding.erase(person.id)

    assert [row["words"] for row in data["sign_up_note"]] == ["已电话确认"]
    assert [row["label"] for row in data["sign_up_tag"]] == ["嘉宾"]
    assert "author_id" not in data["sign_up_note"][0]
    assert (
        [row.sign_up_id for row in db.session.query(Note)]
        == [row.sign_up_id for row in db.session.query(SignUpTag)]
        == [stays.id]
    )


# -- views and columns ----------------------------------------------------------------------------------------------------------


def test_a_view_is_kept_under_a_name_without_what_was_searched_and_shared_if_so_chosen(app):
    forum = make_activity(slug="forum", pools=2)
    make_sign_up(forum, name="李伟")
    desk, colleague = at_the_desk(app), at_the_desk(app)
    here = f"{ROSTER}?q=李伟&state=confirmed&state=attended&not=state&sort=name"

    kept = desk.post_form(here, name="没来的", action=f"{ROSTER}/views")
    desk.post_form(f"{ROSTER}?in=no", name="未签到", is_shared="1", action=f"{ROSTER}/views")
    desk.post_form(f"{ROSTER}?in=yes", name="没来的", action=f"{ROSTER}/views")

    assert kept.location == f"{ROSTER}?state=confirmed&state=attended&not=state&sort=name"
    assert "搜索的词不保存" in desk.follow(kept).text
    assert [a["href"] for a in desk.get(ROSTER).html.select(".kept__view a")] == [f"{ROSTER}?in=no", f"{ROSTER}?in=yes"]
    assert [a["href"] for a in colleague.get(ROSTER).html.select(".kept__view a")] == [f"{ROSTER}?in=no"]
    [mine] = [one for one in saving.views(forum.id, 0) if one.is_shared]
    token = colleague.get(ROSTER).html.select_one("main [name=csrf_token]")
    assert token is not None
    assert colleague.post(f"{ROSTER}/views/{mine.id}/delete", csrf_token=str(token["value"])).status == 404
    assert desk.post_form(ROSTER, action=f"{ROSTER}/views/{mine.id}/delete").status == 303
    assert colleague.get(ROSTER).html.select(".kept__view a") == []


def test_columns_are_chosen_for_oneself_and_one_activity_and_stay_until_the_usual_ones_are_wanted(app):
    forum, other = make_activity(slug="forum", party_max=1), make_activity(slug="other", party_max=1)
    for activity in (forum, other):
        make_question(activity, "employer", label_zh="工作单位")
        make_sign_up(activity)
    desk, colleague = at_the_desk(app), at_the_desk(app)
    usual = ["姓名", "状态", "联系方式", "席位", "工作单位", "签到码", "报名时间"]

    chosen = desk.post_form(f"{ROSTER}?state=confirmed", columns=["notes", "code", "a-employer"], action=f"{ROSTER}/columns")

    assert chosen.location == f"{ROSTER}?state=confirmed"
    assert heads(desk.get(ROSTER)) == ["姓名", "工作单位", "签到码", "内部备注"]
    assert heads(colleague.get(ROSTER)) == heads(desk.get("/manage/activities/other/roster")) == usual
    desk.post_form(ROSTER, columns=[], action=f"{ROSTER}/columns")
    assert heads(desk.get(ROSTER)) == ["姓名"]
    desk.post_form(ROSTER, action=f"{ROSTER}/columns", button="usual")
    assert heads(desk.get(ROSTER)) == usual


# -- filters of what stands beside ----------------------------------------------------------------------------------------------


def test_answers_of_choices_reviewers_and_consents_are_filters_and_each_can_be_turned_round(app):
    forum = make_activity(slug="forum", capacity=50)
    make_question(forum, "intent", type_="multi", options={"job": "求职", "learn": "学习"}, label_zh="目的")
    make_question(forum, "credit", type_="boolean", label_zh="学分")
    make_question(forum, "diet", type_="select", options={"halal": "清真"}, sensitivity=Sensitivity.SENSITIVE)
    make_question(forum, "intro", type_="textarea")
    both, one, none = (make_sign_up(forum, name=name) for name in ("甲", "乙", "丙"))
    answer(both, "intent", "job,learn")
    answer(one, "intent", "job")
    answer(one, "credit", "1")
    answer(one, "intro", "halal")
    answer(one, "diet", "halal", sealed=True)
    reviewer = make_staff(Role.REVIEWER, name="reviewer-x").id
    with transaction():
        db.session.add(Review(sign_up_id=both.id, actor_id=reviewer, decision=Decision.APPROVE, at=clock.wall()))
        notice = _notice(forum.id)
        given = {"account_id": both.person_id, "activity_id": forum.id, "notice_id": notice, "given_at": clock.wall()}
        db.session.add(Consent(sign_up_id=both.id, **given))
        db.session.add(Consent(sign_up_id=both.id, question_key="diet", **given))
        db.session.add(Consent(sign_up_id=one.id, withdrawn_at=clock.wall(), **given))
    assert none.id
    desk = at_the_desk(app)

    def found(query: str) -> str:
        return "".join(sorted(names(desk.get(f"{ROSTER}?{query}"))))

    assert found("a-intent=learn") == "甲"
    assert found("a-intent=job") == "乙甲"
    assert found("a-intent=learn&a-intent=none") == "丙甲"
    assert found("a-intent=job&not=a-intent") == "丙"
    assert found("a-credit=1") == "乙"
    assert found(f"reviewer={reviewer}") == "甲"
    assert found("reviewer=none") == "丙乙"
    assert found("consent=notice") == found("consent=q-diet") == "甲"
    assert found("consent=notice&not=consent&a-credit=1&q=乙") == "乙"
    assert found("consent=withdrawn") == "乙"
    assert found("a-diet=halal") == found("a-intro=halal") == found("a-nothing=x") == found("q=halal") == ""
    page = desk.get(f"{ROSTER}?a-intent=job&a-intent=none&not=a-intent&reviewer={reviewer}")
    assert [" ".join(one.get_text(" ", strip=True).split()) for one in page.html.select(".chips--used a")] == [
        "去掉： 审核人 reviewer-x",
        "去掉： 目的 不是 求职、未填",
    ]
    assert [one["value"] for one in page.html.select('[name="a-intent"][checked], [name="not"][checked]')] == [
        "job",
        "none",
        "a-intent",
    ]


def _notice(activity_id: int) -> int:
    from festival.accounts.models import PrivacyNotice

    notice = PrivacyNotice(activity_id=activity_id, version="1", text_zh="", text_en="", created_at=clock.wall())
    db.session.add(notice)
    db.session.flush()
    return notice.id


# -- what is masked -------------------------------------------------------------------------------------------------------------


def test_free_text_numbers_and_names_of_others_are_masked_until_one_row_is_revealed_with_a_reason(app):
    forum = make_activity(slug="forum")
    make_question(forum, "intro", type_="textarea", label_zh="自我介绍")
    make_question(forum, "emergency", type_="mobile", label_zh="紧急联系电话")
    make_question(forum, "id_number", type_="id_number", sensitivity=Sensitivity.SENSITIVE, label_zh="证件号码")
    sign_up = make_sign_up(forum, name="李伟", person=make_person(mobile="13800138000"), state=State.CONFIRMED)
    answer(sign_up, "intro", "我曾住院")
    answer(sign_up, "emergency", "13900139000")
    answer(sign_up, "id_number", "11010519491231002X", sealed=True)
    desk, here = at_the_desk(app), f"{ROSTER}/{sign_up.id}"
    secrets = ("我曾住院", "13900139000", "139 0013 9000", "11010519491231002X", "13800138000")
    desk.post_form(ROSTER, columns=["contact", "a-intro", "a-emergency", "a-id_number"], action=f"{ROSTER}/columns")

    listed, alone = desk.get(ROSTER), desk.get(here)
    nothing = desk.post_form(alone, {"fields": []}, reason="核对", action=f"{here}/contact")
    revealed = desk.post_form(alone, {"fields": ["intro", "id_number"]}, reason="核对保险", action=f"{here}/contact")

    assert [cell.get_text(strip=True) for cell in listed.html.select("tbody td:not(.c-pick)")] == [
        "138 **** 8000",
        "139 **** 9000",
        "••••",
        "••••",
    ]
    assert [(word, page.path) for word in secrets for page in (listed, alone, nothing) if word in page.text] == []
    assert nothing.status == 422
    assert {one["data-revealed"]: one.get_text(strip=True) for one in revealed.html.select("[data-revealed]")} == {
        "intro": "我曾住院",
        "id_number": "11010519491231002X",
    }
    assert "13800138000" not in revealed.text
    assert entries() == [("answer.reveal", "sign_up", sign_up.id, "核对保险", "id_number, intro")]
