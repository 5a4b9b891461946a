"""The review queue."""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib.db import MAX_ID, transaction
from festival.lib.i18n import _, _n
from festival.lib.names import masked
from festival.lib.text import clean_line
from festival.programme import queries as programme
from festival.programme.models import Activity, Question, Sensitivity
from festival.reviews import queries, service, wording
from festival.reviews.forms import DecisionForm
from festival.reviews.models import Review
from festival.reviews.queries import QueueFilter
from festival.signups.asking import words_of
from festival.signups.models import SignUp

bp = Blueprint("reviews", __name__)

PER_PAGE = 50
_STAGES = ("new", "asked", "answered")


@dataclass(frozen=True, slots=True)
class Row:
    """A sign-up as a reviewer sees it: the name as their right allows, and the answers that are nobody's secret."""

    sign_up: SignUp
    name: str
    answers: list[tuple[Question, str]]
    history: list[Review]


def _activity(slug: str) -> Activity:
    return programme.managed(slug, scope(the_staff(), Permission.REVIEW, Activity.id.expression))


def _filter() -> QueueFilter:
    """Read the filter from the address; what makes no sense does not limit."""
    stage = request.args.get("stage", "")
    pool = request.args.get("pool", "")
    return QueueFilter(
        stage=stage if stage in _STAGES else None,
        pool_id=int(pool) if pool.isascii() and pool.isdigit() and 0 < int(pool[:10]) <= MAX_ID else None,
        words=clean_line(request.args.get("q", ""))[:50],
    )


def _rows(activity: Activity, shown: QueueFilter, page: int) -> list[Row]:
    """Return one page of the queue. Sensitive answers stay sealed here."""
    found = queries.queue(activity.id, shown, limit=PER_PAGE, offset=(page - 1) * PER_PAGE)
    in_full = may(the_staff(), Permission.ROSTER_READ, activity.id)
    open_questions = [question for question in activity.questions if question.sensitivity != Sensitivity.SENSITIVE]
    past = queries.history([one.id for one in found])
    rows = []
    for sign_up in found:
        given = {answer.question_key: answer.plain or "" for answer in sign_up.answers}
        answers = [(question, words_of(question, given[question.key])) for question in open_questions if given.get(question.key)]
        name = sign_up.name if in_full else masked(sign_up.name)
        rows.append(Row(sign_up, name, answers, past.get(sign_up.id, [])))
    return rows


def _page(activity: Activity, form: DecisionForm, *, left: list[tuple[SignUp, str]] | None = None) -> str:
    shown = _filter()
    total = queries.count(activity.id, shown)
    last = max(1, -(-total // PER_PAGE))
    wanted = request.args.get("page", "1")
    page = min(last, max(1, int(wanted))) if wanted.isascii() and wanted.isdigit() and len(wanted) < 6 else 1  # noqa: PLR2004
    return render_template(
        "manage/reviews/review.html",
        activity=activity,
        rows=_rows(activity, shown, page),
        form=form,
        total=total,
        page=page,
        last=last,
        shown=shown,
        stages=_STAGES,
        left=left or [],
        pools=[pool for slot in activity.slots for pool in slot.pools],
        picked=set(form.picked()) if form.is_submitted() else set(),
        decision_words=wording.DECISIONS,
    )


@bp.get("/activities/<slug:slug>/review")
@staff(Permission.REVIEW)
def queue(slug: str) -> ResponseReturnValue:
    """Show who waits for a decision."""
    return _page(_activity(slug), DecisionForm(formdata=None))


@bp.post("/activities/<slug:slug>/review")
@staff(Permission.REVIEW)
def decide(slug: str) -> ResponseReturnValue:
    """Decide on the sign-ups ticked; say of each that was left why."""
    activity = _activity(slug)
    form = DecisionForm()
    decision = form.decision()
    is_valid = form.validate()
    if decision is None or not is_valid:
        return _page(activity, form), 422
    picked = form.picked()
    if not picked:
        flash(_("请先勾选要处理的报名。"), "warn")
        return redirect(url_for(".queue", slug=slug, **_kept()), 303)
    with transaction():
        outcome = service.decide(activity.id, picked, decision, form.words.data or "", actor_id=the_staff().id)
    if outcome.decided:
        flash(_n("已处理 %(num)s 条，结果已通知本人。", "已处理 %(num)s 条，结果已通知本人。", len(outcome.decided)), "ok")
    for reason in {reason for _sign_up, reason in outcome.left}:
        number = sum(1 for _sign_up, one in outcome.left if one == reason)
        flash(_("%(n)s 条未处理：%(why)s", n=number, why=str(wording.REFUSALS[reason])), "warn")
    return redirect(url_for(".queue", slug=slug, **_kept()), 303)


def _kept() -> dict[str, Any]:
    """Return the filter of the address, to come back to the same view."""
    return {key: value for key in ("stage", "pool", "q") if (value := request.args.get(key, ""))}
