"""Organizers' pages of the roster: who is coming, and one sign-up. Lists to take away: ``festival.exports``."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.i18n import _, loc
from festival.lib.pages import path_to
from festival.programme.models import Activity
from festival.roster import beside, bulk, columns, filtering, keeping, queries, render, saving, service, tagging
from festival.roster.forms import ColumnsForm, NoteForm, RevealForm, TagsForm, ViewForm, address_of, carried, wanted
from festival.roster.queries import Row
from festival.roster.rules import Sort, last_page
from festival.roster.scoped import activity_within
from festival.roster.service import CONTACT, Revealed
from festival.roster.wording import SORTS
from festival.signups.asking import words_of
from festival.signups.standing import stand

bp = Blueprint("roster", __name__)
bp.register_blueprint(tagging.bp)
bp.register_blueprint(keeping.bp)
bp.register_blueprint(bulk.bp)


@bp.get("/activities/<slug:slug>/roster")
@staff(Permission.ROSTER_MASKED)
def roster(slug: str) -> ResponseReturnValue:
    """Show who signed up: a page of it, searched, filtered and sorted as the address says."""
    activity = activity_within(slug, Permission.ROSTER_MASKED)
    member, now = the_staff(), clock.now()
    by_name = may(member, Permission.ROSTER_READ, activity.id)
    view = wanted(request.args)
    places, tags = render.Places(activity), beside.tags(activity.id)
    every = columns.available(activity, places, has_tags=bool(tags), by_name=by_name)
    shown = columns.shown(every, saving.chosen_columns(activity.id, member.id))
    asked = [column.question for column in shown if column.question]
    found = queries.page(activity.id, view, [question.key for question in asked], now, by_name=by_name)
    offered = filtering.choices(activity, places, tags, queries.reviewers(activity.id))
    [standing] = stand([activity], now)
    ticked = queries.among(activity.id, before) if (before := carried(request.args)) else []
    here = {row.id for row in found.rows}
    return render_template(
        "manage/roster/roster.html",
        activity=activity,
        standing=standing,
        view=view,
        address=address_of(view),
        found=found,
        lines=[render.line(row, places, asked, by_name=by_name) for row in found.rows],
        last=last_page(found.total, queries.PAGE),
        ticked=ticked,
        elsewhere=[one for one in ticked if one not in here],
        columns=shown,
        extras=columns.extras(shown, [row.id for row in found.rows]),
        tags={tag.id: tag for tag in tags},
        offered=offered,
        used=filtering.used(view, offered),
        views=saving.views(activity.id, member.id),
        view_form=ViewForm(formdata=None),
        columns_form=ColumnsForm.of(every, shown),
        acts=bulk.offered(member, activity.id),
        by_name=by_name,
        may_reveal=may(member, Permission.CONTACT_REVEAL, activity.id),
        may_export=may(member, Permission.ROSTER_EXPORT, activity.id),
        sorts=[(sort, SORTS[sort]) for sort in Sort],
    )


# -- one sign-up --------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/roster/<id:sign_up_id>")
@staff(Permission.ROSTER_MASKED)
def sign_up(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show one sign-up, what is personal masked."""
    return sign_up_page(activity_within(slug, Permission.ROSTER_MASKED), sign_up_id)


@bp.post("/activities/<slug:slug>/roster/<id:sign_up_id>/contact")
@staff(Permission.CONTACT_REVEAL)
def reveal(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Show what is masked of one person to somebody who says why. It is shown once: no address leads to it."""
    activity = activity_within(slug, Permission.CONTACT_REVEAL)
    form = _reveal_form(activity, _row(activity, sign_up_id))
    if not form.validate():
        return sign_up_page(activity, sign_up_id, reveal_form=form), 422
    activity_id, actor_id, fields = activity.id, the_staff().id, form.fields.data or []
    with transaction():
        revealed = service.reveal(activity_id, sign_up_id, fields, form.reason.data or "", actor_id=actor_id)
    return sign_up_page(activity_within(slug, Permission.CONTACT_REVEAL), sign_up_id, reveal_form=form, revealed=revealed)


@bp.post("/activities/<slug:slug>/roster/<id:sign_up_id>/notes")
@staff(Permission.ROSTER_READ)
def add_note(slug: str, sign_up_id: int) -> ResponseReturnValue:
    """Write a note beside a sign-up."""
    activity = activity_within(slug, Permission.ROSTER_READ)
    form = NoteForm()
    if not form.validate():
        return sign_up_page(activity, sign_up_id, note_form=form), 422
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        beside.add_note(activity_id, sign_up_id, form.words.data or "", actor_id=actor_id)
    return tagging.back_to(slug, sign_up_id, "notes")


def sign_up_page(
    activity: Activity,
    sign_up_id: int,
    *,
    reveal_form: RevealForm | None = None,
    note_form: NoteForm | None = None,
    revealed: Revealed | None = None,
) -> str:
    """Return the page of one sign-up.

    :param revealed: what is shown in clear, this once.
    """
    member, asked = the_staff(), render.answered(activity)
    row, by_name = _row(activity, sign_up_id), may(member, Permission.ROSTER_READ, activity.id)
    tags = beside.tags(activity.id)
    return render_template(
        "manage/roster/sign_up.html",
        activity=activity,
        line=render.line(row, render.Places(activity), asked, by_name=by_name),
        asked=asked,
        tags={tag.id: tag for tag in tags},
        tags_form=TagsForm.of(tags, row.tag_ids) if by_name else None,
        notes=beside.notes(sign_up_id) if by_name else [],
        note_form=(note_form or NoteForm(formdata=None)) if by_name else None,
        reveal_form=reveal_form or _reveal_form(activity, row, is_fresh=True),
        revealed=revealed,
        words_of=words_of,
        may_reveal=may(member, Permission.CONTACT_REVEAL, activity.id),
        counter=path_to("/manage/activities/<slug>/counter/<sign_up_id>", slug=activity.slug, sign_up_id=sign_up_id)
        if row.is_from_counter and may(member, Permission.COUNTER, activity.id)
        else None,
        data_result="revealed" if revealed is not None else None,
    )


def _row(activity: Activity, sign_up_id: int) -> Row:
    return queries.one(activity.id, sign_up_id, [question.key for question in render.answered(activity)], clock.now())


def _reveal_form(activity: Activity, row: Row, *, is_fresh: bool = False) -> RevealForm:
    """Return the form that asks what to see, and why: only what this sign-up has."""
    masked = [question for question in render.answered(activity) if question.key in row.answers and render.is_masked(question)]
    fields = [(CONTACT, _("联系方式"))] if row.contact or not masked else []
    return RevealForm.of([*fields, *((question.key, loc(question, "label")) for question in masked)], is_fresh=is_fresh)
