"""Staff: signing in and out, the second factor, the one-time link, and who is staff."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import segno
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from festival.accounts import queries, rules, service, staff
from festival.accounts.access import current_key, current_staff, enter, is_fresh, leave, the_staff
from festival.accounts.access import staff as staff_only
from festival.accounts.forms import (
    ContactForm,
    GrantForm,
    InviteForm,
    NewSecondFactorForm,
    PasswordForm,
    SecondFactorForm,
    StaffSignInForm,
)
from festival.accounts.models import Account, AccountKind
from festival.accounts.rules import Permission, Role, StaffReason, device_word
from festival.accounts.wording import ROLE_WORDS, staff_words
from festival.lib import clock, limits, passwords
from festival.lib.access import public
from festival.lib.db import db, transaction
from festival.lib.errors import NotFound
from festival.lib.format import phone
from festival.lib.i18n import _, locale
from festival.lib.urls import onward

bp = Blueprint("accounts", __name__)

#: Where the cookie keeps who has given the right password and still owes a second factor: account id and when.
_HALF = "half_in"
#: Where it keeps the secret of an authenticator that is being set up.
_NEW_SECRET = "new_second_factor"  # noqa: S105  # a name


# -- signing in ----------------------------------------------------------------------------------------------------------------


@bp.get("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Ask for name and password."""
    asks_again = _onward().endswith("/manage/second-factor") and not is_fresh()  # changing how one signs in wants the password
    if current_staff() is not None and not asks_again:
        return redirect(_onward(), 303)
    return _sign_in_page(StaffSignInForm(formdata=None))


@bp.post("/sign-in")
@public
@limits.passwords
def enter_password() -> ResponseReturnValue:
    """Let staff in, or send them on to their second factor. Whatever is wrong is answered with the same words."""
    form = StaffSignInForm()
    checked = staff.check_password(form.name.data or "", form.password.data or "")
    with transaction():
        account = staff.admit(checked)
        is_whole = account is not None and not _owes_second_factor(account)
        key = _begin(account) if account is not None and is_whole else None
        account_id = account.id if account is not None else 0
    if key is not None:
        enter(key, is_staff=True)
        return redirect(_onward(), 303)
    if not account_id:
        return _sign_in_page(form, staff_words(StaffReason.NOT_LET_IN)), 422
    leave()
    session[_HALF] = [account_id, clock.wall().timestamp()]
    return redirect(url_for(".second_factor", next=request.args.get("next")), 303)


@bp.get("/sign-in/second-factor")
@public
def second_factor() -> ResponseReturnValue:
    """Ask for the number of the authenticator; who has none yet sets one up."""
    account = _half_in()
    if account is None:
        return redirect(url_for(".sign_in", next=request.args.get("next")), 303)
    if account.totp_sealed is None:
        return redirect(url_for(".new_second_factor", next=request.args.get("next")), 303)
    return _second_page(SecondFactorForm(formdata=None))


@bp.post("/sign-in/second-factor")
@public
@limits.passwords
def enter_second_factor() -> ResponseReturnValue:
    """Let in whoever proves the second factor."""
    form, account = SecondFactorForm(), _half_in()
    if account is None:
        return _sign_in_page(StaffSignInForm(formdata=None), staff_words(StaffReason.SECOND_LATE)), 422
    with transaction():
        key = _begin(account) if staff.pass_second_factor(account, form.otp.data or "") else None
    if key is None:
        form.otp.errors = [staff_words(StaffReason.SECOND_WRONG)]
        return _second_page(form), 422
    enter(key, is_staff=True)
    return redirect(_onward(), 303)


@bp.post("/sign-out")
@public
def sign_out() -> ResponseReturnValue:
    """Sign this browser out."""
    key = leave()
    if key:
        with transaction():
            service.end_session(key)
    response = redirect(url_for(".sign_in"), 303)
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def _begin(account: Account) -> str:
    return service.begin_session(account, device_word(request.user_agent.string), instead_of=current_key())


def _owes_second_factor(account: Account) -> bool:
    """Tell whether a password alone is not enough: a factor is set, or the role needs one (not in the demo)."""
    if account.totp_sealed is not None:
        return True
    return not current_app.config["DEMO"] and queries.needs_second_factor(account)


def _half_in() -> Account | None:
    """Return who gave the right password in this browser within the last minutes."""
    match session.get(_HALF):
        case [int(account_id), float(at)] if clock.wall().timestamp() - at < rules.SECOND_FACTOR_WITHIN.total_seconds():
            account = db.session.get(Account, account_id)
            return account if account is not None and account.disabled_at is None else None
    return None


def _onward() -> str:
    return onward(request.args.get("next"), "/manage/")


def _sign_in_page(form: StaffSignInForm, refusal: str = "") -> str:
    return render_template("manage/accounts/sign-in.html", form=form, refusal=refusal)


def _second_page(form: SecondFactorForm) -> str:
    return render_template("manage/accounts/second-factor.html", form=form)


# -- setting up a second factor --------------------------------------------------------------------------------------------------


@bp.get("/second-factor")
@public
def new_second_factor() -> ResponseReturnValue:
    """Show the QR code that an authenticator reads."""
    account = _may_set_second_factor()
    if account is None:
        return redirect(url_for(".sign_in", next="/manage/second-factor"), 303)
    if not session.get(_NEW_SECRET):
        session[_NEW_SECRET] = staff.new_second_factor()
    return _setup_page(account, NewSecondFactorForm(formdata=None))


@bp.post("/second-factor")
@public
@limits.passwords
def set_second_factor() -> ResponseReturnValue:
    """Take the first number as proof, show the recovery codes once, and let in whoever was at the door."""
    account, secret = _may_set_second_factor(), session.get(_NEW_SECRET)
    if account is None or not isinstance(secret, str):
        return redirect(url_for(".sign_in", next="/manage/second-factor"), 303)
    form = NewSecondFactorForm()
    with transaction():
        codes = staff.set_second_factor(account, secret, form.otp.data or "")
        key = _begin(account) if codes is not None and current_staff() is None else None
    if codes is None:
        form.otp.errors = [staff_words(StaffReason.SECOND_WRONG)]
        return _setup_page(account, form), 422
    session.pop(_NEW_SECRET, None)
    if key is not None:
        enter(key, is_staff=True)
    return render_template("manage/accounts/recovery-codes.html", codes=codes)


def _may_set_second_factor() -> Account | None:
    """Return whose factor may be set: a freshly signed-in member's, or that of somebody at the door who has none."""
    member = current_staff()
    if member is not None:
        return member if is_fresh() else None
    waiting = _half_in()
    return waiting if waiting is not None and waiting.totp_sealed is None else None


def _setup_page(account: Account, form: NewSecondFactorForm) -> str:
    secret = str(session[_NEW_SECRET])
    picture = segno.make(staff.otp_uri(account, secret, _("河西人才节")), micro=False)
    return render_template(
        "manage/accounts/set-second-factor.html",
        form=form,
        secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        picture=picture.svg_data_uri(scale=5, border=2, dark="#000", light="#fff"),
    )


# -- the one-time link -----------------------------------------------------------------------------------------------------------


@bp.get("/welcome/<feed:token>")
@public
def welcome(token: str) -> ResponseReturnValue:
    """Ask a new member of staff for a password."""
    account = _invited(token)
    if account is None:
        return render_template("manage/accounts/link-dead.html"), 410
    return _welcome_page(account, PasswordForm(formdata=None))


@bp.post("/welcome/<feed:token>")
@public
@limits.passwords
def set_password(token: str) -> ResponseReturnValue:
    """Set the password; the link is used up."""
    account, form = _invited(token), PasswordForm()
    if account is None:
        return render_template("manage/accounts/link-dead.html"), 410
    typed = form.password.data or ""
    refused = rules.password_refusal(typed, account.staff_name or "")
    if refused is not None:
        form.password.errors = [staff_words(refused)]
        return _welcome_page(account, form), 422
    if typed != form.again.data:
        form.again.errors = [staff_words(StaffReason.DIFFERENT)]
        return _welcome_page(account, form), 422
    password_hash = passwords.hashed(typed)
    try:
        with transaction():
            staff.set_password_by_link(token, password_hash)
    except staff.StaffRefused:
        return render_template("manage/accounts/link-dead.html"), 410
    leave()
    flash(_("密码已设好，请登录。"), "ok")
    return redirect(url_for(".sign_in"), 303)


def _invited(token: str) -> Account | None:
    link = queries.live_link(token, clock.wall())
    account = db.session.get(Account, link.account_id) if link else None
    return account if account is not None and account.disabled_at is None else None


def _welcome_page(account: Account, form: PasswordForm) -> str:
    return render_template("manage/accounts/welcome.html", form=form, name=account.staff_name)


# -- who is staff ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Held:
    """One role of a member, in words. ``id``: of the grant."""

    id: int
    words: str


@dataclass(frozen=True, slots=True)
class Row:
    """One member of staff. ``sessions`` counts browsers signed in now."""

    account: Account
    roles: tuple[Held, ...]
    sessions: int


@bp.get("/staff")
@staff_only(Permission.STAFF_EDIT)
def index() -> ResponseReturnValue:
    """List who is staff, with roles and sessions."""
    return render_template("manage/accounts/staff.html", rows=_rows(queries.all_staff()))


@bp.get("/staff/new")
@staff_only(Permission.STAFF_EDIT)
def new() -> ResponseReturnValue:
    """Ask who shall be staff, and as what."""
    return _new_page(InviteForm.with_activities(queries.activity_choices(locale()), is_fresh=True))


@bp.post("/staff/new")
@staff_only(Permission.STAFF_EDIT)
def invite() -> ResponseReturnValue:
    """Make a member of staff; the one-time link is mailed, or shown once."""
    form = InviteForm.with_activities(queries.activity_choices(locale()))
    if not form.validate():
        return _new_page(form), 422
    role, activity_id = form.granted()
    reachable, actor_id = form.reachable(), the_staff().id
    try:
        with transaction():
            account = staff.invite(
                (form.name.data or "").lower(),
                role,
                activity_id,
                contact=reachable.value if reachable else None,
                actor_id=actor_id,
            )
            account_id = account.id
            token = staff.new_link(account, actor_id=actor_id, by_mail=_goes_by_mail(account))
    except staff.StaffRefused as refused:
        form.name.errors = [staff_words(refused.reason)]
        return _new_page(form), 422
    return _linked(account_id, token)


@bp.get("/staff/<id:account_id>")
@staff_only(Permission.STAFF_EDIT)
def member(account_id: int) -> ResponseReturnValue:
    """Show one member: roles, second factor, sessions."""
    return _member_page(_member(account_id))


@bp.post("/staff/<id:account_id>/roles")
@staff_only(Permission.STAFF_EDIT)
def grant_role(account_id: int) -> ResponseReturnValue:
    """Give a member one more role; outside the demo, one that needs a second factor is used after the next sign-in only."""
    form = GrantForm.with_activities(queries.activity_choices(locale()))
    if not form.validate():
        return _member_page(_member(account_id), grant=form), 422
    role, activity_id = form.granted()
    actor_id = the_staff().id
    with transaction():
        account = _member(account_id)
        staff.grant(account, role, activity_id, actor_id=actor_id)
        if account.totp_sealed is None and role in rules.SECOND_FACTOR_ROLES and not current_app.config["DEMO"]:
            service.end_all_sessions(account, actor_id=actor_id)
    flash(_("角色已授予，立即生效。"), "ok")
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/roles/<id:grant_id>/take")
@staff_only(Permission.STAFF_EDIT)
def take_role(account_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role from a member."""
    actor_id = the_staff().id
    try:
        with transaction():
            staff.take(_member(account_id), grant_id, actor_id=actor_id)
    except staff.StaffRefused as refused:
        return _member_page(_member(account_id), refusal=staff_words(refused.reason)), 409
    flash(_("角色已收回，立即生效。"), "ok")
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/contact")
@staff_only(Permission.STAFF_EDIT)
def set_contact(account_id: int) -> ResponseReturnValue:
    """Set how a member is reached."""
    form = ContactForm()
    if not form.validate():
        return _member_page(_member(account_id), contact=form), 422
    reachable, actor_id = form.reachable(), the_staff().id
    with transaction():
        changed = staff.set_contact(_member(account_id), reachable.value if reachable else None, actor_id=actor_id)
    flash(_("已保存。") if changed else _("没有改动。"), "ok")
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/second-factor/reset")
@staff_only(Permission.STAFF_EDIT)
def reset_second_factor(account_id: int) -> ResponseReturnValue:
    """Let a member who lost telephone and recovery codes set up a new second factor; one's own is replaced at its own page."""
    actor_id = the_staff().id
    if account_id == actor_id:
        abort(409)
    with transaction():
        staff.reset_second_factor(_member(account_id), actor_id=actor_id)
    flash(_("两步验证已重置，全部登录已结束。"), "ok")
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/end-sessions")
@staff_only(Permission.STAFF_EDIT)
def end_sessions(account_id: int) -> ResponseReturnValue:
    """Sign a member out everywhere."""
    with transaction():
        ended = service.end_all_sessions(_member(account_id), actor_id=the_staff().id)
    flash(_("已结束 %(n)s 处登录。", n=ended), "ok")
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/disable")
@staff_only(Permission.STAFF_EDIT)
def disable(account_id: int) -> ResponseReturnValue:
    """Let a member in no more; nobody shuts oneself out."""
    if account_id == the_staff().id:
        abort(409)
    with transaction():
        staff.disable(_member(account_id), actor_id=the_staff().id)
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/enable")
@staff_only(Permission.STAFF_EDIT)
def enable(account_id: int) -> ResponseReturnValue:
    """Let a member in again."""
    with transaction():
        staff.enable(_member(account_id), actor_id=the_staff().id)
    return redirect(url_for(".member", account_id=account_id), 303)


@bp.post("/staff/<id:account_id>/link")
@staff_only(Permission.STAFF_EDIT)
def link(account_id: int) -> ResponseReturnValue:
    """Mail, or show once, a link with which a member sets a new password."""
    actor_id = the_staff().id
    with transaction():
        account = _member(account_id)
        token = staff.new_link(account, actor_id=actor_id, by_mail=_goes_by_mail(account))
    return _linked(account_id, token)


def _goes_by_mail(account: Account) -> bool:
    return account.contact is not None and "@" in account.contact


def _linked(account_id: int, token: str) -> ResponseReturnValue:
    """Answer after a link was made: it is on its way by mail, or stands on the page this once."""
    account = _member(account_id)
    if _goes_by_mail(account):
        flash(_("设置密码的链接已寄往 %(address)s，24 小时内可用一次。", address=phone(account.contact or "")), "ok")
        return redirect(url_for(".member", account_id=account_id), 303)
    return _member_page(account, link=current_app.config["BASE_URL"] + url_for(".welcome", token=token))


def _member(account_id: int) -> Account:
    account = db.session.get(Account, account_id)
    if account is None or account.kind != AccountKind.STAFF:
        raise NotFound
    return account


def _new_page(form: InviteForm) -> str:
    return render_template("manage/accounts/new.html", form=form)


def _member_page(
    account: Account, *, grant: GrantForm | None = None, contact: ContactForm | None = None, refusal: str = "", link: str = ""
) -> str:
    [row] = _rows([account])
    return render_template(
        "manage/accounts/member.html",
        row=row,
        me=the_staff(),
        grant=grant or GrantForm.with_activities(queries.activity_choices(locale()), is_fresh=True),
        contact=contact or ContactForm(formdata=None, contact=account.contact or ""),
        recovery_codes=queries.recovery_codes_left(account.id),
        refusal=refusal,
        link=link,
    )


def _rows(members: Sequence[Account]) -> list[Row]:
    ids = [grant.activity_id for member in members for grant in member.roles if grant.activity_id is not None]
    titles = queries.activity_titles(locale(), ids)
    signed_in = queries.sessions_by_account([member.id for member in members])
    return [Row(member, tuple(_held(member, titles)), signed_in.get(member.id, 0)) for member in members]


def _held(member: Account, titles: dict[int, str]) -> Iterator[Held]:
    for grant in member.roles:
        words = str(ROLE_WORDS[Role(grant.role)])
        if grant.activity_id is not None:
            words = _("%(role)s（%(activity)s）", role=words, activity=titles.get(grant.activity_id, ""))
        yield Held(grant.id, words)
