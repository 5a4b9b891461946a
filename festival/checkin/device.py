"""What makes the page of the door an application that is installed and goes on without the network."""

import json
from pathlib import Path

from flask import Blueprint, Response, current_app, jsonify, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from festival.accounts.access import staff, the_staff
from festival.accounts.rules import Permission
from festival.checkin import door, offline, scans, service
from festival.checkin.forms import LateForm, ScanForm, device_of
from festival.checkin.render import where_and_when
from festival.checkin.service import Scanned, Where
from festival.checkin.wording import device_words, result_of
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.format import digits
from festival.lib.i18n import _, loc

bp = Blueprint("device", __name__)

#: What the page is made of beside its own address: what is missing here is missing without the network.
FILES = (
    "css/look.css",
    "css/manage.css",
    "css/door.css",
    "img/icons.svg",
    "img/mark.svg",
    "js/camera.js",
    "js/display.js",
    "js/door.js",
    "js/focus.js",
    "js/live.js",
    "js/offline.js",
    "js/rail.js",
    "js/site.js",
    "js/switches.js",
    "js/tones.js",
)


@bp.after_request
def _never_keep(response: Response) -> Response:
    """Leave nothing of it in a cache but where the page puts it itself; and let the page ask for the camera."""
    response.headers["Cache-Control"] = "no-store"
    return door.allow_camera(response)


@bp.get("/activities/<slug:slug>/check-in/shell")
@staff(Permission.CHECK_IN)
def shell(slug: str) -> ResponseReturnValue:
    """Give the page as a device keeps it: nobody's name on it, no numbers, no menu."""
    activity = door.activity_of(slug)
    return render_template(
        "manage/checkin/shell.html",
        activity=activity,
        form=ScanForm(formdata=None),
        gates=scans.gates(activity.id),
        gate_id=door.gate_id_of(activity.id),
        words=device_words(),
    )


@bp.get("/activities/<slug:slug>/check-in/worker.js")
@staff(Permission.CHECK_IN)
def worker(slug: str) -> ResponseReturnValue:
    """Give the service worker of one activity's door; it may answer for that page and those below it."""
    door.activity_id_of(slug)
    static_url = current_app.jinja_env.globals["static_url"]
    files = [static_url(name) for name in FILES]  # type: ignore[operator]  # lib.static put it there
    page, here = url_for(".shell", slug=slug), url_for("manage.door.show", slug=slug)
    given = json.dumps({"name": f"door {here} {files[0]}", "prefix": f"door {here} ", "page": page, "files": files})
    source = (Path(current_app.static_folder or "") / "js" / "door-worker.js").read_text(encoding="utf-8")
    response = Response(f"const SHELL = {given};\n{source}", content_type="text/javascript; charset=utf-8")
    response.headers["Service-Worker-Allowed"] = here
    return response


@bp.get("/activities/<slug:slug>/check-in/app.webmanifest")
@staff(Permission.CHECK_IN)
def manifest(slug: str) -> ResponseReturnValue:
    """Say under which name and picture the door is put on a telephone's first screen."""
    activity = door.activity_of(slug)
    here = url_for("manage.door.show", slug=slug)
    name = loc(activity, "short_title") or loc(activity, "title")
    static_url = current_app.jinja_env.globals["static_url"]
    icon = static_url("img/mark.svg")  # type: ignore[operator]  # lib.static put it there
    response = jsonify(
        name=_("签到：%(name)s", name=name),
        short_name=_("签到"),
        start_url=here,
        scope=here,
        id=here,
        display="standalone",
        background_color="#0F3169",
        theme_color="#0F3169",
        icons=[{"src": icon, "sizes": "any", "type": "image/svg+xml"}],
    )
    response.content_type = "application/manifest+json"
    return response


@bp.get("/activities/<slug:slug>/check-in/list.json")
@staff(Permission.CHECK_IN)
def people(slug: str) -> ResponseReturnValue:
    """Give the sealed list, or nothing where the device has it already (``version``)."""
    activity, now = door.activity_of(slug), clock.now()
    if request.args.get("version") == offline.version_of(activity.id, now):
        return "", 204
    found = offline.kept(activity, now)
    return jsonify(
        activity=activity.id,
        version=found.version,
        salt=found.salt,
        now=int(now.timestamp() * 1000),
        until=int(found.until.timestamp() * 1000),
        rows=found.rows,
    )


@bp.get("/activities/<slug:slug>/check-in/token.json")
@staff(Permission.CHECK_IN)
def token(slug: str) -> ResponseReturnValue:
    """Give a token for sending what was scanned: that of a page which was kept is long out of date."""
    door.activity_id_of(slug)
    return jsonify(token=generate_csrf())


@bp.post("/activities/<slug:slug>/check-in/late")
@staff(Permission.CHECK_IN)
def late(slug: str) -> ResponseReturnValue:
    """Take what a device scanned while the network was away. Each scan stands for itself: sent again, nothing changes."""
    activity_id, sent = door.activity_id_of(slug), LateForm(request.get_json(silent=True))
    where = Where(
        actor_id=the_staff().id,
        gate_id=sent.gate if sent.gate is not None and scans.has_gate(activity_id, sent.gate) else None,
        device=device_of(sent.device, request.user_agent.string),
    )
    find = scans.lookups(activity_id)
    answers = []
    for asked in sent.requests:
        with transaction():
            answers.append(_told(asked.nonce, service.scan(activity_id, asked, where, sign_up_of=find)))
    return jsonify(scans=answers)


def _told(nonce: str, scanned: Scanned) -> dict[str, object]:
    """Return what became of a late scan: where it was counted already, gate and time of both."""
    told: dict[str, object] = {"nonce": nonce, "result": result_of(scanned.verdict)}
    scan = scanned.scan
    if scan is not None and scan.claimed > scan.persons:
        other = scans.others_of(scan)
        told |= {
            "different": True,
            "digits": digits(scanned.sign_up.digits) if scanned.sign_up is not None else "",
            "here": where_and_when(scan),
            "there": where_and_when(other) if other is not None else "",
        }
    return told
