"""People signing in by a one-time code, their sessions and their addresses. Called inside ``transaction()``; never commits.

How the sign-up form uses it. The button ``send-code``::

    with transaction():
        sent = service.request_code(form.address.data, locale())     # CodeSent | CodeRefused; delivered after the commit
    return page, 200                                                  # all still filled in; words: wording.code_words(sent)

The submit of somebody who is not signed in, address + code + answers in ONE transaction with the sign-up::

    with transaction():
        outcome = service.redeem(form.address.data, form.code.data, browser=access.browser())
        if isinstance(outcome, service.Redeemed):
            key = service.begin_session(outcome.account, device_word(request.user_agent.string), instead_of=current_key())
            made = signups.sign_up(activity.id, outcome.account.id, …)
    if isinstance(outcome, service.CodeRejected):                     # the failed try is committed: no exception was raised
        return page, 422                                              # words: wording.code_words(outcome)
    access.enter(key, keeps_forms=True)                               # the cookie, after the commit
    return redirect(…, 303)

When ``sign_up`` refuses (an exception), the transaction is undone with the account, the session and the use of the code: the
person stays a visitor and the code stays good for its five minutes. All times here are the real ones (``clock.wall``).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select, update

from festival.accounts import personal, queries, rules
from festival.accounts.models import Account, AccountKind, Address, CodeChallenge, Consent, SignInSession
from festival.accounts.rules import AddressProblem, CodeReason, NotAnAddress, Reachable
from festival.audit.service import record
from festival.lib import clock, keys, tokens
from festival.lib.db import db, is_postgresql
from festival.lib.errors import NotFound
from festival.lib.i18n import Locale
from festival.lib.log import log
from festival.outbox.models import DemoMail
from festival.outbox.service import owe


@dataclass(frozen=True, slots=True)
class CodeSent:
    """A code is on its way. Another may be asked for after ``retry_after`` seconds."""

    address: Reachable
    retry_after: int


@dataclass(frozen=True, slots=True)
class CodeRefused:
    """No code was sent: the text is no address, or a limit was reached for ``retry_after`` seconds.

    ``digits`` counts those of a number of the wrong length.
    """

    reason: CodeReason | AddressProblem
    retry_after: int = 0
    digits: int = 0


@dataclass(frozen=True, slots=True)
class Redeemed:
    """The code was right. ``is_new``: this was the first sign-in of this address."""

    account: Account
    is_new: bool


@dataclass(frozen=True, slots=True)
class CodeRejected:
    """The code was not taken. ``tries_left`` counts what this code still bears."""

    reason: CodeReason | AddressProblem
    tries_left: int = 0
    digits: int = 0


# -- codes -------------------------------------------------------------------------------------------------------------------


def request_code(address_text: str, locale: Locale) -> CodeSent | CodeRefused:
    """Owe a one-time code to an address, whether or not anybody has an account there.

    :param locale: the language of the message, and of the account if this sign-in makes it.
    """
    address = rules.read_address(address_text)
    if isinstance(address, NotAnAddress):
        return CodeRefused(address.reason, digits=address.digits)
    _one_at_a_time(address.value)
    now = clock.wall()
    reached = rules.limit_reached(queries.sent_within_a_day(address.value, now), now)
    if reached:
        return CodeRefused(reached.reason, reached.retry_after)
    _forget_old_challenges(now)
    challenge = CodeChallenge(
        address=address.value,
        channel=address.channel,
        locale=locale,
        sent_at=now,
        expires_at=now + rules.CODE_LASTS,
    )
    db.session.add(challenge)
    db.session.flush()
    owe("code", "code_challenge", challenge.id, account_id=None)
    log.info("code owed", challenge=challenge.id, channel=address.channel.value)
    after = rules.limit_reached(queries.sent_within_a_day(address.value, now), now)
    return CodeSent(address, after.retry_after if after else 0)


def _forget_old_challenges(now: datetime) -> None:
    """Drop challenges that no limit asks about any more, a few at a time, stepping over what others drop right now."""
    old = db.session.scalars(
        select(CodeChallenge.id)
        .where(CodeChallenge.sent_at < now - rules.CODE_KEPT)
        .order_by(CodeChallenge.id)
        .limit(100)
        .with_for_update(skip_locked=True),
    ).all()
    if old:
        db.session.execute(delete(CodeChallenge).where(CodeChallenge.id.in_(old)))


def code_of(challenge: CodeChallenge) -> str:
    """Return the digits of a challenge; they are computed, never stored."""
    return rules.code_of(keys.derived("one-time code"), challenge.id, challenge.address, challenge.sent_at)


def redeem(address_text: str, code_text: str, *, browser: str = "") -> Redeemed | CodeRejected:
    """Take a code for an address; the first right one makes the account.

    A wrong code is an outcome, not an exception, so that the try it cost is committed with the transaction.

    :param browser: a secret of the browser's own session (``access.browser()``): the same browser pressing again within a
        minute is answered as the first time. Empty: a code works once, without exception.
    """
    outcome = _take(address_text, code_text, browser)
    if isinstance(outcome, CodeRejected):
        return outcome
    challenge, address = outcome
    account = queries.person_at(address.value)
    if account is not None:
        return Redeemed(account, is_new=False)
    return Redeemed(make_person(address, locale=_locale(challenge.locale)), is_new=True)


def _take(address_text: str, code_text: str, browser: str) -> tuple[CodeChallenge, Reachable] | CodeRejected:
    """Use up the code last sent to an address, or count a wrong try."""
    address = rules.read_address(address_text)
    if isinstance(address, NotAnAddress):
        return CodeRejected(address.reason, digits=address.digits)
    code = rules.read_code(code_text)
    if code is None:
        return CodeRejected(CodeReason.SHAPE)
    _one_at_a_time(address.value)
    now = clock.wall()
    challenge = queries.newest_challenge(address.value)
    if challenge is None:
        return CodeRejected(CodeReason.NONE)
    digest = _browser_digest(browser)
    if refused := _challenge_refusal(challenge, digest, now):
        return CodeRejected(refused)
    if not tokens.same(code, code_of(challenge)):
        challenge.tries += 1
        left = rules.CODE_TRIES - challenge.tries
        log.info("code wrong", challenge=challenge.id, tries=challenge.tries)
        return CodeRejected(CodeReason.WRONG if left else CodeReason.TRIED_OUT, left)
    if challenge.used_at is None:
        challenge.used_at = now
        challenge.used_by = digest
    return challenge, address


def _challenge_refusal(challenge: CodeChallenge, browser_digest: str, now: datetime) -> CodeReason | None:
    """Tell why a challenge takes no code any more, whatever is typed."""
    if challenge.tries >= rules.CODE_TRIES:
        return CodeReason.TRIED_OUT
    if challenge.used_at is not None:
        again = browser_digest and browser_digest == challenge.used_by and now - challenge.used_at < rules.CODE_REPEATS
        return None if again else CodeReason.USED
    return CodeReason.EXPIRED if now >= challenge.expires_at else None


def _browser_digest(browser: str) -> str:
    return tokens.digest(browser) if browser else ""


def _locale(text: str) -> Locale:
    return "en" if text == "en" else "zh"


def _one_at_a_time(address: str) -> None:
    """Let one transaction at a time decide about an address, until it ends. SQLite has one writer anyway."""
    if is_postgresql():
        number = int.from_bytes(hashlib.sha256(f"address:{address}".encode()).digest()[:8], "big", signed=True)
        db.session.execute(select(func.pg_advisory_xact_lock(number)))


# -- accounts and addresses --------------------------------------------------------------------------------------------------


def make_person(address: Reachable, *, locale: Locale = "zh", name: str = "", at: datetime | None = None) -> Account:
    """Make a person's account with one verified address.

    Also for those who are signed up at the counter and for the demo's people; nobody must own the address yet.

    :param at: when; None for now.
    """
    when = at or clock.wall()
    account = Account(kind=AccountKind.PERSON, name=name, locale=locale, created_at=when)
    db.session.add(account)
    db.session.flush()
    db.session.add(Address(account_id=account.id, channel=address.channel, value=address.value, verified_at=when))
    db.session.flush()
    record("account.made", "account", account.id, actor_id=account.id)
    return account


def make_person_without_address(name: str, *, locale: Locale, actor_id: int) -> Account:
    """Make the account of somebody who is signed up at the counter and cannot sign in: nothing leads to it but staff.

    No number is taken: staff have not proved whose it is, so it must neither open nor reveal an account.

    :param actor_id: the staff member who acts.
    """
    account = Account(kind=AccountKind.PERSON, name=name, locale=locale, created_at=clock.wall())
    db.session.add(account)
    db.session.flush()
    record("account.made", "account", account.id, actor_id=actor_id)
    return account


def person_of(address: Reachable, *, locale: Locale = "zh", name: str = "") -> Account:
    """Return the person who owns an address, made if there is none: staff signing somebody up at the counter."""
    _one_at_a_time(address.value)
    return queries.person_at(address.value) or make_person(address, locale=locale, name=name)


@dataclass(frozen=True, slots=True)
class AddressAdded:
    """An address now signs in to the account. ``replaced`` is the one of its kind before."""

    address: Address
    replaced: str | None


def add_address(account: Account, address_text: str, code_text: str, *, browser: str = "") -> AddressAdded | CodeRejected:
    """Add a proven address to a person's account: a number takes the place of the number, a mail address of the mail address.

    The addresses that stay are told. As with ``redeem``, a wrong code is an outcome.
    """
    outcome = _take(address_text, code_text, browser)
    if isinstance(outcome, CodeRejected):
        return outcome
    _challenge, reachable = outcome
    lock_account(account.id)
    owner = queries.person_at(reachable.value)
    held = {one.channel: one for one in queries.addresses_of(account.id)}
    if owner is not None:
        if owner.id != account.id:
            return CodeRejected(AddressProblem.TAKEN)
        return AddressAdded(held[reachable.channel], None)
    former = held.get(reachable.channel)
    if former is not None:
        _forget_address(former)
    added = Address(account_id=account.id, channel=reachable.channel, value=reachable.value, verified_at=clock.wall())
    db.session.add(added)
    db.session.flush()
    record("address.add", "account", account.id, actor_id=account.id, changes=reachable.channel.value)
    owe("address_added", "address", added.id, account_id=account.id)
    return AddressAdded(added, former.value if former else None)


def remove_address(account: Account, address_id: int) -> AddressProblem | None:
    """Take an address from a person's account; the last one stays.

    :raises NotFound: it is none of the account's.
    """
    lock_account(account.id)
    held = queries.addresses_of(account.id)
    chosen = next((one for one in held if one.id == address_id), None)
    if chosen is None:
        raise NotFound
    if len(held) == 1:
        return AddressProblem.LAST
    _forget_address(chosen)
    record("address.remove", "account", account.id, actor_id=account.id, changes=chosen.channel)
    return None


def _forget_address(address: Address) -> None:
    """Drop an address and what was sent to prove it: it is nobody's any more."""
    db.session.execute(delete(CodeChallenge).where(CodeChallenge.address == address.value))
    db.session.execute(delete(DemoMail).where(DemoMail.to == address.value))
    db.session.delete(address)
    db.session.flush()


def set_locale(account: Account, locale: Locale) -> None:
    """Choose the language of a person's messages."""
    db.session.get_one(Account, account.id).locale = locale


def lock_account(account_id: int) -> None:
    """Hold an account's row until the transaction ends. On PostgreSQL rows that refer to it may still be inserted."""
    db.session.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True)).one()


# -- consent and forgetting ----------------------------------------------------------------------------------------------------


def withdraw_consent(account: Account, consent_id: int, *, actor_id: int | None = None, reason: str = "") -> Consent:
    """Withdraw a consent and let every slice follow: answers it allowed are deleted; without a notice's, the sign-up ends.

    :param actor_id: the staff member who does it for the person; None: the person.
    :raises NotFound: it is none of the person's.
    """
    lock_account(account.id)
    given = select(Consent).where(Consent.id == consent_id, Consent.account_id == account.id)
    consent = db.session.scalar(given.execution_options(populate_existing=True))
    if consent is None:
        raise NotFound
    personal.hold(account.id, consent.activity_id)
    if consent.withdrawn_at is None:
        consent.withdrawn_at = clock.wall()
        record(
            "consent.withdraw",
            "consent",
            consent.id,
            actor_id=actor_id or account.id,
            activity_id=consent.activity_id,
            reason=reason,
        )
        db.session.flush()
        for holding in personal.holdings():
            holding.consent_withdrawn(consent)
    return consent


def erase(account: Account) -> None:
    """Forget a person at their own wish: live sign-ups are withdrawn, what counts stays without a name, the rest is deleted."""
    erase_for(account, actor_id=account.id)


def erase_for(account: Account, *, actor_id: int | None, reason: str = "") -> None:
    """Forget a person. Once forgotten, nothing is left to do.

    :param actor_id: the person, or the staff member who does it for them; None: the time it was kept for is over.
    """
    lock_account(account.id)
    db.session.refresh(account)
    if account.erased_at is not None:
        return
    personal.hold(account.id)
    record("account.erase", "account", account.id, actor_id=actor_id, reason=reason)  # while it is known which name to hide
    db.session.flush()
    for holding in personal.holdings():
        holding.erase(account.id)


# -- sessions ----------------------------------------------------------------------------------------------------------------


def begin_session(account: Account, device: str = "", *, instead_of: str | None = None, is_gate: bool = False) -> str:
    """Sign a browser in: return the random key for its cookie; the row keeps only its digest.

    :param device: a word of ``rules.device_word``.
    :param is_gate: a device at the door (``rules.GATE_PERMISSIONS``).
    :param instead_of: the key this browser held until now (``access.current_key()``): a browser is one person at a time.
    """
    if instead_of:
        end_session(instead_of)
    key = tokens.new_token()
    now = clock.wall()
    session = SignInSession(
        account_id=account.id,
        key_digest=tokens.digest(key),
        device=device[:32],
        created_at=now,
        last_seen_at=now,
        is_gate=is_gate,
    )
    db.session.add(session)
    db.session.flush()
    record("session.begin", "sign_in_session", session.id, actor_id=account.id)
    return key


def touch_session(session_id: int) -> None:
    """Note that a session was used just now; it never moves backwards."""
    now = clock.wall()
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.id == session_id, SignInSession.ended_at.is_(None), SignInSession.last_seen_at < now)
        .values(last_seen_at=now),
    )


def end_session(key: str) -> None:
    """Sign a browser out by the key in its cookie."""
    _end(SignInSession.key_digest == tokens.digest(key))


def end_one_session(account: Account, session_id: int, *, actor_id: int) -> bool:
    """Sign one other browser of an account out; False when it is none of its own."""
    ended = _end(SignInSession.id == session_id, SignInSession.account_id == account.id)
    if ended:
        record("session.end", "sign_in_session", session_id, actor_id=actor_id)
    return bool(ended)


def end_all_sessions(account: Account, *, actor_id: int | None, but: str | None = None) -> int:
    """Sign an account out everywhere; return how many browsers it was.

    :param but: the key of a session that stays.
    """
    others = [] if but is None else [SignInSession.key_digest != tokens.digest(but)]
    ended = _end(SignInSession.account_id == account.id, *others)
    record("session.end_all", "account", account.id, actor_id=actor_id, changes=f"sessions {ended}")
    return ended


def _end(*which: object) -> int:
    done = db.session.execute(
        update(SignInSession)
        .where(SignInSession.ended_at.is_(None), *which)  # type: ignore[arg-type]  # conditions
        .values(ended_at=clock.wall())
        .returning(SignInSession.id),
    )
    return len(done.all())
