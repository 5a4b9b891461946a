"""Organizers' pages of letters: write to many after a preview, watch it go out, stop it, and read what was sent when."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import ColumnElement, and_, select

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.models import Account
from festival.accounts.rules import Permission
from festival.letters import queries, service
from festival.letters.forms import LetterForm
from festival.letters.models import Letter, LetterActivity
from festival.letters.queries import Audience, Reader, Source
from festival.letters.rules import USUAL, LetterReason, LetterRefused, Progress, leaves_at
from festival.letters.service import Draft
from festival.letters.wording import OFFERED, REFUSALS, LetterWords, words_for
from festival.lib import clock
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import LOCALES, Locale, _, _n, loc, speaking
from festival.lib.names import masked
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.roster.forms import address_of, picked, wanted
from festival.roster.rules import ORDER, Field
from festival.roster.scoped import activity_within
from festival.signups.models import SignUp
from festival.signups.rules import State
from festival.signups.wording import STATE_WORDS

bp = Blueprint("letters", __name__)

#: Digits of a page number that somebody may ask for.
_MOST_DIGITS = 5


def _readable() -> ColumnElement[bool]:
    """Return the condition on ``LetterActivity`` that keeps letters inside what the caller may read of."""
    return scope(the_staff(), Permission.MESSAGES_READ, LetterActivity.activity_id.expression)


def _may_write(activity_id: int) -> bool:
    member = the_staff()
    return all(may(member, one, activity_id) for one in (Permission.ROSTER_READ, Permission.ACTIVITY_EDIT))


# -- letters there were --------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/letters")
@staff(Permission.MESSAGES_READ)
def index(slug: str) -> ResponseReturnValue:
    """Show the letters to people of an activity: who sent what to how many, and how far each has got."""
    activity = activity_within(slug, Permission.MESSAGES_READ)
    found = queries.letters(and_(_readable(), LetterActivity.activity_id == activity.id), _page_number())
    return render_template("manage/letters/index.html", activity=activity, found=found, may_write=_may_write(activity.id))


@bp.get("/letters")
@staff(Permission.MESSAGES_READ)
def every() -> ResponseReturnValue:
    """Show the letters to people of all activities within the caller's scope."""
    found = queries.letters(_readable(), _page_number())
    return render_template("manage/letters/index.html", activity=None, found=found, may_write=bool(_writable()))


def _page_number() -> int:
    asked = request.args.get("page", "1")
    return max(1, int(asked)) if asked.isascii() and asked.isdigit() and len(asked) <= _MOST_DIGITS else 1


# -- writing one -----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/letters/new")
@staff(Permission.ACTIVITY_EDIT)
def write(slug: str) -> ResponseReturnValue:
    """Ask what to write to the sign-ups that were ticked, or that a view of the roster shows."""
    activity, source = _target(slug)
    found = queries.audience([source], (), clock.now()).found
    return _write_page(activity, [source], LetterForm.of(_states(found), _usual(source), None))


@bp.post("/activities/<slug:slug>/letters/new")
@staff(Permission.ACTIVITY_EDIT)
def send(slug: str) -> ResponseReturnValue:
    """Show whom it reaches and how it reads; send it once that has been seen."""
    activity, source = _target(slug)
    found = queries.audience([source], (), clock.now()).found
    return _answer(activity, [source], LetterForm.of(_states(found), (), None))


@bp.get("/letters/new")
@staff(Permission.ACTIVITY_EDIT)
def write_to_several() -> ResponseReturnValue:
    """Ask what to write to people of several activities."""
    return _write_page(None, [], LetterForm.of(_all_states(), USUAL, _writable()))


@bp.post("/letters/new")
@staff(Permission.ACTIVITY_EDIT)
def send_to_several() -> ResponseReturnValue:
    """Show whom it reaches and how it reads; send it once that has been seen."""
    form = LetterForm.of(_all_states(), (), _writable())
    known = [one for one, _title in _writable()]
    return _answer(None, [Source(one) for one in known if one in form.activity_ids()], form)


def _target(slug: str) -> tuple[Activity, Source]:
    """Return the activity and the sign-ups that the address names.

    :raises NotFound: the caller may not write to its people.
    """
    activity = activity_within(slug, Permission.ACTIVITY_EDIT)
    if not _may_write(activity.id):
        raise NotFound
    return activity, Source(activity.id, wanted(request.args), tuple(picked(request.args)))


def _writable() -> list[tuple[int, str]]:
    """Return the activities to whose people the caller may write, by time."""
    within = scope(the_staff(), Permission.ACTIVITY_EDIT, Activity.id.expression)
    return [
        (one.id, f"{loc(one, 'short_title') or loc(one, 'title')} {clock.local(one.starts_at):%Y-%m-%d}")
        for one in sorted(programme.all_managed(within), key=lambda one: one.starts_at)
        if _may_write(one.id)
    ]


def _all_states() -> list[tuple[State, str]]:
    return [(state, str(STATE_WORDS[state])) for state in ORDER]


def _states(found: dict[State, int]) -> list[tuple[State, str]]:
    """Return the states there are among the sign-ups, each with how many."""
    return [(state, _("%(state)s（%(n)s）", state=STATE_WORDS[state], n=found[state])) for state in ORDER if found.get(state)]


def _usual(source: Source) -> frozenset[State]:
    """Return the states that are ticked at first: who holds a place or may get one, and whoever the view asks for by state."""
    asked = source.view.of(Field.STATE)
    named = frozenset(State(one) for one in asked.values) if asked and not asked.is_not else frozenset[State]()
    return USUAL | named


@dataclass(frozen=True, slots=True)
class _Sample:
    """A letter as one of its readers reads it."""

    language: Locale
    name: str
    words: LetterWords


@dataclass(frozen=True, slots=True)
class _Preview:
    """Whom a letter reaches, how it reads, and what identifies both."""

    audience: Audience
    by_state: list[tuple[str, int]]
    left_out: list[tuple[str, int]]
    samples: list[_Sample]
    fingerprint: str
    #: The morning it waits for, in the festival's time; None: it leaves at once.
    leaves_at: object


def _answer(activity: Activity | None, sources: Sequence[Source], form: LetterForm) -> ResponseReturnValue:
    if not form.validate():
        return _write_page(activity, sources, form), 422
    draft, refused = form.draft(), None
    if seen := request.form.get("sure"):
        actor_id = the_staff().id
        try:
            with transaction():
                letter_id = service.send(draft, sources, seen=seen, key=form.key_sent(), actor_id=actor_id).id
        except LetterRefused as error:
            refused = error.reason
        else:
            return redirect(url_for(".show", letter_id=letter_id), 303)
    again = activity_within(activity.slug, Permission.ACTIVITY_EDIT) if activity and refused else activity
    preview = _preview(draft, sources)
    if not preview.audience.readers:
        refused = LetterReason.NOBODY
    return _write_page(again, sources, form, preview=preview, refused=refused), 409 if refused else 200


def _preview(draft: Draft, sources: Sequence[Source]) -> _Preview:
    audience = queries.audience(sources, draft.states, clock.now())
    by_state = [(str(STATE_WORDS[state]), n) for state in ORDER if (n := sum(one.state == state for one in audience.readers))]
    left = [(str(STATE_WORDS[state]), n) for state in ORDER if state not in draft.states and (n := audience.found[state])]
    if audience.repeated:
        left.append((_("同一个人有几个报名，只发一次"), audience.repeated))
    if audience.unreachable:
        left.append((_("没有联系方式，或已注销账号"), audience.unreachable))
    return _Preview(
        audience,
        by_state,
        left,
        _samples(draft, audience.readers),
        service.fingerprint(draft, audience),
        leaves_at(clock.local(clock.wall()), is_urgent=bool(draft.urgent_reason)),
    )


def _samples(draft: Draft, readers: Sequence[Reader]) -> list[_Sample]:
    """Return how the first reader of each language reads it, with their own values; of English where there is any."""
    letter = Letter(subject=draft.subject, body=draft.body, subject_en=draft.subject_en, body_en=draft.body_en)
    found: list[_Sample] = []
    for language in LOCALES:
        first = next((one for one in readers if (one.locale == "en") == (language == "en")), None)
        if first is None and language == "en" and draft.body_en:
            first = next(iter(readers), None)
        if first is not None:
            sign_up = db.session.get_one(SignUp, first.sign_up_id)
            with speaking(language):
                words = words_for(letter, sign_up, sign_up.slot, sign_up.activity, language, "")
            found.append(_Sample(language, sign_up.name, words))
    return found


def _write_page(
    activity: Activity | None,
    sources: Sequence[Source],
    form: LetterForm,
    *,
    preview: _Preview | None = None,
    refused: LetterReason | None = None,
) -> str:
    source = sources[0] if activity else None
    return render_template(
        "manage/letters/write.html",
        activity=activity,
        form=form,
        picked=len(source.picked) if source else 0,
        is_limited=bool(source and source.view.is_limited),
        address=address_of(source.view) if source else "",
        here=request.root_path + request.full_path.rstrip("?"),
        offered=OFFERED,
        preview=preview,
        refused=REFUSALS[refused] if refused else None,
        data_result="preview" if preview else None,
    )


# -- one letter ---------------------------------------------------------------------------------------------------------------


@bp.get("/letters/<id:letter_id>")
@staff(Permission.MESSAGES_READ)
def show(letter_id: int) -> ResponseReturnValue:
    """Show a letter: what it says, to whom it went, and how far it has got."""
    letter = queries.letter(_readable(), letter_id)
    activities = db.session.scalars(
        select(Activity).where(Activity.id.in_(queries.activity_ids(letter_id))).order_by(Activity.starts_at, Activity.id),
    ).all()
    return render_template(
        "manage/letters/letter.html",
        activities=activities,
        activity=activities[0] if len(activities) == 1 else None,
        author=queries.author(letter.author_id),
        stopper=queries.author(letter.stopped_by_id) if letter.stopped_by_id else "",
        states=[str(STATE_WORDS[State(one)]) for one in letter.states.split(",") if one],
        **_progress_values(letter),
    )


@bp.get("/letters/<id:letter_id>/progress")
@staff(Permission.MESSAGES_READ)
def progress(letter_id: int) -> ResponseReturnValue:
    """Give the live numbers of a letter alone, or 304 where the caller has these already."""
    values = _progress_values(queries.letter(_readable(), letter_id))
    body = render_template("manage/letters/progress.html", **values)
    response = Response(body, mimetype="text/html")
    response.set_etag(sha256(body.encode()).hexdigest()[:32])
    response.make_conditional(request)
    return response


def _progress_values(letter: Letter) -> dict[str, object]:
    member: Account = the_staff()
    got = queries.progress([letter.id]).get(letter.id, Progress())
    names = scope(member, Permission.ROSTER_READ, SignUp.activity_id.expression)
    return {
        "letter": letter,
        "progress": got,
        "not_reached": [masked(name) or _("未填姓名") for _id, _activity, name in queries.not_reached(letter.id, names)]
        if got.failed
        else [],
        "waits": letter.due_at > clock.wall(),
        "may_act": _may_act(letter.id),
    }


def _may_act(letter_id: int) -> bool:
    """Tell whether the caller may stop a letter, or send it again: one who may write to the people of all its activities."""
    return all(_may_write(activity_id) for activity_id in queries.activity_ids(letter_id))


@bp.post("/letters/<id:letter_id>/stop")
@staff(Permission.ACTIVITY_EDIT)
def stop(letter_id: int) -> ResponseReturnValue:
    """Stop a letter: what has not left is dropped."""
    actor_id = _actor(letter_id)
    with transaction():
        dropped = service.stop(letter_id, actor_id=actor_id)
    flash(_n("已停止，%(num)s 人不会再收到。", "已停止，%(num)s 人不会再收到。", dropped), "ok")
    return redirect(url_for(".show", letter_id=letter_id), 303)


@bp.post("/letters/<id:letter_id>/again")
@staff(Permission.ACTIVITY_EDIT)
def again(letter_id: int) -> ResponseReturnValue:
    """Send a letter again to those it failed to reach."""
    actor_id = _actor(letter_id)
    try:
        with transaction():
            owed = service.send_again(letter_id, actor_id=actor_id)
    except LetterRefused as refused:
        flash(str(REFUSALS[refused.reason]), "warn")
    else:
        flash(_n("%(num)s 条消息将重新发送。", "%(num)s 条消息将重新发送。", owed), "ok")
    return redirect(url_for(".show", letter_id=letter_id), 303)


def _actor(letter_id: int) -> int:
    """Return who acts on a letter.

    :raises NotFound: it is outside what the caller may write to.
    """
    queries.letter(_readable(), letter_id)
    if not _may_act(letter_id):
        raise NotFound
    return the_staff().id
