"""Signing up somebody at the counter, and withdrawing it for them. Called inside ``transaction()``; never commits.

The person gets an account of their own that nothing leads to: no number is taken, because staff cannot prove whose it is
(``docs/adr/0010``). Places, limits, list and ledger are those of everybody else: it is the same engine's call.
"""

from festival.accounts import service as accounts
from festival.accounts.models import Account
from festival.audit.service import record
from festival.counter import queries
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.i18n import Locale
from festival.programme.kinds import ActivityKind
from festival.signups import service as signups
from festival.signups.models import SignUp, Source
from festival.signups.rules import LIVE, Reason, SignUpRefused
from festival.signups.service import SignUpRequest


def sign_up(
    activity_id: int,
    asked: SignUpRequest,
    *,
    kind: ActivityKind,
    actor_id: int,
    locale: Locale,
    source: Source = Source.COUNTER,
) -> SignUp:
    """Sign up somebody who stands at the counter. The same ``asked.once`` gives the same sign-up again, and nobody twice.

    :param actor_id: the staff member, who read the notice out and heard the person agree.
    :param source: at the counter, or at the door on the day: a place at once, or none.
    :param locale: the language of the person's messages, should they ever have an address.
    :raises SignUpRefused: as the engine says; then no account is made either.
    """
    signups.lock(activity_id)  # the twin of this request waits here; the new person's row is nobody else's to lock
    before = signups.answered(asked.once) if asked.once else None
    if before is not None and before.activity_id == activity_id:
        return before
    person = accounts.make_person_without_address(asked.name, locale=locale, actor_id=actor_id)
    made = signups.sign_up(activity_id, person.id, asked, kind=kind, source=source, actor_id=actor_id)
    heard = ", ".join(["notice", *sorted(asked.consents)])
    record("consent.take", "sign_up", made.id, actor_id=actor_id, activity_id=activity_id, changes=heard)
    return made


def withdraw(activity_id: int, sign_up_id: int, *, actor_id: int) -> list[SignUp]:
    """Withdraw for somebody what was signed up at the counter; return those who moved up.

    Until the slot ends, also past the time until which people withdraw by themselves: staff may excuse.

    :raises NotFound: the activity has no such sign-up, or the person made it and withdraws it.
    :raises SignUpRefused: the slot is over, or nothing is left to withdraw.
    """
    found = queries.made(activity_id, sign_up_id)
    if found.slot.ends_at <= database_now():
        raise SignUpRefused(Reason.TOO_LATE)
    if found.state not in LIVE:
        raise SignUpRefused(Reason.NOT_LIVE)
    return signups.withdraw(sign_up_id, actor_id=actor_id, even_late=True)


def confirm(activity_id: int, sign_up_id: int, *, actor_id: int) -> SignUp:
    """Take for somebody the place that was offered to a sign-up made at the counter.

    :raises NotFound: the activity has no such sign-up, or the person made it and confirms it.
    :raises SignUpRefused: there is no offer any more.
    """
    return signups.confirm(queries.made(activity_id, sign_up_id).id, actor_id=actor_id)


def forget(activity_id: int, sign_up_id: int, *, actor_id: int) -> None:
    """Forget somebody who was signed up at the counter and asks for it there: they have no account page to do it themselves.

    What is live is withdrawn and its places go to the list, as when anybody deletes an account. Asked again, nothing changes.

    :raises NotFound: the activity has no such sign-up, or its person can sign in.
    """
    found = queries.made(activity_id, sign_up_id)
    person = db.session.get_one(Account, found.person_id)
    if person.addresses:
        raise NotFound
    accounts.lock_account(person.id)  # the person before the activity
    db.session.refresh(person)
    if person.erased_at is not None:
        return
    record("sign_up.forget", "sign_up", sign_up_id, actor_id=actor_id, activity_id=activity_id)
    accounts.erase(person)
