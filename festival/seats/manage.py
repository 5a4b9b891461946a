"""Organizers' pages of seats: draw a hall, seat everybody, change by hand, print by row."""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n
from festival.programme import queries as programme
from festival.programme.kinds import details_of, kind_of
from festival.programme.models import Activity, Pool, Slot
from festival.seats import queries, render, rules, service, wording
from festival.seats.forms import DrawingForm, ExchangeForm, GiveForm, PartyForm, block_words
from festival.seats.models import SeatMap
from festival.seats.rules import SeatsRefused

bp = Blueprint("seats", __name__)


def _activity(slug: str, permission: Permission = Permission.CAPACITY_EDIT) -> Activity:
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))


def _hall(slug: str, map_id: int, permission: Permission = Permission.CAPACITY_EDIT) -> tuple[Activity, SeatMap]:
    activity = _activity(slug, permission)
    return activity, queries.one_map(map_id, activity.id)


# -- looking --------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/seats")
@staff(Permission.ROSTER_READ)
def index(slug: str) -> ResponseReturnValue:
    """List the halls of an activity, and those it may get."""
    activity = _activity(slug, Permission.ROSTER_READ)
    places = render.places(activity)
    return render_template(
        "manage/seats/index.html",
        activity=activity,
        places=places,
        halls={one.seat_map.id: render.hall(one.seat_map) for one in places if one.seat_map},
        may_edit=may(the_staff(), Permission.CAPACITY_EDIT, activity.id),
    )


@bp.get("/activities/<slug:slug>/seats/<id:map_id>")
@staff(Permission.ROSTER_READ)
def show(slug: str, map_id: int) -> ResponseReturnValue:
    """Show a hall with everybody in it, and who lacks a seat."""
    return _show(*_hall(slug, map_id, Permission.ROSTER_READ))


def _show(activity: Activity, seat_map: SeatMap, refused: SeatsRefused | None = None) -> str:
    hall = render.hall(seat_map)
    return render_template(
        "manage/seats/hall.html",
        activity=activity,
        seat_map=seat_map,
        hall=hall,
        slot=seat_map.slot,
        place=_place(activity, seat_map),
        untold=len(service.untold([one.sign_up for one in hall.parties])),
        refusal=wording.refusal_words(refused) if refused else "",
        may_edit=may(the_staff(), Permission.CAPACITY_EDIT, activity.id),
        data_result=refused.reason.value.replace("_", "-") if refused else None,
    )


def _hall_page(template: str, activity: Activity, seat_map: SeatMap, refused: SeatsRefused | None, **values: object) -> str:
    """Return a page about a hall, with what all of them need.

    :param refused: why what was just tried did not happen.
    """
    return render_template(
        template,
        activity=activity,
        seat_map=seat_map,
        slot=seat_map.slot,
        place=_place(activity, seat_map),
        refusals=[wording.refusal_words(refused)] if refused else [],
        may_edit=may(the_staff(), Permission.CAPACITY_EDIT, activity.id),
        **values,
    )


def _place(activity: Activity, seat_map: SeatMap) -> render.Place:
    """Return whose hall it is."""
    slot = next(one for one in activity.slots if one.id == seat_map.slot_id)
    return render.Place(slot, next((one for one in slot.pools if one.id == seat_map.pool_id), None), seat_map)


@bp.get("/activities/<slug:slug>/seats/<id:map_id>/print")
@staff(Permission.ROSTER_READ)
def printed(slug: str, map_id: int) -> ResponseReturnValue:
    """Show a hall row by row, to print."""
    activity, seat_map = _hall(slug, map_id, Permission.ROSTER_READ)
    return render_template(
        "manage/seats/print.html",
        activity=activity,
        slot=seat_map.slot,
        place=_place(activity, seat_map),
        rows=[(row[0].seat.row_name, row) for row in queries.by_row(queries.hall(seat_map.id))],
    )


# -- drawing -----------------------------------------------------------------------------------------------------------------


def _new_place(activity: Activity) -> tuple[Slot, Pool | None]:
    """Return for which slot, or which pool of it, the address asks a hall.

    :raises NotFound: the activity has none such.
    """
    slot = next((one for one in activity.slots if str(one.id) == request.args.get("slot", "")), None)
    if slot is None:
        raise NotFound
    wanted = request.args.get("pool", "")
    pool = next((one for one in slot.pools if str(one.id) == wanted), None)
    if wanted and pool is None:
        raise NotFound
    return slot, pool


def _pools(slot: Slot, pool: Pool | None) -> list[Pool]:
    """Return the pools that a hall's blocks may be kept for."""
    return [pool] if pool else [one for one in slot.open_pools if not one.is_flex]


def _suggested(activity: Activity, pools: list[Pool]) -> dict[str, object]:
    """Return what the kind says of the hall: rows, seats per row, and rows for each pool from the front as its places need."""
    details = details_of(activity)
    suggested = kind_of(activity).hall(details) if details is not None else None
    if suggested is None:
        return {}
    needed = rules.rows_for({pool.id: pool.capacity for pool in pools}, suggested.per_row)
    return {"rows": suggested.rows, "per_row": suggested.per_row, **{f"rows-{pool_id}": rows for pool_id, rows in needed.items()}}


@bp.get("/activities/<slug:slug>/seats/new")
@staff(Permission.CAPACITY_EDIT)
def new(slug: str) -> ResponseReturnValue:
    """Show the form of a hall yet to be drawn; where there is one already, show that."""
    activity = _activity(slug)
    slot, pool = _new_place(activity)
    known = queries.map_for(slot.id, pool.id if pool else None)
    if known is not None:
        return redirect(url_for(".edit", slug=slug, map_id=known.id), 303)
    pools = _pools(slot, pool)
    return _drawing_page(activity, slot, pool, DrawingForm.for_pools(pools, **_suggested(activity, pools)))


@bp.post("/activities/<slug:slug>/seats/new")
@staff(Permission.CAPACITY_EDIT)
def make(slug: str) -> ResponseReturnValue:
    """Show how a hall would look, or save it."""
    activity = _activity(slug)
    slot, pool = _new_place(activity)
    return _drawing_sent(activity, slot, pool, None)


@bp.get("/activities/<slug:slug>/seats/<id:map_id>/drawing")
@staff(Permission.CAPACITY_EDIT)
def edit(slug: str, map_id: int) -> ResponseReturnValue:
    """Show how a hall is drawn, to be changed."""
    activity, seat_map = _hall(slug, map_id)
    place = _place(activity, seat_map)
    pools = _pools(place.slot, place.pool)
    spots = render.spots_of(seat_map, block_words(pools))
    form = DrawingForm.for_pools(pools, drawing=rules.written(spots), seen=str(seat_map.revision))
    return _drawing_page(activity, place.slot, place.pool, form, seat_map=seat_map)


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/drawing")
@staff(Permission.CAPACITY_EDIT)
def redraw(slug: str, map_id: int) -> ResponseReturnValue:
    """Show how a hall would look, or save it; whoever sits on a seat that keeps its name stays there."""
    activity, seat_map = _hall(slug, map_id)
    place = _place(activity, seat_map)
    return _drawing_sent(activity, place.slot, place.pool, seat_map)


def _drawing_sent(activity: Activity, slot: Slot, pool: Pool | None, seat_map: SeatMap | None) -> ResponseReturnValue:
    form = DrawingForm.for_pools(_pools(slot, pool))
    is_valid = form.validate()
    if "build" in request.form and is_valid:
        is_valid = form.build()
    drawn = form.value() if is_valid else None
    if drawn is None:
        return _drawing_page(activity, slot, pool, form, seat_map=seat_map), 422
    if "save" not in request.form:
        return _drawing_page(activity, slot, pool, form, seat_map=seat_map, shown=render.drawn(drawn.spots))
    slug, actor_id = activity.slug, the_staff().id
    slot_id, pool_id = slot.id, pool.id if pool else None
    seen = (form.seen_revision() or 0) if seat_map else None
    try:
        with transaction():
            made = service.draw(slot_id, pool_id, drawn.spots, blocks=drawn.blocks, actor_id=actor_id, seen=seen).id
    except SeatsRefused as refused:
        activity = _activity(slug)
        known = queries.map_for(slot_id, pool_id)
        if known is not None:  # what was sent is out of date: pressing again saves
            form.seen.data = str(known.revision)
        fresh = next(one for one in activity.slots if one.id == slot_id)
        return _drawing_page(
            activity, fresh, next((one for one in fresh.pools if one.id == pool_id), None), form, seat_map=known, refused=refused
        ), 409
    flash(_n("座位图已保存，共 %(num)s 座。", "座位图已保存，共 %(num)s 座。", len(drawn.spots)), "ok")
    return redirect(url_for(".show", slug=slug, map_id=made), 303)


def _drawing_page(  # whose hall, what was sent, what came of it
    activity: Activity,
    slot: Slot,
    pool: Pool | None,
    form: DrawingForm,
    *,
    seat_map: SeatMap | None = None,
    shown: list[render.Row] | None = None,
    refused: SeatsRefused | None = None,
) -> str:
    return render_template(
        "manage/seats/drawing.html",
        activity=activity,
        slot=slot,
        place=render.Place(slot, pool, seat_map),
        seat_map=seat_map,
        form=form,
        shown=shown,
        refusals=[wording.refusal_words(refused)] if refused else [],
        data_result="preview" if shown else None,
    )


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/remove")
@staff(Permission.CAPACITY_EDIT)
def remove(slug: str, map_id: int) -> ResponseReturnValue:
    """Take a hall away on which nobody sits."""
    _hall(slug, map_id)
    refusal = _do(slug, map_id, lambda actor_id: service.remove(map_id, actor_id=actor_id))
    if refusal is not None:
        return refusal
    flash(_("座位图已删除。"), "ok")
    return redirect(url_for(".index", slug=slug), 303)


# -- everybody -----------------------------------------------------------------------------------------------------------------


def _do(slug: str, map_id: int, act: Callable[[int], object]) -> ResponseReturnValue | None:
    """Do something to a hall as the signed-in member; return the page that says why it was not done, None when it was."""
    actor_id = the_staff().id
    try:
        with transaction():
            act(actor_id)
    except SeatsRefused as refused:
        return _show(*_hall(slug, map_id, Permission.ROSTER_READ), refused=refused), 409
    return None


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/arrange")
@staff(Permission.CAPACITY_EDIT)
def arrange(slug: str, map_id: int) -> ResponseReturnValue:
    """Seat everybody who lacks a seat; say who could not be."""
    _hall(slug, map_id)
    actor_id = the_staff().id
    with transaction():
        done = service.arrange(map_id, actor_id=actor_id)
        split, left = len(done.split), len(done.unseated)
    if done.seats:
        words = _n("已安排 %(num)s 个座位。", "已安排 %(num)s 个座位。", done.seats)
        flash(words, "ok")
    elif not left:
        flash(_("所有人都已有座位，没有改动。"), "ok")
    if split:
        flash(_n("%(num)s 个报名无法坐在一起，已列在下方。", "%(num)s 个报名无法坐在一起，已列在下方。", split), "warn")
    if left:
        flash(
            _n("座位不够，%(num)s 个报名尚未安排，已列在下方。", "座位不够，%(num)s 个报名尚未安排，已列在下方。", left), "warn"
        )
    return redirect(url_for(".show", slug=slug, map_id=map_id), 303)


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/clear")
@staff(Permission.CAPACITY_EDIT)
def clear(slug: str, map_id: int) -> ResponseReturnValue:
    """Free the seats that nobody chose by hand."""
    _hall(slug, map_id)
    actor_id = the_staff().id
    with transaction():
        freed = service.clear_automatic(map_id, actor_id=actor_id)
    flash(_n("已腾出 %(num)s 个自动安排的座位。", "已腾出 %(num)s 个自动安排的座位。", freed), "ok")
    return redirect(url_for(".show", slug=slug, map_id=map_id), 303)


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/tell")
@staff(Permission.CAPACITY_EDIT)
def tell(slug: str, map_id: int) -> ResponseReturnValue:
    """Tell everybody whose seats are not those they were told of."""
    _hall(slug, map_id)
    actor_id = the_staff().id
    with transaction():
        told = service.tell(map_id, actor_id=actor_id)
    flash(_n("已通知 %(num)s 个报名的本人。", "已通知 %(num)s 个报名的本人。", told), "ok")
    return redirect(url_for(".show", slug=slug, map_id=map_id), 303)


# -- one seat, one party --------------------------------------------------------------------------------------------------------


def _sitting(map_id: int, seat_id: int) -> queries.Sitting:
    found = next((one for one in queries.hall(map_id) if one.seat.id == seat_id), None)
    if found is None:
        raise NotFound
    return found


def _lacking(seat_map: SeatMap) -> GiveForm:
    return GiveForm.for_parties([(one.sign_up, one.missing) for one in render.hall(seat_map).unseated])


@bp.get("/activities/<slug:slug>/seats/<id:map_id>/seats/<id:seat_id>")
@staff(Permission.ROSTER_READ)
def seat(slug: str, map_id: int, seat_id: int) -> ResponseReturnValue:
    """Show one seat, and what can be done with it."""
    activity, seat_map = _hall(slug, map_id, Permission.ROSTER_READ)
    return _seat_page(activity, seat_map, seat_id)


def _seat_page(
    activity: Activity,
    seat_map: SeatMap,
    seat_id: int,
    *,
    give: GiveForm | None = None,
    exchange: ExchangeForm | None = None,
    refused: SeatsRefused | None = None,
) -> str:
    here = _sitting(seat_map.id, seat_id)
    return _hall_page(
        "manage/seats/seat.html",
        activity,
        seat_map,
        refused,
        here=here,
        label=queries.label([here.name]),
        seats=queries.labels([here.sign_up.id])[here.sign_up.id] if here.sign_up else "",
        kind_word=wording.KINDS[here.seat.kind],
        give=give or (_lacking(seat_map) if here.is_free else None),
        exchange=exchange or ExchangeForm(formdata=None),
    )


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/seats/<id:seat_id>")
@staff(Permission.CAPACITY_EDIT)
def seat_act(slug: str, map_id: int, seat_id: int) -> ResponseReturnValue:
    """Give a seat, free it, or let who sits there sit elsewhere; the button is named ``act``."""
    activity, seat_map = _hall(slug, map_id)
    _sitting(map_id, seat_id)
    give, exchange = _lacking(seat_map), ExchangeForm()
    act = request.form.get("act", "")
    forms: dict[str, FlaskForm] = {"give": give, "exchange": exchange}
    if act not in {*forms, "clear"} or (act in forms and not forms[act].validate()):
        return _seat_page(activity, seat_map, seat_id, give=give, exchange=exchange), 422
    actor_id = the_staff().id
    try:
        with transaction():
            if act == "give":
                service.give(map_id, seat_id, give.sign_up_id.data, actor_id=actor_id)
            elif act == "exchange":
                service.exchange(map_id, seat_id, exchange.to.names[0], actor_id=actor_id)
            elif act == "clear":
                service.clear(map_id, seat_id, actor_id=actor_id)
    except SeatsRefused as refused:
        return _seat_page(*_hall(slug, map_id), seat_id, exchange=exchange, refused=refused), 409
    flash(_("座位已改好。"), "ok")
    return redirect(url_for(".show", slug=slug, map_id=map_id, _anchor=f"seat-{seat_id}"), 303)


@bp.get("/activities/<slug:slug>/seats/<id:map_id>/parties/<id:sign_up_id>")
@staff(Permission.ROSTER_READ)
def party(slug: str, map_id: int, sign_up_id: int) -> ResponseReturnValue:
    """Show where one party sits, to be written anew."""
    activity, seat_map = _hall(slug, map_id, Permission.ROSTER_READ)
    words = queries.labels([sign_up_id]).get(sign_up_id, "")
    return _party_page(activity, seat_map, sign_up_id, PartyForm(data={"seats": words, "seen": str(seat_map.revision)}))


def _party_page(
    activity: Activity, seat_map: SeatMap, sign_up_id: int, form: PartyForm, refused: SeatsRefused | None = None
) -> str:
    found = next((one for one in render.hall(seat_map).parties if one.sign_up.id == sign_up_id), None)
    if found is None:
        raise NotFound
    if refused is not None:  # what was sent is out of date: pressing again saves
        form.seen.data, form.seen.raw_data = str(seat_map.revision), None
    return _hall_page("manage/seats/party.html", activity, seat_map, refused, party=found, form=form)


@bp.post("/activities/<slug:slug>/seats/<id:map_id>/parties/<id:sign_up_id>")
@staff(Permission.CAPACITY_EDIT)
def seat_party(slug: str, map_id: int, sign_up_id: int) -> ResponseReturnValue:
    """Give a party exactly the seats that were written."""
    activity, seat_map = _hall(slug, map_id)
    form = PartyForm()
    if not form.validate():
        return _party_page(activity, seat_map, sign_up_id, form), 422
    names, seen, actor_id = form.seats.names, form.seen_revision(), the_staff().id
    try:
        with transaction():
            service.seat(map_id, {sign_up_id: names}, actor_id=actor_id, seen=seen)
    except SeatsRefused as refused:
        return _party_page(*_hall(slug, map_id), sign_up_id, form, refused), 409
    flash(_("座位已改好。"), "ok")
    return redirect(url_for(".show", slug=slug, map_id=map_id), 303)
