"""The page of the door: one field that a scanner or a hand fills, one huge answer, and the live numbers."""

from flask import Blueprint, Response, flash, jsonify, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from festival.accounts import service as accounts
from festival.accounts.access import current_key, current_session, enter, is_gate, may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.checkin import render, scans, service
from festival.checkin.forms import GateForm, ScanForm, UndoForm, device_of, nonce_of, persons_of, way_of
from festival.checkin.models import Gate
from festival.checkin.pictures import MOST_BYTES, read_picture
from festival.checkin.rules import LONGEST, UndoRefused, Verdict, Way, read_code
from festival.checkin.service import Scanned, Where
from festival.checkin.wording import REASON_WORDS, device_words
from festival.lib import clock, limits, tokens
from festival.lib.db import transaction
from festival.lib.errors import Busy, NotFound
from festival.lib.i18n import _
from festival.programme import queries as programme
from festival.programme.kinds import kind_of
from festival.programme.models import Activity, ActivityStatus
from festival.signups import releasing

bp = Blueprint("door", __name__)

#: Where the cookie keeps the gate that this browser stands at, by activity.
_GATES = "gates"


def activity_of(slug: str, permission: Permission = Permission.CHECK_IN) -> Activity:
    """Return an activity within the caller's scope, with slots and pools; outside it, or as a draft, there is none."""
    activity = programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))
    if activity.status == ActivityStatus.DRAFT:
        raise NotFound
    return activity


def activity_id_of(slug: str) -> int:
    """Return the id of an activity within the caller's scope: all that a scan needs of it."""
    return programme.managed_id(slug, scope(the_staff(), Permission.CHECK_IN, Activity.id.expression))


@bp.after_request
def allow_camera(response: Response) -> Response:
    """Let this page, and no other, ask for the camera."""
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(), payment=(), usb=()"
    return response


# -- the page -----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/check-in")
@staff(Permission.CHECK_IN)
def show(slug: str) -> ResponseReturnValue:
    """Show the door: with what became of a scan (``scan``), what a code would be answered (``code``), or who is meant (``q``)."""
    activity = activity_of(slug)
    _remember_gate(activity)
    scanned = None
    if request.args.get("scan"):
        scanned = _scanned(activity.id, request.args["scan"])
    elif code := request.args.get("code", "")[:LONGEST]:
        typed = read_code(code)
        if typed is None or not typed.is_digits:  # digits are few enough to try: they are scanned, and counted
            scanned = service.preview(activity.id, typed, way_of(request.args.get("way", "")))
    return _page(activity, scanned, way=way_of(request.args.get("way", "")))


def _scanned(activity_id: int, number: str) -> Scanned | None:
    """Return a scan that was written, as it was answered; None: the activity has no such scan."""
    if not (number.isascii() and number.isdigit() and len(number) < 10):  # noqa: PLR2004  # an id
        return None
    try:
        scan = scans.scan(activity_id, int(number))
    except NotFound:
        return None
    return Scanned(scan.verdict, scans.at_the_door(scan.sign_up_id), scan)


def _page(
    activity: Activity,
    scanned: Scanned | None,
    *,
    way: Way,
    form: ScanForm | None = None,
    undo: UndoForm | None = None,
    refused: str = "",
) -> str:
    now = clock.now()
    member = the_staff()
    by_name = may(member, Permission.ROSTER_READ, activity.id)
    words = request.args.get("q", "")[:100] if by_name else ""
    panel = render.panel(scanned, now) if scanned is not None else None
    return render_template(
        "manage/checkin/door.html",
        activity=activity,
        panel=panel,
        data_result=panel.result if panel else None,
        refused=refused,
        form=form or ScanForm(formdata=None),
        undo=undo or UndoForm(formdata=None),
        nonce=tokens.new_token(),
        way=way.value,
        gates=scans.gates(activity.id),
        gate_id=gate_id_of(activity.id),
        numbers=render.numbers(activity, now),
        by_name=by_name,
        words=words,
        found=scans.search(activity.id, words) if words else [],
        may_edit_gates=may(member, Permission.ACTIVITY_EDIT, activity.id),
        may_sign_up=may(member, Permission.COUNTER, activity.id),
        takes_walk_ins=activity.allows_walk_ins,
        may_release=any(releasing.why_not(activity, slot, now) is None for slot in scans.days_with_slots(activity, now, 1)),
        is_gate=is_gate(),
        links=[
            link
            for link in kind_of(activity).organizer_links
            if link.permission == Permission.CHECK_IN and may(member, link.permission, activity.id)
        ],
        words_of_device=device_words(),
    )


# -- gates --------------------------------------------------------------------------------------------------------------------


def _remember_gate(activity: Activity) -> None:
    """Keep the gate that was chosen (``gate``; empty: none) in this browser's cookie."""
    chosen = request.args.get("gate")
    if chosen is None:
        return
    known = {str(gate.id): gate.id for gate in scans.gates(activity.id)}
    kept = {key: value for key, value in dict(session.get(_GATES) or {}).items() if key != str(activity.id)}
    if chosen in known:
        kept[str(activity.id)] = known[chosen]
    session[_GATES] = kept


def gate_id_of(activity_id: int) -> int | None:
    """Return the gate that this browser stands at; None: none was chosen."""
    kept = dict(session.get(_GATES) or {}).get(str(activity_id))
    return kept if isinstance(kept, int) else None


def where_of(activity_id: int) -> Where:
    """Return at which gate, on which device, and by whom something is done."""
    gate_id = gate_id_of(activity_id)
    return Where(
        actor_id=the_staff().id,
        gate_id=gate_id if gate_id is not None and scans.has_gate(activity_id, gate_id) else None,
        device=device_of(request.form.get("device", ""), request.user_agent.string),
    )


@bp.get("/activities/<slug:slug>/check-in/gates")
@staff(Permission.ACTIVITY_EDIT)
def gates(slug: str) -> ResponseReturnValue:
    """Show the gates of an activity."""
    return _gates_page(activity_of(slug, Permission.ACTIVITY_EDIT), GateForm(formdata=None))


@bp.post("/activities/<slug:slug>/check-in/gates")
@staff(Permission.ACTIVITY_EDIT)
def open_gate(slug: str) -> ResponseReturnValue:
    """Add a gate, or open a closed one again."""
    activity, form = activity_of(slug, Permission.ACTIVITY_EDIT), GateForm()
    if not form.validate():
        return _gates_page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    with transaction():
        service.open_gate(activity_id, form.name.data or "", actor_id=actor_id)
    return redirect(url_for(".gates", slug=slug), 303)


@bp.post("/activities/<slug:slug>/check-in/gates/<id:gate_id>/close")
@staff(Permission.ACTIVITY_EDIT)
def close_gate(slug: str, gate_id: int) -> ResponseReturnValue:
    """Offer a gate no more."""
    activity_id, actor_id = activity_of(slug, Permission.ACTIVITY_EDIT).id, the_staff().id
    with transaction():
        service.close_gate(activity_id, gate_id, actor_id=actor_id)
    return redirect(url_for(".gates", slug=slug), 303)


@bp.post("/activities/<slug:slug>/check-in/walk-ins")
@staff(Permission.ACTIVITY_EDIT)
def set_walk_ins(slug: str) -> ResponseReturnValue:
    """Let people come without a sign-up, or not."""
    activity_id, actor_id = activity_of(slug, Permission.ACTIVITY_EDIT).id, the_staff().id
    are_allowed = request.form.get("allow") == "yes"
    with transaction():
        service.set_walk_ins(activity_id, are_allowed=are_allowed, actor_id=actor_id)
    flash(_("已开放现场报名。") if are_allowed else _("已关闭现场报名。"), "ok")
    return redirect(url_for(".gates", slug=slug), 303)


def _gates_page(activity: Activity, form: GateForm) -> str:
    every: list[Gate] = scans.gates(activity.id, with_closed=True)
    return render_template("manage/checkin/gates.html", activity=activity, form=form, gates=every)


# -- scanning -----------------------------------------------------------------------------------------------------------------


@bp.post("/activities/<slug:slug>/check-in")
@staff(Permission.CHECK_IN)
@limits.digits
def scan(slug: str) -> ResponseReturnValue:
    """Scan somebody in or out. Sent by a script, it is answered with the verdict alone."""
    activity_id, form = activity_id_of(slug), ScanForm()
    if not form.validate() or form.is_empty():
        form.code.errors = [_("请扫码，或输入签到码")]
        return _page(activity_of(slug), None, way=form.way(), form=form), 422
    asked, where = form.asked(), where_of(activity_id)
    may_sign_up = may(the_staff(), Permission.COUNTER, activity_id)  # now: after the commit everything is read afresh
    try:
        with transaction():
            scanned = service.scan(activity_id, asked, where)
            scan_id = scanned.scan.id if scanned.scan is not None else None
    except Busy:
        return _page(activity_of(slug), None, way=form.way(), form=form, refused=_busy()), 503, {"Retry-After": "1"}
    if scanned.verdict == Verdict.UNKNOWN_CODE and asked.typed is not None and asked.typed.is_digits:
        limits.note_guess()
    status = 200 if scan_id is not None else 409
    if _is_script():
        return _answer(slug, activity_id, scanned, form.way(), may_sign_up=may_sign_up), status
    if scan_id is not None:
        return redirect(url_for(".show", slug=slug, scan=scan_id, way=_kept_way(form.way())), 303)
    return _page(activity_of(slug), scanned, way=form.way()), status


def _busy() -> str:
    return _("系统繁忙，请稍后再扫一次，不会重复签到。")


def _kept_way(way: Way) -> str | None:
    return way.value if way == Way.OUT else None


def _is_script() -> bool:
    return request.headers.get("X-Door") == "1"


def _answer(slug: str, activity_id: int, scanned: Scanned, way: Way, *, may_sign_up: bool) -> str:
    """Return the verdict alone, as the page's script puts it in."""
    return render_template(
        "manage/checkin/answer.html",
        slug=slug,
        panel=render.panel(scanned, clock.now()),
        undo=UndoForm(formdata=None),
        nonce=tokens.new_token(),
        way=way.value,
        may_sign_up=may_sign_up,
        takes_walk_ins=may_sign_up and scans.takes_walk_ins(activity_id),
    )


@bp.post("/activities/<slug:slug>/check-in/scans/<id:scan_id>/undo")
@staff(Permission.CHECK_IN)
def undo(slug: str, scan_id: int) -> ResponseReturnValue:
    """Take a scan back, or some of its persons, with a reason."""
    activity_id, form = activity_id_of(slug), UndoForm()
    way = way_of(request.form.get("way", ""))
    if not form.validate():
        return _page(activity_of(slug), _scanned(activity_id, str(scan_id)), way=way, undo=form), 422
    where, reason = where_of(activity_id), form.value()
    nonce, persons = nonce_of(request.form.get("nonce", "")), persons_of(request.form.get("persons", ""))
    try:
        with transaction():
            service.undo(activity_id, scan_id, reason, where, nonce=nonce, persons=persons)
    except UndoRefused as refused:
        page = _page(activity_of(slug), _scanned(activity_id, str(scan_id)), way=way, refused=str(REASON_WORDS[refused.reason]))
        return page, 409
    flash(_("已更正人数。") if persons else _("已撤销。"), "ok")
    return redirect(url_for(".show", slug=slug, way=_kept_way(way)), 303)


@bp.post("/activities/<slug:slug>/check-in/frame")
@staff(Permission.CHECK_IN)
def frame(slug: str) -> ResponseReturnValue:
    """Read the code off one frame of the camera: it is answered, and nothing is written or kept."""
    activity_id_of(slug)
    picture = request.files.get("picture")
    typed = read_picture(picture.stream.read(MOST_BYTES + 1)) if picture else None
    return jsonify(code=typed.text if typed is not None else None)


@bp.get("/activities/<slug:slug>/check-in/numbers")
@staff(Permission.CHECK_IN)
def numbers(slug: str) -> ResponseReturnValue:
    """Give the live numbers alone, as the page asks for them every few seconds."""
    activity = activity_of(slug)
    return render_template("manage/checkin/numbers.html", activity=activity, numbers=render.numbers(activity, clock.now()))


@bp.get("/activities/<slug:slug>/check-in/differences")
@staff(Permission.CHECK_IN)
def differences(slug: str) -> ResponseReturnValue:
    """Show whom a device let in while the network was away who was not to be let in (again): gate and time of both."""
    activity = activity_of(slug)
    by_name = may(the_staff(), Permission.ROSTER_READ, activity.id)
    return render_template(
        "manage/checkin/differences.html",
        activity=activity,
        conflicts=render.conflicts(activity.id, by_name=by_name),
    )


@bp.post("/activities/<slug:slug>/check-in/device")
@staff(Permission.CHECK_IN)
def become_gate(slug: str) -> ResponseReturnValue:
    """Make this browser a device at the door: 12 hours without a password, and nothing but checking in."""
    activity_id_of(slug)
    member, current = the_staff(), current_session()
    with transaction():
        device = current.device if current is not None else ""
        key = accounts.begin_session(member, device, instead_of=current_key(), is_gate=True)
    kept = session.get(_GATES)
    enter(key, is_staff=True, keeps_forms=True, is_gate=True)
    if kept:
        session[_GATES] = kept
    flash(_("本机现在是签到设备：12 小时内不用重新登录，只能签到。"), "ok")
    return redirect(url_for(".show", slug=slug), 303)
