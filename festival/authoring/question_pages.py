"""Organizers' pages of what an activity asks: the list, the library, own questions, and who has not answered yet."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.authoring import asks, queries, wording
from festival.authoring.library import library
from festival.authoring.question_forms import AskingForm, OwnForm
from festival.authoring.rules import AuthoringReason, AuthoringRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.programme import queries as programme
from festival.programme.models import Activity, Question
from festival.seed.document import QuestionEntry

bp = Blueprint("questions", __name__)

#: Beside which field a refusal stands; else over the form.
_BESIDE = {
    AuthoringReason.NEEDS_CONFIRMATION: "is_sure",
    AuthoringReason.LONGER_THAN_PROMISED: "retain_days",
    AuthoringReason.NEVER_COLLECTED: "purpose_zh",
}


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression))


@bp.get("/activities/<slug:slug>/questions")
@staff(Permission.ACTIVITY_EDIT)
def index(slug: str) -> ResponseReturnValue:
    """Show what an activity asks and what it could ask."""
    return _index_page(_activity(slug))


def _index_page(activity: Activity, refused: AuthoringRefused | None = None) -> str:
    now = clock.now()
    asked = {question.key for question in activity.questions}
    return render_template(
        "manage/authoring/questions.html",
        activity=activity,
        answered=queries.answered(activity.id),
        unanswered=queries.unanswered(activity.id),
        may_remind={question.id for question in activity.questions if asks.may_remind(question, now)},
        more={key: entry for key, entry in library().items() if key not in asked},
        types=wording.TYPES,
        refusals=[str(wording.REFUSALS[refused.reason])] if refused else [],
    )


# -- adding -------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/questions/add")
@staff(Permission.ACTIVITY_EDIT)
def choose(slug: str) -> ResponseReturnValue:
    """Show a question of the library with its purpose and days kept, and a warning where it is rarely needed."""
    activity, key = _activity(slug), request.args.get("key", "")
    return _form_page(activity, AskingForm.for_entry(_entry(key)), key=key)


@bp.post("/activities/<slug:slug>/questions/add")
@staff(Permission.ACTIVITY_EDIT)
def add(slug: str) -> ResponseReturnValue:
    """Ask a question of the library."""
    activity, key = _activity(slug), request.args.get("key", "")
    form = AskingForm.for_entry(_entry(key))
    if not form.validate():
        return _form_page(activity, form, key=key), 422
    activity_id, asking, actor_id = activity.id, form.asking(), the_staff().id
    try:
        with transaction():
            asks.add_from_library(activity_id, key, asking, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _form_page(_activity(slug), form, refused, key=key), 409
    flash(_("问题已增加，个人信息处理规则随之更新。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)


def _entry(key: str) -> QuestionEntry:
    found = library().get(key)
    if found is None:
        raise NotFound
    return found


@bp.get("/activities/<slug:slug>/questions/new")
@staff(Permission.ACTIVITY_EDIT)
def new(slug: str) -> ResponseReturnValue:
    """Show the form of an own question."""
    return _form_page(_activity(slug), OwnForm(retain_days=90))


@bp.post("/activities/<slug:slug>/questions/new")
@staff(Permission.ACTIVITY_EDIT)
def add_own(slug: str) -> ResponseReturnValue:
    """Ask an own question."""
    activity, form = _activity(slug), OwnForm(retain_days=90)
    if not form.validate():
        return _form_page(activity, form), 422
    activity_id, asking, actor_id = activity.id, form.asking(), the_staff().id
    try:
        with transaction():
            asks.add_own(activity_id, form.type.data, form.words(), asking, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _form_page(_activity(slug), form, refused), 409
    flash(_("问题已增加，个人信息处理规则随之更新。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)


def _form_page(
    activity: Activity,
    form: AskingForm,
    refused: AuthoringRefused | None = None,
    *,
    key: str = "",
    question: Question | None = None,
) -> str:
    refusals = []
    if refused is not None:
        beside = _BESIDE.get(refused.reason)
        words = str(wording.REFUSALS[refused.reason])
        if beside:
            form[beside].errors = [*form[beside].errors, words]
            form.warns = form.warns or refused.reason == AuthoringReason.NEEDS_CONFIRMATION
        else:
            refusals.append(words)
    return render_template(
        "manage/authoring/question.html",
        activity=activity,
        form=form,
        entry=library().get(key),
        question=question,
        answers=queries.answered(activity.id).get(question.key, 0) if question else 0,
        is_own=isinstance(form, OwnForm),
        types=wording.TYPES,
        refusals=refusals,
    )


# -- changing -------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/questions/<id:question_id>")
@staff(Permission.ACTIVITY_EDIT)
def edit(slug: str, question_id: int) -> ResponseReturnValue:
    """Show how a question is asked, to be changed."""
    activity = _activity(slug)
    question = asks.question_of(activity.id, question_id)
    return _form_page(activity, AskingForm.for_question(question), question=question)


@bp.post("/activities/<slug:slug>/questions/<id:question_id>")
@staff(Permission.ACTIVITY_EDIT)
def save(slug: str, question_id: int) -> ResponseReturnValue:
    """Change how a question is asked."""
    activity = _activity(slug)
    question = asks.question_of(activity.id, question_id)
    form = AskingForm.for_question(question)
    if not form.validate():
        return _form_page(activity, form, question=question), 422
    activity_id, asking, actor_id = activity.id, form.asking(), the_staff().id
    words = form.words() if isinstance(form, OwnForm) else None
    try:
        with transaction():
            changed = asks.edit_question(activity_id, question_id, words, asking, actor_id=actor_id)
    except AuthoringRefused as refused:
        activity = _activity(slug)
        return _form_page(activity, form, refused, question=asks.question_of(activity.id, question_id)), 409
    flash(_("已保存，个人信息处理规则随之更新。") if changed else _("没有改动。"), "ok")
    return redirect(url_for(".index", slug=slug, _anchor=f"question-{question_id}"), 303)


@bp.post("/activities/<slug:slug>/questions/<id:question_id>/move")
@staff(Permission.ACTIVITY_EDIT)
def move(slug: str, question_id: int) -> ResponseReturnValue:
    """Move a question up or down."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    with transaction():
        asks.move_question(activity_id, question_id, up=request.form.get("to") == "up", actor_id=actor_id)
    return redirect(url_for(".index", slug=slug, _anchor=f"question-{question_id}"), 303)


@bp.post("/activities/<slug:slug>/questions/<id:question_id>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove(slug: str, question_id: int) -> ResponseReturnValue:
    """Ask a question no more that nobody has answered."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    try:
        with transaction():
            asks.remove_question(activity_id, question_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _index_page(_activity(slug), refused), 409
    flash(_("问题已删除。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)


@bp.post("/activities/<slug:slug>/questions/<id:question_id>/remind")
@staff(Permission.ACTIVITY_EDIT)
def remind(slug: str, question_id: int) -> ResponseReturnValue:
    """Ask those who signed up before to answer."""
    activity_id, actor_id = _activity(slug).id, the_staff().id
    try:
        with transaction():
            told = asks.remind(activity_id, question_id, actor_id=actor_id)
    except AuthoringRefused as refused:
        return _index_page(_activity(slug), refused), 409
    flash(_n("将通知 %(num)s 个报名的本人补充回答。", "将通知 %(num)s 个报名的本人补充回答。", told), "ok")
    return redirect(url_for(".index", slug=slug), 303)
