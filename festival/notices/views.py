"""我的消息, and the demo's mailbox."""

import json

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.accounts.rules import NotAnAddress, read_address
from festival.lib import clock
from festival.lib.access import demo_only
from festival.lib.db import transaction
from festival.notices import queries, service
from festival.notices.own import headings
from festival.outbox.delivery import settle_due
from festival.outbox.models import DemoMail
from festival.outbox.queries import unread

bp = Blueprint("notices", __name__)
#: A page of an inbox is a small number; what is larger is nobody's.
_LAST_PAGE = 10_000


# -- 我的消息 --------------------------------------------------------------------------------------------------------------------


@bp.get("/me/messages")
@signed_in
def inbox() -> ResponseReturnValue:
    """Show what the reader was told, newest first, new ones marked."""
    person = the_person()
    page = request.args.get("page", 1, int)
    if not 1 <= page <= _LAST_PAGE:
        abort(404)
    entries = queries.inbox(person.id, page)
    if not entries and page > 1:
        abort(404)
    return render_template(
        "notices/inbox.html",
        entries=entries,
        newest=next(iter(entries if page == 1 else queries.inbox(person.id, 1)), None),
        subjects=headings(),
        page=page,
        last=max(1, -(-queries.inbox_size(person.id) // queries.PER_PAGE)),
        unread=unread(person.id),
        unlisted=True,
    )


@bp.post("/me/messages/read")
@signed_in
def note_read() -> ResponseReturnValue:
    """Mark everything as read up to the newest message that was shown: what came since is still new."""
    shown = request.form.get("newest", "")
    newest = int(shown) if shown.isascii() and shown.isdecimal() and len(shown) < 10 else 0  # noqa: PLR2004  # ids fit
    account_id = the_person().id
    with transaction():
        service.note_read(account_id, newest)
    return redirect(url_for(".inbox"), 303)


# -- the demo's mailbox ----------------------------------------------------------------------------------------------------------


@bp.get("/demo/messages")
@demo_only
def demo_messages() -> ResponseReturnValue:
    """Show every message that would have been sent."""
    settle_due()
    typed = request.args.get("to", "")
    return _uncached(render_template("notices/demo.html", mails=queries.demo_mail(_to()), to=typed, unlisted=True))


@bp.get("/demo/messages.json")
@demo_only
def demo_messages_json() -> ResponseReturnValue:
    """Give the same to programs."""
    settle_due()
    mails = [_as_json(mail) for mail in queries.demo_mail(_to())]
    return _uncached(json.dumps(mails, ensure_ascii=False), "application/json; charset=utf-8")


def _uncached(body: str, content_type: str = "text/html; charset=utf-8") -> Response:
    return Response(body, content_type=content_type, headers={"Cache-Control": "no-store"})


def _to() -> str | None:
    """Return the address asked for, however it was typed; None when none was."""
    typed = request.args.get("to", "").strip()
    if not typed:
        return None
    address = read_address(typed)
    return typed if isinstance(address, NotAnAddress) else address.value


def _as_json(mail: DemoMail) -> dict[str, object]:
    return {
        "id": mail.id,
        "to": mail.to,
        "channel": mail.channel,
        "kind": mail.kind,
        "text": mail.text,
        "created_at": clock.local(mail.created_at).isoformat(timespec="milliseconds"),
        "attachments": json.loads(mail.attachments),
    }
