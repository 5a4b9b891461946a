"""Organizers' pages about who did not come: record it after the end, read what people say to it, excuse it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.checkin import queries
from festival.checkin.forms import AnswerForm, ExcuseForm, RecordForm
from festival.checkin.queries import PAGE
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.i18n import _, _n
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups import absences
from festival.signups.models import SignUp
from festival.signups.rules import NO_SHOWS_MAX, SignUpRefused

bp = Blueprint("checkin", __name__)

#: Absences recorded by one press of a button: the activity is locked meanwhile.
AT_ONCE = 500


def _activity(slug: str) -> Activity:
    """Return an activity that the caller edits and whose people they may read of by name; outside it there is none."""
    member, column = the_staff(), Activity.id.expression
    return programme.managed(
        slug, scope(member, Permission.ACTIVITY_EDIT, column) & scope(member, Permission.ROSTER_READ, column)
    )


# -- who did not come --------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/absences")
@staff(Permission.ACTIVITY_EDIT)
def index(slug: str) -> ResponseReturnValue:
    """Show who was not seen, or who is recorded and what they say to it."""
    return _page(_activity(slug), RecordForm(formdata=None))


@bp.post("/activities/<slug:slug>/absences")
@staff(Permission.ACTIVITY_EDIT)
def record(slug: str) -> ResponseReturnValue:
    """Record those ticked; or, once it has been asked, all."""
    activity, form = _activity(slug), RecordForm()
    if not form.validate():
        return _page(activity, form), 422
    if form.wants_all():
        return _record_all(activity, form)
    picked = form.picked()
    if not picked:
        return _page(activity, form, is_unticked=True), 422
    return _record(activity, picked)


def _record_all(activity: Activity, form: RecordForm) -> ResponseReturnValue:
    """Ask first; ask again where others have joined or left since."""
    now = clock.now()
    counts = queries.absences(activity.id, now)
    seen = form.seen()
    if counts.open and seen != counts.open:
        return render_template(
            "manage/checkin/record-all.html",
            activity=activity,
            counts=counts,
            most=min(AT_ONCE, counts.open),
            has_changed=seen is not None,
            data_result="preview",
            no_shows_max=NO_SHOWS_MAX,
        )
    return _record(activity, queries.ids_to_record(activity.id, now, AT_ONCE))


def _record(activity: Activity, ids: list[int]) -> ResponseReturnValue:
    slug, actor_id = activity.slug, the_staff().id
    with transaction():
        absent = absences.record_all(activity.id, ids, actor_id=actor_id)
    if absent:
        flash(_n("已记录 %(num)s 个报名未到场，并通知本人。", "已记录 %(num)s 个报名未到场，并通知本人。", len(absent)), "ok")
    if left := len(set(ids)) - len(absent):
        flash(_n("%(num)s 个报名情况已有变化，没有记录。", "%(num)s 个报名情况已有变化，没有记录。", left), "warn")
    return redirect(url_for(".index", slug=slug), 303)


def _page(activity: Activity, form: RecordForm, *, is_unticked: bool = False) -> str:
    now = clock.now()
    counts = queries.absences(activity.id, now)
    is_recorded = request.args.get("show") == "recorded"
    last = max(1, -(-(counts.recorded if is_recorded else counts.open) // PAGE))
    asked = request.args.get("page", "1")
    number = min(last, max(1, int(asked))) if asked.isascii() and asked.isdigit() and len(asked) < 6 else 1  # noqa: PLR2004
    rows = queries.recorded(activity.id, number) if is_recorded else queries.to_record(activity.id, now, number)
    return render_template(
        "manage/checkin/absences.html",
        activity=activity,
        counts=counts,
        rows=rows,
        times=queries.times(activity.festival_id, [row.person_id for row in rows]),
        is_recorded=is_recorded,
        number=number,
        last=last,
        form=form,
        is_unticked=is_unticked,
        no_shows_max=NO_SHOWS_MAX,
        shows_slot=len({slot.id for slot in activity.slots if slot.pools}) > 1,
    )


# -- excusing it -------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/absences/<id:sign_up_id>/excuse")
@staff(Permission.ACTIVITY_EDIT)
def ask_excuse(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show one absence, what the person says, and ask why it shall be excused."""
    activity = _activity(slug)
    return _excuse_page(activity, queries.absence(activity.id, sign_up_id), ExcuseForm(formdata=None))


@bp.post("/activities/<slug:slug>/absences/<id:sign_up_id>/excuse")
@staff(Permission.ACTIVITY_EDIT)
def excuse(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Excuse it; whoever waited at the end because of it has their turn back."""
    activity, form = _activity(slug), ExcuseForm()
    sign_up = queries.absence(activity.id, sign_up_id)
    if not form.validate():
        return _excuse_page(activity, sign_up, form), 422
    actor_id, reason = the_staff().id, form.value()
    try:
        with transaction():
            promoted = absences.excuse(sign_up_id, reason, actor_id=actor_id)
    except SignUpRefused:
        flash(_("这条记录已由同事免除。"), "warn")
    else:
        flash(_("已免除，并通知本人。"), "ok")
        if promoted:
            flash(_n("有 %(num)s 个报名因此递补。", "有 %(num)s 个报名因此递补。", len(promoted)), "ok")
    return redirect(url_for(".index", slug=slug, show="recorded"), 303)


@bp.post("/activities/<slug:slug>/absences/<id:sign_up_id>/decline")
@staff(Permission.ACTIVITY_EDIT)
def decline(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Answer what the person says without excusing it; they read the words."""
    activity, form = _activity(slug), AnswerForm()
    sign_up = queries.absence(activity.id, sign_up_id)
    if not form.validate():
        return _excuse_page(activity, sign_up, ExcuseForm(formdata=None), form), 422
    actor_id, words = the_staff().id, form.value()
    try:
        with transaction():
            absences.decline(sign_up_id, words, actor_id=actor_id)
    except SignUpRefused:
        flash(_("这条说明已由同事答复。"), "warn")
    else:
        flash(_("已答复，并通知本人；记录保留。"), "ok")
    return redirect(url_for(".index", slug=slug, show="recorded"), 303)


def _excuse_page(activity: Activity, sign_up: SignUp, form: ExcuseForm, answer: AnswerForm | None = None) -> str:
    return render_template(
        "manage/checkin/excuse.html",
        activity=activity,
        sign_up=sign_up,
        times=queries.times(activity.festival_id, [sign_up.person_id]).get(sign_up.person_id, 0),
        form=form,
        answer=answer or AnswerForm(formdata=None),
    )
