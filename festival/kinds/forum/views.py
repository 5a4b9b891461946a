"""What readers and attendees of a forum see and do: agenda, speakers, break-outs, materials, certificates."""

import io

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, signed_in, the_person
from festival.kinds.forum import queries, render, service, wording
from festival.kinds.forum.forms import NumberForm, read_number
from festival.kinds.forum.rules import ForumRefused
from festival.lib import clock, limits
from festival.lib.access import public
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.errors import NotFound
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups import queries as signups
from festival.signups.rules import SignUpRefused
from festival.signups.service import AlreadySignedUp
from festival.signups.wording import REASON_WORDS

bp = Blueprint("forum", __name__)


def _forum(slug: str) -> Activity:
    """Return a public forum.

    :raises NotFound: there is none at that address.
    """
    activity = programme.published(slug)
    if activity.kind != queries.KIND:
        raise NotFound
    return activity


@bp.get("/activities/<slug:slug>/agenda")
@public
def agenda(slug: str) -> ResponseReturnValue:
    """Show the agenda by room and time, with what the reader may do."""
    return _agenda(_forum(slug))


def _agenda(activity: Activity, refusal: str = "", result: str | None = None) -> str:
    version = queries.latest(activity.id)
    if version is None:
        raise NotFound
    person, now = current_person(), clock.now()
    shown = render.agenda_of(activity, version, person.id if person else None, now)
    titles = {item.key: item.title for item in shown.items}
    return render_template(
        "kinds/forum/agenda.html",
        activity=activity,
        festival=activity.festival,
        agenda=shown,
        has_news=version.n > 1,
        papers=render.papers(activity.id, titles, person.id if person else None, now),
        size_words=render.size_words,
        refusal=refusal,
        data_result=result,
        section="/",
    )


@bp.get("/activities/<slug:slug>/agenda/changes")
@public
def changes(slug: str) -> ResponseReturnValue:
    """Show every version of the agenda with what it changed."""
    activity = _forum(slug)
    editions = render.history(activity.id)
    if not editions:
        raise NotFound
    return render_template(
        "kinds/forum/changes.html", activity=activity, festival=activity.festival, editions=editions, section="/"
    )


@bp.get("/activities/<slug:slug>/speakers/<id:speaker_id>")
@public
def speaker(slug: str, speaker_id: int) -> ResponseReturnValue:
    """Show one speaker with what they speak about."""
    activity = _forum(slug)
    one, version = queries.speaker(activity.id, speaker_id), queries.latest(activity.id)
    if version is None:
        raise NotFound
    person = current_person()
    shown = render.agenda_of(activity, version, person.id if person else None, clock.now())
    items = [item for item in shown.items if any(who.id == one.id for who in item.speakers)]
    if not items:
        raise NotFound  # of a draft, or of an agenda of old
    return render_template(
        "kinds/forum/speaker.html", activity=activity, festival=activity.festival, speaker=one, items=items, section="/"
    )


# -- saving and booking ----------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/agenda/<slug:key>/save")
@signed_in
def save(slug: str, key: str) -> ResponseReturnValue:
    """Keep an item for oneself; books nothing, and nobody else sees it."""
    activity_id, person_id = _forum(slug).id, the_person().id
    with transaction():
        service.save(activity_id, person_id, key)
    return _back(slug, key)


@bp.post("/activities/<slug:slug>/agenda/<slug:key>/unsave")
@signed_in
def unsave(slug: str, key: str) -> ResponseReturnValue:
    """Keep an item no more."""
    activity_id, person_id = _forum(slug).id, the_person().id
    with transaction():
        service.unsave(activity_id, person_id, key)
    return _back(slug, key)


@bp.post("/activities/<slug:slug>/agenda/<slug:key>/book")
@signed_in
def book(slug: str, key: str) -> ResponseReturnValue:
    """Book a break-out, or join its list; ``instead`` gives back what is booked at the same time."""
    activity_id, person_id = _forum(slug).id, the_person().id
    try:
        with transaction():
            service.book(activity_id, person_id, key, instead="instead" in request.form)
    except AlreadySignedUp:
        return _back(slug, key)
    except SignUpRefused as refused:
        return _refused(slug, refused)
    return _back(slug, key)


@bp.post("/activities/<slug:slug>/agenda/<slug:key>/leave")
@signed_in
def leave(slug: str, key: str) -> ResponseReturnValue:
    """Give a break-out's place back; pressed twice, it is given back once."""
    activity_id, person_id = _forum(slug).id, the_person().id
    try:
        with transaction():
            service.leave(activity_id, person_id, key)
    except NotFound:
        return _back(slug, key)
    except SignUpRefused as refused:
        return _refused(slug, refused)
    return _back(slug, key)


def _refused(slug: str, refused: SignUpRefused) -> ResponseReturnValue:
    reason = refused.reason
    return _agenda(_forum(slug), str(REASON_WORDS[reason]), reason.value.replace("_", "-")), 409


def _back(slug: str, key: str) -> ResponseReturnValue:
    return redirect(url_for(".agenda", slug=slug, _anchor=f"item-{key}"), 303)


# -- materials -------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/materials/<id:material_id>")
@public
def material(slug: str, material_id: int) -> ResponseReturnValue:
    """Give a file from its time on; before it, and to whom it is not for, there is none."""
    activity = _forum(slug)
    found, person = queries.material(activity.id, material_id), current_person()
    if not service.may_open(found, person.id if person else None, clock.now()):
        raise NotFound
    ending = "pdf" if found.file_name.endswith(".pdf") else "docx"
    return download(
        io.BytesIO(found.content),
        name=found.file_name,
        plain_name=f"{activity.slug}-{found.id}.{ending}",
        content_type=found.content_type,
    )


# -- certificates ----------------------------------------------------------------------------------------------------------------


@bp.get("/sign-ups/<code:code>/certificate")
@signed_in
def certificate(code: str) -> ResponseReturnValue:
    """Show one's certificate, made to be printed."""
    sign_up = signups.owned(code, the_person().id)
    found = queries.certificate_of(sign_up.id)
    if found is None:
        raise NotFound
    return render_template(
        "kinds/forum/certificate.html",
        activity=sign_up.activity,
        festival=sign_up.activity.festival,
        sign_up=sign_up,
        slot=sign_up.slot,
        certificate=found,
    )


@bp.post("/sign-ups/<code:code>/certificate")
@signed_in
def claim(code: str) -> ResponseReturnValue:
    """Have one's hours certified, where the scans of the door say that one stayed."""
    sign_up_id = signups.owned(code, the_person().id).id
    try:
        with transaction():
            service.issue(sign_up_id)
    except ForumRefused as refused:
        page = render_template(
            "kinds/forum/not-certified.html",
            code=code,
            words=str(wording.REASONS[refused.reason]),
            data_result=refused.reason.value.replace("_", "-"),
            unlisted=True,
            section="/me",
        )
        return page, 409
    return redirect(url_for(".certificate", code=code), 303)


@bp.get("/certificates")
@public
def verify() -> ResponseReturnValue:
    """Show where a certificate's number is typed."""
    return render_template("kinds/forum/verify.html", form=NumberForm(formdata=None), unlisted=True)


@bp.post("/certificates")
@public
def find() -> ResponseReturnValue:
    """Lead on to what a number certifies."""
    form = NumberForm()
    number = read_number(form.number.data or "") if form.validate() else ""
    if number:
        return redirect(url_for(".verified", code=number.lower()), 303)
    if not form.errors:
        form.number.errors = [str(wording.UNKNOWN_NUMBER)]
    return render_template("kinds/forum/verify.html", form=form, unlisted=True), 422


@bp.get("/certificates/<slug:code>")
@public
@limits.invitations
def verified(code: str) -> ResponseReturnValue:
    """Say what a number certifies: the name masked, the hours, the activity; nothing else."""
    found = queries.certificate_numbered(read_number(code))
    if found is None:
        limits.note_guess()
        form = NumberForm(formdata=None)
        form.number.errors = [str(wording.UNKNOWN_NUMBER)]
        return render_template("kinds/forum/verify.html", form=form, unlisted=True, data_result="unknown-code"), 404
    one, activity = found
    return render_template(
        "kinds/forum/verified.html",
        certificate=one,
        activity=activity,
        festival=activity.festival,
        data_result="valid" if one.revoked_at is None else "revoked",
        unlisted=True,
    )
