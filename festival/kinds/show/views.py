"""The live part of a show's page, asked for again and again by whoever looks at it."""

from flask import Blueprint, make_response, render_template, request
from flask.typing import ResponseReturnValue

from festival.kinds.show import live, wording
from festival.lib.access import public
from festival.lib.alike import alike
from festival.lib.errors import NotFound
from festival.programme import queries as programme

bp = Blueprint("show", __name__)
#: Seconds for which a phone may show the same numbers.
GOOD_FOR = 5


@bp.get("/activities/<slug:slug>/zones")
@public
@alike
def zones(slug: str) -> ResponseReturnValue:
    """Give what was decided about a show and how full its zones are, as its page shows it."""
    activity = programme.published(slug)
    shown = live.shown(activity)
    if shown is None or not shown.zones:
        raise NotFound
    response = make_response(render_template("kinds/show/zones.html", show=shown, decision_words=wording.decision_words))
    response.headers["Cache-Control"] = f"public, max-age={GOOD_FOR}"
    response.add_etag()
    return response.make_conditional(request)
