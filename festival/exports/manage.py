"""Organizers' lists to take away: the page that names them, the files, and what is copied or printed from a page."""

import hashlib
from collections.abc import Iterator, Sequence

from flask import Blueprint, abort, current_app, render_template, request
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.models import Account
from festival.accounts.queries import needs_second_factor
from festival.accounts.rules import Permission, StaffReason
from festival.accounts.staff import pass_second_factor
from festival.accounts.wording import staff_words
from festival.exports import cards, preparing, queries, render, seating, service, statistics, xlsx
from festival.exports.contents import entries
from festival.exports.forms import Part, ReasonForm, WholeForm, part_asked
from festival.exports.giving import Counted, csv_file, file_of, give, recorded
from festival.exports.printed import Maker
from festival.lib import clock, limits, names
from festival.lib.db import transaction
from festival.lib.i18n import _
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.roster import queries as rosters
from festival.roster.forms import wanted
from festival.roster.queries import Row
from festival.roster.render import Places, answered, columns

bp = Blueprint("exports", __name__)

#: A page number that somebody may ask for.
_PAGES = 10_000


def _activity(slug: str, permission: Permission) -> Activity:
    """Return an activity within the caller's scope; outside it there is none."""
    return programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))


def _maker(purpose: str = "") -> Maker:
    return Maker(the_staff().staff_name or "", clock.now(), purpose)


def _expected(activity: Activity, part: Part, keys: Sequence[str]) -> Iterator[Row]:
    """Yield those who are expected to come to a part of an activity."""
    rows = rosters.expected(activity.id, clock.now(), part.slot.id if part.slot else None, keys)
    return (row for row in rows if part.pool is None or row.pool_id == part.pool.id)


# -- the page of lists ---------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/exports")
@staff(Permission.STATISTICS)
def index(slug: str) -> ResponseReturnValue:
    """Name every list: what it holds, who may take it, and what is hidden in it."""
    activity = _activity(slug, Permission.STATISTICS)
    part, places, member = part_asked(activity, request.args), Places(activity), the_staff()
    are_long = queries.rows_of(activity.id, None, expected=False) > preparing.LONG
    return render_template(
        "manage/exports/index.html",
        activity=activity,
        part=part,
        slots=places.slot_choices(),
        pools=places.pool_choices(),
        entries=[(entry, may(member, entry.permission, activity.id)) for entry in entries(activity, part, are_long=are_long)],
    )


# -- files ---------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/roster.csv")
@staff(Permission.ROSTER_EXPORT)
def roster_csv(slug: str) -> ResponseReturnValue:
    """Give every sign-up ever made as CSV, contacts masked."""
    activity, maker = _activity(slug, Permission.ROSTER_EXPORT), _maker()
    keys = [question.key for question in answered(activity)]
    rows = Counted(rosters.every(activity.id, keys, maker.at))
    name = xlsx.roster(activity, (), maker=maker).file_name("csv")
    return csv_file(render.csv_rows(activity, rows), f"roster-{slug}", name, recorded(activity, "roster.csv", rows))


@bp.get("/activities/<slug:slug>/roster.xlsx")
@staff(Permission.ROSTER_EXPORT)
def roster_xlsx(slug: str) -> ResponseReturnValue:
    """Give the rows that the page shows, in the order and form in which they are printed."""
    activity, maker = _activity(slug, Permission.ROSTER_EXPORT), _maker()
    keys = [question.key for question in answered(activity)]
    rows = rosters.filtered(activity.id, wanted(request.args), keys, maker.at)
    return give(activity, xlsx.roster(activity, rows, maker=maker), "roster", "xlsx")


@bp.get("/activities/<slug:slug>/sign-in-sheet")
@staff(Permission.ROSTER_EXPORT)
def sign_in_sheet(slug: str) -> ResponseReturnValue:
    """Give the sheet on which people sign in on paper: of one slot (``?slot=``) or pool, or of all."""
    return _sheet(slug, "xlsx")


@bp.get("/activities/<slug:slug>/sign-in-sheet.csv")
@staff(Permission.ROSTER_EXPORT)
def sign_in_sheet_csv(slug: str) -> ResponseReturnValue:
    """Give the same as CSV."""
    return _sheet(slug, "csv")


def _sheet(slug: str, form: str) -> ResponseReturnValue:
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    part = part_asked(activity, request.args)
    rows = _expected(activity, part, [question.key for question in columns(activity)])
    return give(activity, xlsx.sign_in_sheet(activity, rows, slot=part.slot, maker=_maker()), "sign-in-sheet", form)


@bp.get("/activities/<slug:slug>/exports/<any(seats, cards):what>.<any(xlsx, csv):form>")
@staff(Permission.ROSTER_EXPORT)
def take(slug: str, what: str, form: str) -> ResponseReturnValue:
    """Give who sits where, or what stands on the name cards."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    part, maker = part_asked(activity, request.args), _maker()
    rows = list(_expected(activity, part, [question.key for question in columns(activity)]))
    seats = seating.labels([row.id for row in rows])
    if what == "cards":
        shown = xlsx.card_list(activity, cards.cards(activity, rows, seats), slot=part.slot, maker=maker)
    elif seating.has_seats(activity):
        shown = xlsx.seat_list(activity, seating.in_order(rows), slot=part.slot, maker=maker)
    else:
        abort(404)
    return give(activity, shown, what, form)


@bp.get("/activities/<slug:slug>/exports/<any(statistics):what>.<any(xlsx, csv):form>")
@staff(Permission.STATISTICS)
def statistics_file(slug: str, what: str, form: str) -> ResponseReturnValue:
    """Give the statistics of an activity. Nobody's data is in it."""
    activity = _activity(slug, Permission.STATISTICS)
    found, staff_there = queries.figures([activity], clock.now()), queries.uncounted([activity])
    return file_of(statistics.of_activity(activity, found, staff=staff_there, maker=_maker()), f"{what}-{slug}", form)


@bp.get("/exports/<any(statistics):what>.<any(xlsx, csv):form>")
@staff(Permission.STATISTICS)
def statistics_of_all(what: str, form: str) -> ResponseReturnValue:
    """Give the statistics of every activity in the caller's scope."""
    activities = programme.all_managed(scope(the_staff(), Permission.STATISTICS, Activity.id.expression))
    if not activities:
        abort(404)
    found, staff_there = queries.figures(activities, clock.now()), queries.uncounted(activities)
    shown = statistics.of_all(activities[0].festival, found, staff=staff_there, maker=_maker())
    return file_of(shown, f"{what}-festival", form)


# -- what is printed or copied from a page -------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/exports/cards")
@staff(Permission.ROSTER_EXPORT)
def print_cards(slug: str) -> ResponseReturnValue:
    """Show name cards to print, some hundred at a time."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    part = part_asked(activity, request.args)
    form = cards.Form.TABLE if request.args.get("form") == cards.Form.TABLE else cards.Form.BADGE
    rows = list(_expected(activity, part, [question.key for question in columns(activity)]))
    found = list(cards.cards(activity, rows, seating.labels([row.id for row in rows])))
    last = max(1, -(-len(found) // cards.PAGE))
    number = min(last, _page_asked())
    shown = found[(number - 1) * cards.PAGE : number * cards.PAGE]
    activity_id, actor_id = activity.id, the_staff().id
    page = render_template(
        "manage/exports/cards.html",
        activity=activity,
        form=form.value,
        cards=shown,
        number=number,
        last=last,
        here={"slug": slug, "form": form.value, **part.parameters},
    )
    with transaction():
        service.record_export(
            activity_id,
            f"cards.{form.value}",
            rows=len(shown),
            sha256=hashlib.sha256(page.encode()).hexdigest(),
            actor_id=actor_id,
        )
    return page


@bp.get("/activities/<slug:slug>/exports/names")
@staff(Permission.ROSTER_EXPORT)
def group_names(slug: str) -> ResponseReturnValue:
    """Show the names of those expected, masked, as one line for a group."""
    activity = _activity(slug, Permission.ROSTER_EXPORT)
    part, places = part_asked(activity, request.args), Places(activity)
    rows = list(_expected(activity, part, []))
    named = [row for row in rows if row.name]
    return render_template(
        "manage/exports/names.html",
        activity=activity,
        part=part,
        slots=places.slot_choices(),
        pools=places.pool_choices(),
        line=_("、").join(_masked(row) for row in named),
        named=len(named),
        nameless=len(rows) - len(named),
        persons=sum(row.party_size for row in rows),
    )


def _masked(row: Row) -> str:
    name = names.masked(row.name)
    return _("%(name)s（%(n)s 人）", name=name, n=row.party_size) if row.party_size > 1 else name


def _page_asked() -> int:
    typed = request.args.get("page", "1")
    return min(_PAGES, max(1, int(typed))) if typed.isascii() and typed.isdigit() and len(typed) <= len(str(_PAGES)) else 1


# -- what is usually hidden ----------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/exports/insurance")
@staff(Permission.CONTACT_REVEAL)
def insurance(slug: str) -> ResponseReturnValue:
    """Ask what the list with identity numbers is for."""
    return _insurance_page(_insured_activity(slug), ReasonForm(formdata=None))


@bp.post("/activities/<slug:slug>/exports/insurance")
@staff(Permission.CONTACT_REVEAL)
def take_insurance(slug: str) -> ResponseReturnValue:
    """Give the list to somebody who says what for."""
    activity, form = _insured_activity(slug), ReasonForm()
    if not form.validate():
        return _insurance_page(activity, form), 422
    part, reason = part_asked(activity, request.args), form.reason.data or ""
    rows = queries.with_answers(_expected(activity, part, []), [question.key for question in xlsx.insured(activity)])
    shown = xlsx.insurance_list(activity, rows, slot=part.slot, maker=_maker(reason))
    suffix = "csv" if "csv" in request.form else "xlsx"
    return give(activity, shown, "insurance", suffix, action="insurance.export", reason=reason)


def _insured_activity(slug: str) -> Activity:
    activity = _activity(slug, Permission.CONTACT_REVEAL)
    if not xlsx.insured(activity):
        abort(404)
    return activity


def _insurance_page(activity: Activity, form: ReasonForm) -> str:
    return render_template("manage/exports/insurance.html", activity=activity, form=form, part=part_asked(activity, request.args))


@bp.get("/activities/<slug:slug>/exports/full")
@staff(Permission.ROSTER_EXPORT_FULL)
def whole(slug: str) -> ResponseReturnValue:
    """Ask what the whole list is for, and for the second factor of whoever has one."""
    return _whole_page(_activity(slug, Permission.ROSTER_EXPORT_FULL), WholeForm(formdata=None))


@bp.post("/activities/<slug:slug>/exports/full")
@staff(Permission.ROSTER_EXPORT_FULL)
@limits.passwords
def take_whole(slug: str) -> ResponseReturnValue:
    """Give the list with contacts in full to somebody who says what for, and proves who they are."""
    activity, form = _activity(slug, Permission.ROSTER_EXPORT_FULL), WholeForm()
    if not form.validate():
        return _whole_page(activity, form), 422
    if not _is_proven(the_staff(), form.otp.data or ""):
        form.otp.errors = [staff_words(StaffReason.SECOND_WRONG)]
        return _whole_page(_activity(slug, Permission.ROSTER_EXPORT_FULL), form), 422
    activity, reason = _activity(slug, Permission.ROSTER_EXPORT_FULL), form.reason.data or ""
    keys = [question.key for question in answered(activity)]
    maker = _maker(reason)
    shown = xlsx.whole_roster(activity, rosters.every(activity.id, keys, maker.at), maker=maker)
    return give(activity, shown, "full-roster", "xlsx", action="roster.export_full", reason=reason)


def _asks_second_factor(member: Account) -> bool:
    """Tell whether somebody has to prove the second factor again: whoever has one, and whose role demands one."""
    return member.totp_sealed is not None or (not current_app.config["DEMO"] and needs_second_factor(member))


def _is_proven(member: Account, typed: str) -> bool:
    if not _asks_second_factor(member):
        return True
    with transaction():
        return pass_second_factor(member, typed)


def _whole_page(activity: Activity, form: WholeForm) -> str:
    asks = _asks_second_factor(the_staff())
    return render_template("manage/exports/full.html", activity=activity, form=form, asks_second_factor=asks)
