"""The privacy desk: find one person, see and hand out all that is held about them, correct it, follow their wishes."""

import hashlib
import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from festival.accounts import personal
from festival.accounts.access import staff, the_staff
from festival.accounts.models import Account
from festival.accounts.privacy import Agreed
from festival.accounts.queries import activity_titles, consents_of
from festival.accounts.rules import Permission
from festival.audit.wording import action_words
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.download import download
from festival.lib.format import iso
from festival.lib.i18n import _, locale
from festival.lib.spreadsheet import XLSX_TYPE, Cell, Column, Sheet, write_xlsx
from festival.protection import purging, queries, service
from festival.protection.forms import CorrectForm, FindForm, ForgetForm, ReasonForm
from festival.protection.queries import Written
from festival.signups.models import SignUp
from festival.signups.wording import STATE_WORDS

bp = Blueprint("protection", __name__)

#: Purges shown on the page about them.
_PURGES = 30


@dataclass(frozen=True, slots=True)
class Held:
    """One sign-up of a person on the page, with the answers in their own words."""

    sign_up: SignUp
    written: Sequence[Written]


# -- finding ---------------------------------------------------------------------------------------------------------------------


@bp.get("/people")
@staff(Permission.PRIVACY)
def index() -> ResponseReturnValue:
    """Ask whose data it is about."""
    return _find_page(FindForm(formdata=None))


@bp.post("/people")
@staff(Permission.PRIVACY)
def find() -> ResponseReturnValue:
    """Look for one person by exactly what they say, and record that somebody did."""
    form = FindForm()
    if not form.validate():
        return _find_page(form), 422
    with transaction():
        found_id = service.find(form.person.data or "", form.why(), actor_id=the_staff().id)
    if found_id is None:
        form.person.errors = [_("没有找到。请核对是否完整；已注销的账号不再有任何信息。")]
        return _find_page(form), 404
    return redirect(url_for(".person", account_id=found_id), 303)


def _find_page(form: FindForm) -> str:
    return render_template("manage/protection/find.html", form=form)


# -- one person ------------------------------------------------------------------------------------------------------------------


@bp.get("/people/<id:account_id>")
@staff(Permission.PRIVACY)
def person(account_id: int) -> ResponseReturnValue:
    """Show what is held about one person and what they agreed to, and record that somebody looked."""
    queries.person(account_id)
    with transaction():
        service.note_reading(account_id, actor_id=the_staff().id)
    return _page(account_id)


def _page(
    account_id: int,
    *,
    correct: CorrectForm | None = None,
    withdraw: ReasonForm | None = None,
    sent: MultiDict[str, str] | None = None,
) -> str:
    found = queries.person(account_id)
    held = [Held(sign_up, queries.written_answers(sign_up.id)) for sign_up in queries.sign_ups(account_id)]
    consents = consents_of(account_id)
    titles = activity_titles(locale(), [consent.activity_id for consent, _notice in consents])
    return render_template(
        "manage/protection/person.html",
        person=found,
        held=held,
        agreed=[Agreed(consent, notice, titles.get(consent.activity_id, "")) for consent, notice in consents],
        seen=queries.seen_by(account_id),
        correct=correct or CorrectForm(formdata=None, name=found.name, language=found.locale),
        withdraw=withdraw or ReasonForm(formdata=None),
        sent=sent or {},
        state_words=STATE_WORDS,
        action_words=action_words,
    )


@bp.post("/people/<id:account_id>/correct")
@staff(Permission.PRIVACY)
def correct(account_id: int) -> ResponseReturnValue:
    """Correct names, language and written answers."""
    form = CorrectForm()
    if not form.validate():
        return _page(account_id, correct=form, sent=request.form), 422
    wanted, actor_id = form.value(request.form), the_staff().id
    with transaction():
        changed = service.correct(account_id, wanted, actor_id=actor_id, reason=form.why())
    flash(_("已更正 %(n)s 处。", n=len(changed)) if changed else _("没有改动。"), "ok")
    return redirect(url_for(".person", account_id=account_id), 303)


@bp.post("/people/<id:account_id>/consents/<id:consent_id>/withdraw")
@staff(Permission.PRIVACY)
def withdraw_consent(account_id: int, consent_id: int) -> ResponseReturnValue:
    """Record that the person withdraws a consent; what it allowed is deleted with it."""
    form = ReasonForm()
    queries.person(account_id)
    if not form.validate():
        return _page(account_id, withdraw=form), 422
    with transaction():
        service.withdraw_consent(account_id, consent_id, actor_id=the_staff().id, reason=form.why())
    flash(_("已记录撤回，相应的信息已清除。"), "ok")
    return redirect(url_for(".person", account_id=account_id), 303)


# -- all of it in one file -------------------------------------------------------------------------------------------------------


@bp.get("/people/<id:account_id>/data.json")
@staff(Permission.PRIVACY)
def data(account_id: int) -> ResponseReturnValue:
    """Hand out all that is held about a person as JSON, and record it with the file's digest."""
    whole = {"exported_at": clock.wall().isoformat(), **_everything(account_id)}
    file = io.BytesIO(json.dumps(whole, ensure_ascii=False, indent=1).encode())
    return _handed(account_id, file, "json", "application/json; charset=utf-8")


@bp.get("/people/<id:account_id>/data.xlsx")
@staff(Permission.PRIVACY)
def data_xlsx(account_id: int) -> ResponseReturnValue:
    """Hand out the same as a sheet to read and print: table, row, field, content."""
    file = io.BytesIO()
    by, at = the_staff().staff_name or "", iso(clock.now())
    sheet = Sheet(
        name=_("个人信息"),
        title=_("个人信息 · 账号 %(id)s", id=account_id),
        lines=(),
        columns=(Column(_("数据表"), 18), Column(_("行"), 6), Column(_("字段"), 22), Column(_("内容"), 80)),
        watermark=f"{by} {at}",
        pages=_("第 %(page)s 页 共 %(pages)s 页", page="&P", pages="&N"),
    )
    write_xlsx(file, sheet, _cells(_everything(account_id)))
    return _handed(account_id, file, "xlsx", XLSX_TYPE)


def _everything(account_id: int) -> personal.Rows:
    queries.person(account_id)
    return personal.export(account_id)


def _cells(everything: personal.Rows) -> Iterator[Sequence[Cell]]:
    for table, rows in everything.items():
        for number, row in enumerate(rows, start=1):
            for field, value in row.items():
                if value not in {None, ""}:
                    yield (table, number, field, str(value))


def _handed(account_id: int, file: io.BytesIO, suffix: str, content_type: str) -> ResponseReturnValue:
    digest = hashlib.sha256(file.getvalue()).hexdigest()
    with transaction():
        service.note_export(account_id, file=suffix, sha256=digest, actor_id=the_staff().id)
    day = f"{clock.local_day(clock.now()):%Y%m%d}"
    return download(
        file,
        name=f"{_('个人信息')}_{account_id}_{day}.{suffix}",
        plain_name=f"person-{account_id}-{day}.{suffix}",
        content_type=content_type,
    )


# -- being forgotten -------------------------------------------------------------------------------------------------------------


@bp.get("/people/<id:account_id>/forget")
@staff(Permission.PRIVACY)
def ask_to_forget(account_id: int) -> ResponseReturnValue:
    """Say what forgetting a person means, and ask."""
    return _forget_page(queries.person(account_id), ForgetForm(formdata=None))


@bp.post("/people/<id:account_id>/forget")
@staff(Permission.PRIVACY)
def forget(account_id: int) -> ResponseReturnValue:
    """Forget a person: the counts stay."""
    form = ForgetForm()
    found = queries.person(account_id)
    if not form.validate():
        return _forget_page(found, form), 422
    with transaction():
        service.forget(account_id, actor_id=the_staff().id, reason=form.why())
    flash(_("已清除账号 %(id)s 的全部个人信息，只留下人数。", id=account_id), "ok")
    return redirect(url_for(".index"), 303)


def _forget_page(found: Account, form: ForgetForm) -> str:
    return render_template("manage/protection/forget.html", person=found, form=form, held=queries.sign_ups(found.id))


# -- what is purged by time ------------------------------------------------------------------------------------------------------


@bp.get("/people/purges")
@staff(Permission.PRIVACY)
def purges() -> ResponseReturnValue:
    """Show what is kept for how long, and what the nightly purges have cleared."""
    return render_template(
        "manage/protection/purges.html",
        kept=personal.purges(),
        runs=queries.last_purges(_PURGES),
        is_due=purging.is_due(clock.wall()),
        words={each.key: each.what for each in personal.purges()},
    )
