"""One's own page of a mixer: the number, the tables, the choice that nobody else reads, and keeping away from people."""

import base64
import binascii
from collections.abc import Callable

from flask import Blueprint, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from festival.accounts.access import signed_in, the_person
from festival.kinds.mixer import choosing, render, service, wording
from festival.kinds.mixer.choosing import Found
from festival.kinds.mixer.forms import KnownForm, NumberForm, ReportForm
from festival.kinds.mixer.rules import MixerRefused, Reason, Row, Stage
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _
from festival.signups import queries as signups
from festival.signups.models import SignUp

bp = Blueprint("mixer", __name__)

#: Three rows of a tag and a sealed contact in base64, and then some.
_LONGEST = 4_000


def _own(code: str) -> SignUp:
    """Return the caller's own sign-up for a mixer in which they have a place.

    :raises NotFound: there is none.
    """
    sign_up = signups.owned(code, the_person().id)
    if sign_up.activity.kind != "mixer" or sign_up.state not in render.TAKES_PART:
        raise NotFound
    return sign_up


@bp.get("/sign-ups/<code:code>/mixer")
@signed_in
def show(code: str) -> ResponseReturnValue:
    """Show how the mixer stands for one person."""
    return _page(_own(code))


def _page(
    sign_up: SignUp,
    *,
    known: KnownForm | None = None,
    avoided: NumberForm | None = None,
    told: ReportForm | None = None,
    refused: Reason | None = None,
) -> str:
    code = sign_up.code
    found = _found(sign_up)
    sign_up = signups.owned(code, the_person().id)  # settling has ended the reading
    mine = render.mine(sign_up, the_person(), clock.now())
    return render_template(
        "kinds/mixer/mine.html",
        sign_up=sign_up,
        activity=sign_up.activity,
        mine=mine,
        found=[(one.label, _text(one.public_key), _text(one.contact)) for one in found],
        key=_text(mine.key or b""),
        known=known or KnownForm(formdata=None),
        avoided=avoided or NumberForm(formdata=None),
        told=told or ReportForm(formdata=None),
        refused=wording.REASONS[refused] if refused else "",
        data_result=refused.value.replace("_", "-") if refused else None,
        unlisted=True,
        section="/me",
    )


def _found(sign_up: SignUp) -> list[Found]:
    """Return the results, once it is time; what the clock has made due is done first, as the sweep would within the minute."""
    if render.stage_of(sign_up.activity, clock.now())[0] != Stage.RESULT:
        return []
    try:
        with transaction():
            return choosing.result(sign_up)
    except MixerRefused:
        return []


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode()


@bp.get("/sign-ups/<code:code>/mixer/now.json")
@signed_in
def now(code: str) -> ResponseReturnValue:
    """Say whether the page has something else to show."""
    sign_up = _own(code)
    stage, run = render.stage_of(sign_up.activity, clock.now())
    return jsonify(version=render.version(sign_up, stage, run), stage=stage.value)


# -- what one wants ------------------------------------------------------------------------------------------------------------


def _done(code: str, words: str, anchor: str) -> ResponseReturnValue:
    flash(words, "ok")
    return redirect(url_for(".show", code=code, _anchor=anchor), 303)


@bp.post("/sign-ups/<code:code>/mixer/photo")
@signed_in
def photo(code: str) -> ResponseReturnValue:
    """Keep whether one wants to be photographed."""
    sign_up, no_photo = _own(code), request.form.get("no_photo") == "1"
    with transaction():
        service.prefer(sign_up, no_photo=no_photo)
    return _done(code, _("已记下：不拍照。") if no_photo else _("已记下：可以拍照。"), "photo")


@bp.post("/sign-ups/<code:code>/mixer/acquaintances")
@signed_in
def know(code: str) -> ResponseReturnValue:
    """Name somebody whom one knows already."""
    sign_up, form = _own(code), KnownForm()
    if not form.validate():
        return _page(sign_up, known=form), 422
    said = form.value()
    try:
        with transaction():
            service.know(sign_up, said)
    except MixerRefused as refused:
        form.said.errors = [str(wording.REASONS[refused.reason])]
        return _page(_own(code), known=form), 409
    return _done(code, _("已记下，排桌时会避开。"), "known")


@bp.post("/sign-ups/<code:code>/mixer/acquaintances/<id:acquaintance_id>/remove")
@signed_in
def know_no_more(code: str, acquaintance_id: int) -> ResponseReturnValue:
    """Take an acquaintance off one's list."""
    sign_up = _own(code)
    try:
        with transaction():
            service.know_no_more(sign_up, acquaintance_id)
    except MixerRefused as refused:
        return _page(_own(code), refused=refused.reason), 409
    return _done(code, _("已删除。"), "known")


@bp.post("/sign-ups/<code:code>/mixer/block")
@signed_in
def block(code: str) -> ResponseReturnValue:
    """Meet somebody no more."""
    sign_up, form = _own(code), NumberForm()
    if not form.validate():
        return _page(sign_up, avoided=form), 422
    number = form.value()
    try:
        with transaction():
            service.block(sign_up, *number)
    except MixerRefused as refused:
        form.number.errors = [str(wording.REASONS[refused.reason])]
        return _page(_own(code), avoided=form), 409
    return _done(code, _("已设置：今后的轮桌和互选结果中都不会再与对方相遇，对方不会知道。"), "safety")


@bp.post("/sign-ups/<code:code>/mixer/report")
@signed_in
def report(code: str) -> ResponseReturnValue:
    """Tell the organizers about somebody."""
    sign_up, form = _own(code), ReportForm()
    if not form.validate():
        return _page(sign_up, told=form), 422
    number, words = form.value(), form.words.data or ""
    try:
        with transaction():
            service.report(sign_up, *number, form.complaint(), words, may_be_asked=form.may_be_asked.data)
            if form.also_block.data:
                service.block(sign_up, *number)
    except MixerRefused as refused:
        form.number.errors = [str(wording.REASONS[refused.reason])]
        return _page(_own(code), told=form), 409
    return _done(code, _("已加密送达活动负责人。遇到紧急情况请立即找现场工作人员或拨打 110。"), "safety")


# -- what one's phone sends ----------------------------------------------------------------------------------------------------


def _bytes(name: str) -> list[bytes]:
    """Return what a field holds in base64; what is none is empty, and refused like anything that is not as phones send it."""
    found = []
    for text in request.form.getlist(name)[:10]:
        try:
            found.append(base64.b64decode(text[:_LONGEST], validate=True))
        except (binascii.Error, ValueError):
            found.append(b"")
    return found


def _sent(act: Callable[[], None]) -> ResponseReturnValue:
    """Do what a phone asks, and answer it in a word."""
    try:
        with transaction():
            act()
    except MixerRefused as refused:
        status = 422 if refused.reason in {Reason.KEY_BAD, Reason.ROWS_BAD} else 409
        return jsonify(refused=refused.reason.value.replace("_", "-"), words=str(wording.REASONS[refused.reason])), status
    return jsonify(done=True)


@bp.post("/sign-ups/<code:code>/mixer/key")
@signed_in
def key(code: str) -> ResponseReturnValue:
    """Take the public half of a phone's key."""
    sign_up, sent = _own(code), _bytes("key")
    return _sent(lambda: choosing.register_key(sign_up, sent[0] if sent else b""))


@bp.get("/sign-ups/<code:code>/mixer/keys.json")
@signed_in
def keys(code: str) -> ResponseReturnValue:
    """Give every number's public key at once, the same to everybody who is there."""
    sign_up = _own(code)
    try:
        service.here_as(sign_up)
        every = choosing.keys(sign_up.activity_id)
    except MixerRefused as refused:
        return jsonify(refused=refused.reason.value.replace("_", "-"), words=str(wording.REASONS[refused.reason])), 409
    return jsonify(keys=[[label, _text(public)] for label, public in every], code=choosing.code_of(every))


@bp.post("/sign-ups/<code:code>/mixer/choices")
@signed_in
def choose(code: str) -> ResponseReturnValue:
    """Take the three rows of somebody who chooses, or chooses otherwise."""
    sign_up, tags, contacts = _own(code), _bytes("tag"), _bytes("contact")
    rows = [Row(tag, contact) for tag, contact in zip(tags, contacts, strict=False)] if len(tags) == len(contacts) else []
    return _sent(lambda: choosing.choose(sign_up, rows))


@bp.post("/sign-ups/<code:code>/mixer/choices/withdraw")
@signed_in
def take_back(code: str) -> ResponseReturnValue:
    """Take back all that one has chosen or passed on."""
    sign_up = _own(code)
    try:
        with transaction():
            choosing.take_back(sign_up)
    except MixerRefused as refused:
        return _page(_own(code), refused=refused.reason), 409
    return _done(code, _("已全部撤回。"), "choice")
