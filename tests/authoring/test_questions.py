"""What an activity asks: from the library or its own, warned of or refused, changed and removed by rule, added later."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from festival.accounts.models import Consent
from festival.authoring import asks
from festival.authoring.asks import Asking, Option, OwnWords
from festival.authoring.library import library
from festival.authoring.rules import AuthoringReason, AuthoringRefused, Care, verdict
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.outbox.models import Message
from festival.programme.models import Activity, ActivityStatus, Question, Sensitivity
from festival.signups.models import Answer
from festival.signups.notice import notice_of
from festival.signups.queries import questions_of
from tests.builders import make_activity, make_person, make_question, make_sign_up, make_staff
from tests.roster.desk import at_the_desk, entries, fresh
from tests.web import Browser

PAGE = "/manage/activities/forum/questions"
FOR_MEALS = Asking(purpose_zh="备餐", purpose_en="For meals", retain_days=30, is_required=True)
FIELD = OwnWords(label_zh="研究方向", label_en="Field", options=(Option("材料", "Materials"), Option("生物", "Biology")))


def keys(activity: Activity) -> list[str]:
    db.session.rollback()
    return [question.key for question in questions_of(activity.id)]


def refusal_of(act: Callable[[], object]) -> AuthoringReason:
    with pytest.raises(AuthoringRefused) as refused, transaction():
        act()
    return refused.value.reason


def test_questions_are_chosen_from_the_library_with_purpose_and_days_and_what_is_sensitive_needs_a_confirmation(app):
    activity = make_activity(slug="forum", status=ActivityStatus.DRAFT)
    desk = at_the_desk(app)

    meal = desk.get(f"{PAGE}/add?key=title_level")
    assert "开具学时证明" in str(meal.html.select_one("#purpose_zh"))
    assert desk.post_form(meal, retain_days="7", is_required=None).location == PAGE
    number = desk.get(f"{PAGE}/add?key=id_number")
    assert "很少真的需要" in number.words
    unsure = desk.post_form(number, is_sure=None)
    assert (unsure.status, [error["id"] for error in unsure.html.select(".field__error")]) == (422, ["is_sure-error"])
    assert desk.post_form(unsure, is_sure="y").status == 303
    assert [desk.get(f"{PAGE}/add?key={key}").status for key in ("nothing", "mobile", "companions")] == [404, 404, 404]

    first, second = [db.session.scalars(select(Question).where(Question.key == key)).one() for key in keys(activity)]
    assert (first.key, first.retain_days, first.is_required, len(first.options), first.added_at) == (
        "title_level",
        7,
        False,
        5,
        None,
    )
    assert (second.key, second.sensitivity) == ("id_number", Sensitivity.SENSITIVE)
    page = desk.get(PAGE)
    assert ("活动结束后 7 天" in page.words, "已选" in page.words) == (True, False)
    assert [entry[0] for entry in entries()] == ["question.add", "question.add"]
    assert (
        refusal_of(lambda: asks.add_from_library(activity.id, "title_level", FOR_MEALS, actor_id=make_staff().id))
        == "asked_already"
    )


def test_nothing_in_the_library_is_about_what_is_never_collected():
    asked = {
        key: verdict((entry.label.zh, entry.label.en, entry.purpose.zh, entry.purpose.en)) for key, entry in library().items()
    }

    assert {key: found.word for key, found in asked.items() if found.care == Care.NEVER} == {}


def test_own_questions_are_refused_in_words_where_nobody_may_ask_and_warned_of_where_hardly_anybody_needs_to(app):
    activity = make_activity(slug="forum")
    desk = at_the_desk(app)
    typed = {"label_zh": "您的身高", "label_en": "Height", "purpose_zh": "排座", "purpose_en": "Seats", "retain_days": "30"}

    refused = desk.post_form(f"{PAGE}/new", typed)
    assert (refused.status, "一律不收集" in refused.words) == (422, True)
    warned = desk.post_form(f"{PAGE}/new", {**typed, "label_zh": "有无过敏史", "label_en": "Allergies"})
    assert (warned.status, "很少真的需要" in warned.words) == (422, True)
    assert desk.post_form(warned, is_sure="y").status == 303
    bare = desk.post_form(f"{PAGE}/new", {**typed, "label_zh": "餐食", "label_en": "Meal", "type": "select"})
    assert [error["id"] for error in bare.html.select(".field__error")] == ["options-error"]
    good = desk.post_form(bare, options="素食 / Vegetarian\n清真／Halal")
    assert good.status == 303

    allergies, meal = questions_of(activity.id)
    assert (allergies.key, allergies.sensitivity, meal.key, meal.type) == ("own_1", Sensitivity.SENSITIVE, "own_2", "select")
    assert [(option.key, option.label_zh, option.label_en) for option in meal.options] == [
        ("o1", "素食", "Vegetarian"),
        ("o2", "清真", "Halal"),
    ]


def test_an_answered_question_keeps_what_people_relied_on_and_an_unanswered_one_goes(app):
    activity, actor = make_activity(slug="forum"), make_staff().id
    with transaction():
        field = asks.add_own(activity.id, "select", FIELD, FOR_MEALS, actor_id=actor).id
        spare = asks.add_own(activity.id, "text", OwnWords(label_zh="备注", label_en="Note"), FOR_MEALS, actor_id=actor).id
    quota = make_question(activity, "gender", type_="select", options={"m": "男", "f": "女"})
    sign_up = make_sign_up(activity)
    with transaction():
        db.session.add(Answer(sign_up_id=sign_up.id, question_key="own_1", plain="o1"))

    def edit(words: OwnWords | None = FIELD, **changed: object) -> object:
        values = {name: getattr(FOR_MEALS, name) for name in Asking.__slots__} | changed
        return asks.edit_question(activity.id, field, words, Asking(**values), actor_id=actor)

    biology = OwnWords(label_zh="研究方向", label_en="Field", options=FIELD.options[1:])
    acts: list[Callable[[], object]] = [
        lambda: asks.remove_question(activity.id, field, actor_id=actor),
        lambda: edit(biology),
        lambda: edit(retain_days=31),
        lambda: edit(OwnWords(label_zh="宗教", label_en="Faith", options=FIELD.options), is_sure=True),
    ]
    assert [refusal_of(act) for act in acts] == [
        AuthoringReason.ANSWERED,
        AuthoringReason.ANSWERED,
        AuthoringReason.LONGER_THAN_PROMISED,
        AuthoringReason.ANSWERED,
    ]
    with transaction():
        renamed = OwnWords(
            label_zh="方向", label_en="Field", options=(Option("化工", "Chemistry"), Option("材料学", "Materials"))
        )
        assert edit(renamed, retain_days=7) == ("options", "retain_days", "label_zh")
        asks.remove_question(activity.id, spare, actor_id=actor)
        asks.move_question(activity.id, quota.id, up=True, actor_id=actor)
    assert keys(activity) == ["gender", "own_1"]
    own = db.session.get_one(Question, field)
    assert [(option.key, option.label_zh) for option in own.options] == [("o3", "化工"), ("o1", "材料学")]


def test_a_question_added_later_leaves_sign_ups_valid_asks_them_once_a_day_and_consents_anew(app):
    activity, actor = make_activity(slug="forum"), make_staff().id
    person = make_person()
    before = clock.now() - timedelta(days=1)
    sign_up = make_sign_up(activity, person=person, joined_at=before)
    answered = make_sign_up(activity, joined_at=before)
    notice = notice_of(activity, questions_of(activity.id)).version
    sure = Asking(purpose_zh="保险", purpose_en="Insurance", retain_days=30, is_required=True, is_sure=True)
    with transaction():
        added = asks.add_own(activity.id, "text", OwnWords(label_zh="过敏史", label_en="Allergies"), sure, actor_id=actor).id
    fresh(activity)
    assert notice_of(activity, questions_of(activity.id)).version != notice
    owner, desk = Browser(app).sign_in(person), at_the_desk(app)
    ticket = owner.get(f"/sign-ups/{sign_up.code}")
    assert (ticket.result, "主办方增加了：过敏史" in ticket.words) == ("confirmed", True)
    assert "2 个先前的报名尚未回答" in desk.get(PAGE).words
    listed = desk.get("/manage/activities/forum/roster?later=open")
    assert len(listed.html.select("tbody tr")) == 2

    asked = desk.post_form(PAGE, action=f"{PAGE}/{added}/remind")
    again = refusal_of(lambda: asks.remind(activity.id, added, actor_id=actor))
    assert (asked.status, again) == (303, AuthoringReason.NOBODY_TO_ASK)
    db.session.rollback()
    owed = db.session.scalars(select(Message.subject_id).where(Message.kind == "questions_added").order_by(Message.id)).all()
    assert owed == [sign_up.id, answered.id]
    edit = owner.get(f"/sign-ups/{sign_up.code}/edit")
    without = owner.post_form(edit, {"q-own_1": "花生"})
    assert (without.status, "单独同意" in without.words) == (422, True)
    assert owner.post_form(without, {"consent-own_1": "1"}).status == 303
    db.session.rollback()
    consents = db.session.scalars(select(Consent.question_key).where(Consent.sign_up_id == sign_up.id)).all()
    assert "own_1" in consents
    assert "主办方增加了" not in owner.get(f"/sign-ups/{sign_up.code}").words
    assert "1 个先前的报名尚未回答" in desk.get(PAGE).words
