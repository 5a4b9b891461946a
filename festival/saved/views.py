"""Keeping an activity for later, and everything one keeps."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person, signed_in, the_person
from festival.lib import clock
from festival.lib.access import public
from festival.lib.db import transaction
from festival.programme import queries as programme
from festival.programme import render
from festival.saved import queries, service

bp = Blueprint("saved", __name__)


@bp.get("/activities/<slug:slug>/save")
@public
def show(slug: str) -> ResponseReturnValue:
    """Ask whether to keep an activity for later; say that it is kept; or ask a visitor to sign in."""
    activity, person, now = programme.published(slug), current_person(), clock.now()
    page = render_template(
        "saved/save.html",
        activity=activity,
        festival=activity.festival,
        card=render.card(activity, now),
        saved=None if person is None else queries.one(person.id, activity.id),
        is_visitor=person is None,
        is_signed_up=person is not None and queries.signed_up(person.id, activity.id),
        opens_at=queries.opening(activity, now),
        is_saved="saved" in request.args,
        unlisted=True,
        section="/",
    )
    answer = Response(page)
    answer.vary.add("Cookie")
    return answer


@bp.post("/activities/<slug:slug>/save")
@signed_in
def save(slug: str) -> ResponseReturnValue:
    """Keep an activity for later, or change whether a message shall come when its sign-up opens."""
    activity_id = programme.published_id(slug)
    with transaction():
        service.save(the_person().id, activity_id, wants_word="wants-word" in request.form)
    return redirect(url_for(".show", slug=slug, saved=1), 303)


@bp.post("/activities/<slug:slug>/forget")
@signed_in
def forget(slug: str) -> ResponseReturnValue:
    """Keep an activity for later no longer."""
    activity_id = programme.published_id(slug)
    with transaction():
        service.forget(the_person().id, activity_id)
    return redirect(url_for(".mine"), 303)


@bp.get("/me/saved")
@signed_in
def mine() -> ResponseReturnValue:
    """Show everything a person keeps for later, and when sign-up opens."""
    now = clock.now()
    kept = queries.of_person(the_person().id)
    opening = {one.activity_id: queries.opening(one.activity, now) for one in kept}
    return render_template(
        "saved/mine.html",
        kept=[(one, card, opening[one.activity_id]) for one in kept if (card := render.card(one.activity, now)) is not None],
        unlisted=True,
        section="/me",
    )
