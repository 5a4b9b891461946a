"""Doing something to many sign-ups at once: those ticked, or all that a view shows; first a preview, then the act."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import may, staff, the_staff
from festival.accounts.models import Account
from festival.accounts.rules import Permission
from festival.lib import clock
from festival.lib.db import rehearsal, transaction
from festival.lib.i18n import _, _n
from festival.lib.pages import path_to
from festival.programme.models import Activity
from festival.reconfirm import queries as reconfirm
from festival.roster import acts, beside, queries, render
from festival.roster.acts import AT_ONCE, ActRefused, Asked, Outcome
from festival.roster.forms import MOST_PICKED, BulkForm, address_of, page_of, picked, turned_to, view_at
from festival.roster.render import Line
from festival.roster.rules import Act, Wanted
from festival.roster.scoped import activity_within
from festival.roster.wording import ACTS, LEFT, SENT
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS

bp = Blueprint("bulk", __name__)

#: Rows of each list that a preview names.
_LISTED = 20
#: What somebody must be allowed for an act, beside seeing the roster.
_PERMISSIONS: dict[Act, tuple[Permission, ...]] = {
    Act.APPROVE: (Permission.REVIEW,),
    Act.REJECT: (Permission.REVIEW,),
    Act.MOVE: (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT),
    Act.MESSAGE: (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT),
    Act.TAG: (Permission.ROSTER_READ,),
    Act.UNTAG: (Permission.ROSTER_READ,),
    Act.REMOVE: (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT),
    Act.EXCUSE: (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT),
    Act.COMING: (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT),
}


def offered(member: Account, activity_id: int) -> list[tuple[Act, str]]:
    """Return the acts that somebody may do to many sign-ups of an activity, in words."""
    return [
        (act, str(ACTS[act]))
        for act, needed in _PERMISSIONS.items()
        if all(may(member, permission, activity_id) for permission in needed)
        and (act is not Act.COMING or reconfirm.has_any(activity_id))
    ]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The sign-ups that an act is for."""

    ids: list[int]
    view: Wanted
    #: All that the view shows, and not those ticked.
    are_all: bool
    #: How many more there are than an act takes at once.
    more: int


@bp.post("/activities/<slug:slug>/roster/bulk")
@staff(Permission.ROSTER_MASKED)
def act(slug: str) -> ResponseReturnValue:
    """Ask what is needed, show what would happen, and do it once that has been seen; or turn the page, with what is ticked."""
    activity, member = activity_within(slug, Permission.ROSTER_MASKED), the_staff()
    wanted_act = next((one for one, _words in offered(member, activity.id) if one.value == request.form.get("act")), None)
    view = view_at(request.form.get("view", ""))
    if (turned := turned_to(request.form)) is not None:
        _say_limit()
        return _back(slug, view, picked(request.form), turned)
    if wanted_act is None:
        flash(_("请选择要做什么。"), "warn")
        return _back(slug, view, picked(request.form), page_of(request.form))
    if wanted_act is Act.MESSAGE:
        return _write(slug, view)
    by_name = may(member, Permission.ROSTER_READ, activity.id)
    chosen = _chosen(activity, wanted_act, view, by_name=by_name)
    if not chosen.ids:
        flash(_("请先勾选要处理的报名。"), "warn")
        return _back(slug, view, (), page_of(request.form))
    form = BulkForm.of(wanted_act, render.Places(activity).targets(), beside.tags(activity.id))
    if not form.is_filled(wanted_act):
        return _page(activity, wanted_act, chosen, form)
    if not form.validate():
        return _page(activity, wanted_act, chosen, form), 422
    asked, activity_id, actor_id = form.value(wanted_act), activity.id, member.id
    has_changed = False
    if seen := request.form.get("sure"):
        try:
            with transaction():
                outcome = acts.carry_out(activity_id, asked, chosen.ids, actor_id=actor_id, seen=seen)
        except ActRefused:
            has_changed = True
        else:
            _say(outcome)
            return _back(slug, view)
    with rehearsal():
        outcome = acts.carry_out(activity_id, asked, chosen.ids, actor_id=actor_id)
    again = activity_within(slug, Permission.ROSTER_MASKED)  # what was read before the rehearsal is gone
    page = _page(again, wanted_act, chosen, form, _Preview(again, asked, outcome, by_name=by_name), has_changed=has_changed)
    return page, 409 if has_changed else 200


def _chosen(activity: Activity, wanted_act: Act, view: Wanted, *, by_name: bool) -> Chosen:
    are_all = request.form.get("scope") == "all"
    found = (
        queries.ids(activity.id, view, clock.now(), by_name=by_name)
        if are_all
        else queries.among(activity.id, picked(request.form))
    )
    kept = found[:AT_ONCE] if wanted_act in acts.MOVES_PLACES else found
    return Chosen(kept, view, are_all, len(found) - len(kept))


def _write(slug: str, view: Wanted) -> ResponseReturnValue:
    """Go on to the page that writes to those ticked, or to all that the view shows."""
    chosen: dict[str, str | list[str]] = view.parameters()
    if request.form.get("scope") != "all":
        chosen["pick"] = [str(one) for one in picked(request.form)]
        if not chosen["pick"]:
            flash(_("请先勾选要处理的报名。"), "warn")
            return _back(slug, view)
    return redirect(path_to("/manage/activities/<slug>/letters/new", slug=slug, **chosen) or "", 303)


def _back(slug: str, view: Wanted, ticked: Sequence[int] = (), page: int = 1) -> ResponseReturnValue:
    """Go back to a page of the roster, with what is ticked there or on other pages."""
    return redirect(_roster(slug, view, ticked, page), 303)


def _roster(slug: str, view: Wanted, ticked: Sequence[int], page: int = 1) -> str:
    here, query = url_for("manage.roster.roster", slug=slug), address_of(view, page, ticked)
    return f"{here}?{query}" if query else here


def _say_limit() -> None:
    if len(request.form.getlist("pick")) > MOST_PICKED:
        flash(_("一次最多勾选 %(n)s 个，其余没有保留。", n=MOST_PICKED), "warn")


def _say(outcome: Outcome) -> None:
    """Tell what was done and what was not."""
    if outcome.done:
        flash(_n("已处理 %(num)s 个报名。", "已处理 %(num)s 个报名。", len(outcome.done)), "ok")
    if outcome.promoted:
        flash(_n("从候补名单递补 %(num)s 个报名。", "从候补名单递补 %(num)s 个报名。", len(outcome.promoted)), "ok")
    for words, number in _reasons(outcome):
        flash(_("%(n)s 个未处理：%(why)s", n=number, why=words), "warn")


def _reasons(outcome: Outcome) -> list[tuple[str, int]]:
    return [(_why(reason), number) for reason, number in Counter(outcome.left.values()).most_common()]


def _why(reason: str) -> str:
    return str(LEFT.get(reason, reason))


@dataclass(frozen=True, slots=True)
class _Left:
    """One sign-up that an act leaves as it was."""

    line: Line
    why: str


class _Preview:
    """What an act would do, for the page. Of long lists the beginning is named."""

    def __init__(self, activity: Activity, asked: Asked, outcome: Outcome, *, by_name: bool) -> None:
        now, places = clock.now(), render.Places(activity)
        named = [*list(outcome.done)[:_LISTED], *list(outcome.left)[:_LISTED], *outcome.promoted[:_LISTED]]
        rows = queries.some(activity.id, named, now)
        lines = {one: render.line(row, places, (), by_name=by_name) for one, row in rows.items()}
        self.fingerprint = outcome.fingerprint(asked)
        self.outcome = outcome
        self.done = _some(lines, outcome.done)
        self.left = [_Left(line, _why(outcome.left[line.id])) for line in _some(lines, outcome.left)]
        self.promoted = _some(lines, outcome.promoted)
        self.reasons = _reasons(outcome)
        self.becomes = [
            (str(STATE_WORDS[State(state)]), number) for state, number in Counter(outcome.done.values()).items() if state
        ]
        self.sent = [(str(SENT.get(kind, _("通知"))), number) for kind, number in outcome.sent.items()]


def _some(lines: dict[int, Line], ids: Iterable[int]) -> list[Line]:
    return [lines[one] for one in list(ids)[:_LISTED] if one in lines]


def _page(  # what is asked, of whom, and what it would do
    activity: Activity,
    wanted_act: Act,
    chosen: Chosen,
    form: BulkForm,
    preview: _Preview | None = None,
    *,
    has_changed: bool = False,
) -> str:
    return render_template(
        "manage/roster/bulk.html",
        activity=activity,
        act=wanted_act.value,
        title=str(ACTS[wanted_act]),
        chosen=chosen,
        address=address_of(chosen.view),
        back=_roster(activity.slug, chosen.view, () if chosen.are_all else chosen.ids),
        form=form,
        fields=_fields(form),
        preview=preview,
        has_changed=has_changed,
        at_once=AT_ONCE,
        data_result="preview" if preview else None,
    )


def _fields(form: BulkForm) -> Sequence[object]:
    return [field for field in form if field.name != "csrf_token"]
