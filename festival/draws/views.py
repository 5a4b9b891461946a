"""The public record of a draw."""

from flask import Blueprint, Response, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import current_person
from festival.draws import queries, wording
from festival.draws.models import Draw
from festival.draws.rules import DrawState
from festival.lib.access import public
from festival.programme import queries as programme

bp = Blueprint("draws", __name__)


@bp.get("/draws/<id:draw_id>")
@public
def show(draw_id: int) -> ResponseReturnValue:
    """Show rule, hash, seed and order of a draw; no name anywhere. Whoever is in it sees which number is their own."""
    draw = queries.public_draw(draw_id)
    person = current_person()
    return render_template(
        "draws/show.html",
        draw=draw,
        activity=draw.activity,
        pools=_by_pool(draw),
        others=[other for other in queries.draws_of(draw.activity_id) if other.id != draw.id],
        state_word=wording.STATES[draw.state],
        outcome_words=wording.OUTCOMES,
        own=queries.entry_of(draw.id, person.id) if person else None,
    )


def _by_pool(draw: Draw) -> list[tuple[str, list[object]]]:
    """Return a draw's entries by pool key, in drawn order once it is drawn."""
    pools: dict[str, list[object]] = {}
    for entry in draw.entries:
        pools.setdefault(entry.pool.key, []).append(entry)
    return list(pools.items())


@bp.get("/draws/<id:draw_id>/entrants.txt")
@public
def entrants(draw_id: int) -> ResponseReturnValue:
    """Give the frozen list byte for byte as it was hashed."""
    draw = queries.public_draw(draw_id)
    return Response(draw.entrants, content_type="text/plain; charset=utf-8")


@bp.get("/draws/<id:draw_id>/record.json")
@public
def record(draw_id: int) -> ResponseReturnValue:
    """Give what a reader's browser needs to compute hash and order again."""
    draw = queries.public_draw(draw_id)
    order: dict[str, list[str]] = {}
    if draw.state == DrawState.DRAWN:
        for entry in draw.entries:
            order.setdefault(entry.pool.key, []).append(entry.entry_no)
    return jsonify(entrants=draw.entrants, sha256=draw.entrants_sha256, seed=draw.seed, order=order)


@bp.get("/activities/<slug:slug>/draw")
@public
def latest(slug: str) -> ResponseReturnValue:
    """Lead to an activity's newest draw, or say that there is none yet."""
    activity = programme.published(slug)
    draws = queries.draws_of(activity.id)
    if draws:
        return redirect(url_for(".show", draw_id=draws[0].id), 303)
    return render_template("draws/none.html", activity=activity)
