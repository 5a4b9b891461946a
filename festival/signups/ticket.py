"""The page of one sign-up, and the form to change it: what they show, for their owner alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from flask import current_app, render_template, request
from werkzeug.datastructures import MultiDict

from festival.accounts.models import Account
from festival.lib import clock
from festival.lib.settings import Settings
from festival.programme.kinds import kind_of
from festival.signups import (
    answers,
    asking,
    changed,
    companions,
    fairness,
    mine,
    moving,
    queries,
    service,
    timeline,
    unanswered,
    wording,
)
from festival.signups.fairness import Fairness
from festival.signups.forms import AppealForm, EditForm, MoveForm, is_out_of_sight
from festival.signups.models import SignUp
from festival.signups.notice import notice_of
from festival.signups.rules import CLAIMING, LIVE, Reason, SignUpRefused, State, may_withdraw_at

#: States whose code opens the door.
WITH_TICKET = frozenset({State.CONFIRMED, State.ATTENDED})


@dataclass(frozen=True, slots=True)
class Fact:
    """A line that a slice above adds to the ticket: a symbol of the sprite, what it is, and what it says."""

    symbol: str
    label: str
    words: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A part that an activity kind adds below the ticket of its sign-ups, or a slice above to that of every sign-up."""

    template: str
    #: What the template needs as ``panel``; None: nothing is shown.
    values: Callable[[SignUp], Mapping[str, object] | None]


_facts: list[Callable[[SignUp], Fact | None]] = []
_panels: dict[str, tuple[Panel, ...]] = {}
#: What slices above ask of the owner of any sign-up: it stands above the ticket.
_asks: list[Panel] = []


def register(
    facts: Iterable[Callable[[SignUp], Fact | None]],
    panels: Mapping[str, Sequence[Panel]],
    asks: Iterable[Panel] = (),
) -> None:
    """Make known what slices above say on a ticket or ask, and what each kind adds; called once by the composition root."""
    _facts[:] = facts
    _asks[:] = asks
    _panels.clear()
    _panels.update((kind, tuple(each)) for kind, each in panels.items())


def _panels_of(sign_up: SignUp) -> list[tuple[str, Mapping[str, object]]]:
    """Return the templates of the parts below the ticket, each with what it needs."""
    return _shown(_panels.get(sign_up.activity.kind, ()), sign_up)


def _shown(panels: Iterable[Panel], sign_up: SignUp) -> list[tuple[str, Mapping[str, object]]]:
    shown = [(panel.template, panel.values(sign_up)) for panel in panels]
    return [(template, values) for template, values in shown if values is not None]


def page(
    sign_up: SignUp,
    person: Account,
    *,
    already: bool = False,
    refused: Reason | None = None,
    appeal: AppealForm | None = None,
) -> str:
    """Return the page of a sign-up for its owner.

    :param already: the person tried to sign up again and was brought here.
    :param refused: why what was just tried did not happen.
    :param appeal: what they said to not having come, as it was sent; None: nothing was sent.
    """
    now = clock.now()
    activity, slot = sign_up.activity, sign_up.slot
    state = wording.state_shown(sign_up, now)
    position = queries.position(sign_up) if state == State.WAITLISTED else 0
    result = wording.result(wording.Told(sign_up, activity, slot, position, now), already=already and state in CLAIMING)
    is_on = result.result != "cancelled"
    return render_template(
        "signups/show.html",
        sign_up=sign_up,
        activity=activity,
        slot=slot,
        venue=timeline.venue_of(sign_up),
        kind=kind_of(activity),
        state=state,
        state_word=wording.state_words(sign_up, now, position),
        result=result,
        refused=wording.REASON_WORDS[refused] if refused else None,
        data_result=wording.result_of(refused) if refused else result.result,
        unit_word=wording.unit_words(sign_up.pool.unit),
        shows_pool=queries.has_several_pools(slot.id),
        leave_word=wording.leave_words(state)[0],
        leave_asks=wording.leave_words(state)[1],
        choice=changed.choice_of(sign_up, now),
        change_reason=changed.reason_words(sign_up),
        has_ticket=is_on and state in WITH_TICKET,
        facts=[fact for one in _facts if is_on and (fact := one(sign_up))],
        panels=_panels_of(sign_up) if is_on else [],
        asks=_shown(_asks, sign_up) if is_on else [],
        clashes=_clashes(sign_up) if is_on else [],
        answers=_answers(sign_up),
        asked_since=[asking.label_of(one) for one in unanswered.added_since(sign_up)] if may_edit(sign_up) else [],
        companions=_companions(sign_up) if state in LIVE and now < slot.starts_at else (),
        files=queries.files(sign_up.id),
        address=address_of(person),
        may_confirm=is_on and state == State.OFFERED and not changed.is_postponed(sign_up),
        may_edit=may_edit(sign_up),
        may_move=is_on and moving.may_move(sign_up, now),
        may_withdraw=state in LIVE
        and may_withdraw_at(now, state=state, cancel_until=service.cancel_until(activity, slot), starts_at=slot.starts_at),
        withdraw_until=service.cancel_until(activity, slot),
        absence=_absence(sign_up, now) if state == State.NO_SHOW else None,
        appeal=appeal or AppealForm(formdata=None),
        unlisted=True,
        section="/me",
    )


def _absence(sign_up: SignUp, now: datetime) -> Fairness:
    """Return how often the person did not come to what they had a place in."""
    return fairness.standing_of(sign_up.person_id, sign_up.activity, now)


def _clashes(sign_up: SignUp) -> list[str]:
    stop = timeline.stop_at(sign_up.slot, timeline.venue_of(sign_up))
    if sign_up.state not in LIVE:
        return []
    appointments = timeline.appointment_clashes(stop, mine.appointments(sign_up.person_id), sign_up.activity_id)
    return timeline.told_clashes(stop, timeline.besides(sign_up), clock.now(), sign_up.id) + appointments


def _answers(sign_up: SignUp) -> list[tuple[str, str, bool]]:
    """Return what was answered, for its owner: label, words, and whether it is kept out of sight."""
    kept = {answer.question_key: answer for answer in queries.answers(sign_up.id)}
    answered = [question for question in queries.questions_of(sign_up.activity_id) if question.key in kept]
    return [
        (asking.label_of(question), "", True)
        if asking.is_sensitive(question)
        else (asking.label_of(question), asking.words_of(question, answers.read(kept[question.key])), False)
        for question in answered
    ]


def _companions(sign_up: SignUp) -> tuple[str, ...]:
    """Return the companions by name, each of whom may be withdrawn alone; empty where none are named."""
    found = companions.named(queries.questions_of(sign_up.activity_id), answers.read_all(sign_up.id))
    return found.names if found else ()


def may_edit(sign_up: SignUp) -> bool:
    """Tell whether answers and party can still be changed."""
    return sign_up.state in LIVE and clock.now() < sign_up.slot.starts_at and not sign_up.slot.is_extra


def check_in_address(sign_up: SignUp) -> str:
    """Return what the QR of a sign-up holds: the address that its owner opens as the ticket, and staff as the check-in."""
    settings: Settings = current_app.extensions["settings"]
    return f"{settings.base_url}/c/{sign_up.code}"


def address_of(person: Account) -> str:
    """Return the address that messages go to; empty where a person was signed up without one."""
    return person.addresses[0].value if person.addresses else ""


def edit_form(sign_up: SignUp, sent: MultiDict[str, Any] | None = None) -> EditForm:
    """Return the form to change a sign-up: as it stands, or as it was sent."""
    questions = queries.questions_of(sign_up.activity_id)
    kept = answers.read_all(sign_up.id)
    data: dict[str, Any] = {
        f"q-{question.key}": asking.data_of(question, kept[question.key])
        for question in questions
        if question.key in kept and not is_out_of_sight(question)
    }
    data |= {"party_size": sign_up.party_size, "revision": sign_up.revision, f"q-{asking.NAME}": sign_up.name}
    return EditForm(
        sign_up.activity,
        questions,
        kept,
        kept_files={file.question_key: file.name for file in queries.files(sign_up.id)},
        consented=queries.consented(sign_up.id),
        wants_reply=sign_up.asked_at is not None,
        sent=sent,
        data=data if sent is None else {"party_size": sign_up.party_size},
    )


def edit_page(sign_up: SignUp, form: EditForm, refusal: Reason | None = None) -> str:
    """Return the page that holds the form to change a sign-up."""
    return render_template(
        "signups/edit.html",
        sign_up=sign_up,
        activity=sign_up.activity,
        form=form,
        asked_since=[asking.label_of(one) for one in unanswered.added_since(sign_up)],
        notice=notice_of(sign_up.activity, form.questions),
        refusal=str(wording.REASON_WORDS[refusal]) if refusal else "",
        data_result=wording.result_of(refusal) if refusal else None,
        is_answer=request.method == "POST",
        unlisted=True,
        section="/me",
    )


def move_form(sign_up: SignUp) -> MoveForm:
    """Return the form to move a sign-up, as it was sent or empty."""
    return MoveForm.for_targets(sign_up.revision, moving.targets(sign_up, clock.now()))


def move_page(sign_up: SignUp, form: MoveForm | None = None, refused: SignUpRefused | None = None) -> str:
    """Return the page on which a party is moved: every other slot or pool, with what is free and why some cannot be chosen."""
    targets = moving.targets(sign_up, clock.now())
    form = form or MoveForm.for_targets(sign_up.revision, targets)
    if refused is not None:  # what was sent is out of date: pressing again moves
        form.revision.data, form.revision.raw_data = sign_up.revision, None
    return render_template(
        "signups/move.html",
        sign_up=sign_up,
        activity=sign_up.activity,
        form=form,
        days=[(on, list(group)) for on, group in groupby(targets, key=lambda target: clock.local_day(target.slot.starts_at))],
        has_several=len({target.slot.id for target in targets} | {sign_up.slot_id}) > 1,
        reasons={reason: str(wording.REASON_WORDS[reason]) for reason in Reason},
        refusal=wording.refusal(refused.reason, sign_up.activity, clock.now(), refused.words, refused.path) if refused else None,
        data_result=wording.result_of(refused.reason) if refused else None,
        unlisted=True,
        section="/me",
    )
