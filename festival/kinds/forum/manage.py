"""Organizers' pages of a forum: the agenda and its publication, rooms, speakers, materials, meals, certificates."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from festival.accounts.access import may, scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.kinds.forum import queries, render, rules, service, wording
from festival.kinds.forum.forms import (
    HoursForm,
    MaterialForm,
    PublishForm,
    RevokeForm,
    RoomForm,
    SessionForm,
    SpeakerForm,
)
from festival.kinds.forum.models import ForumVersion
from festival.kinds.forum.rules import ForumReason, ForumRefused
from festival.lib import clock
from festival.lib.db import transaction
from festival.lib.errors import NotFound
from festival.lib.i18n import _, _n, loc
from festival.programme import queries as programme
from festival.programme.models import Activity
from festival.signups import answers
from festival.signups.rules import State

bp = Blueprint("forum", __name__)

_MEAL = "diet"


def _activity(slug: str, permission: Permission) -> Activity:
    """Return a forum within the caller's scope; outside it there is none."""
    found = programme.managed(slug, scope(the_staff(), permission, Activity.id.expression))
    if found.kind != queries.KIND:
        raise NotFound
    return found


def _edited(slug: str) -> Activity:
    return _activity(slug, Permission.ACTIVITY_EDIT)


# -- the agenda ------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/agenda")
@staff(Permission.ACTIVITY_EDIT)
def agenda(slug: str) -> ResponseReturnValue:
    """Show the agenda as it is being worked on, with what clashes in it."""
    return _agenda_page(_edited(slug))


def _agenda_page(activity: Activity, refusal: str = "") -> str:
    now = clock.now()
    preview, shown = service.preview(activity.id, now), _worked_on(activity.id)
    names = wording.names_of(activity.id)
    return render_template(
        "manage/kinds/forum/agenda.html",
        activity=activity,
        agenda=render.agenda_of(activity, shown, None, now) if shown else None,
        is_draft=preview.draft is not None,
        changes=len(preview.changes),
        clashes=[wording.clash_words(clash, names) for clash in preview.clashes],
        clashing={item.key for clash in preview.clashes for item in (clash.first, clash.second) if item is not None},
        rooms=queries.rooms(activity.id),
        speakers=queries.speakers(activity.id),
        refusal=refusal,
    )


def _worked_on(activity_id: int) -> ForumVersion | None:
    return queries.draft(activity_id) or queries.latest(activity_id)


def _session_form(activity_id: int, key: str | None) -> SessionForm:
    """Return the form of an item of the agenda that is worked on, or of a new one.

    :raises NotFound: there is no such item.
    """
    session = None
    if key is not None:
        worked_on = _worked_on(activity_id)
        session = next((one for one in (worked_on.sessions if worked_on else []) if one.key == key), None)
        if session is None:
            raise NotFound
    return SessionForm.of(queries.days(activity_id), queries.rooms(activity_id), queries.speakers(activity_id), session)


@bp.get("/activities/<slug:slug>/agenda/new")
@staff(Permission.ACTIVITY_EDIT)
def new_session(slug: str) -> ResponseReturnValue:
    """Show the form of a new item."""
    activity = _edited(slug)
    return _session_page(activity, _session_form(activity.id, None), None)


@bp.post("/activities/<slug:slug>/agenda/new")
@staff(Permission.ACTIVITY_EDIT)
def add_session(slug: str) -> ResponseReturnValue:
    """Add an item to the draft."""
    return _put_session(_edited(slug), None)


@bp.get("/activities/<slug:slug>/agenda/items/<slug:key>")
@staff(Permission.ACTIVITY_EDIT)
def edit_session(slug: str, key: str) -> ResponseReturnValue:
    """Show the form of an item."""
    activity = _edited(slug)
    return _session_page(activity, _session_form(activity.id, key), key)


@bp.post("/activities/<slug:slug>/agenda/items/<slug:key>")
@staff(Permission.ACTIVITY_EDIT)
def save_session(slug: str, key: str) -> ResponseReturnValue:
    """Change an item in the draft; readers see it once it is published."""
    return _put_session(_edited(slug), key)


def _put_session(activity: Activity, key: str | None) -> ResponseReturnValue:
    form = _session_form(activity.id, key)
    if not form.validate():
        return _session_page(activity, form, key), 422
    activity_id, slug, asked, actor_id = activity.id, activity.slug, form.value(), the_staff().id
    try:
        with transaction():
            service.put_session(activity_id, key, asked, actor_id=actor_id)
    except ForumRefused as refused:
        return _session_page(_edited(slug), form, key, refused.reason), 409
    flash(_("已存入草稿，发布后读者才会看到。"), "ok")
    return redirect(url_for(".agenda", slug=slug), 303)


def _session_page(activity: Activity, form: SessionForm, key: str | None, reason: ForumReason | None = None) -> str:
    return render_template("manage/kinds/forum/session.html", activity=activity, form=form, key=key, refusals=_words(reason))


def _words(reason: ForumReason | None) -> list[str]:
    return [str(wording.REASONS[reason])] if reason else []


@bp.post("/activities/<slug:slug>/agenda/items/<slug:key>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove_session(slug: str, key: str) -> ResponseReturnValue:
    """Take an item out of the draft."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    with transaction():
        service.remove_session(activity_id, key, actor_id=actor_id)
    flash(_("已从草稿中移除，发布后生效。"), "ok")
    return redirect(url_for(".agenda", slug=slug), 303)


@bp.post("/activities/<slug:slug>/agenda/discard")
@staff(Permission.ACTIVITY_EDIT)
def discard(slug: str) -> ResponseReturnValue:
    """Throw the draft away."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    with transaction():
        thrown = service.discard(activity_id, actor_id=actor_id)
    flash(_("已放弃草稿，议程仍为已发布的版本。") if thrown else _("没有草稿。"), "ok")
    return redirect(url_for(".agenda", slug=slug), 303)


@bp.get("/activities/<slug:slug>/agenda/publish")
@staff(Permission.ACTIVITY_EDIT)
def preview(slug: str) -> ResponseReturnValue:
    """Show what publishing the draft would change, what clashes, and how many people would be told."""
    return _publish_page(_edited(slug), None, None)


@bp.post("/activities/<slug:slug>/agenda/publish")
@staff(Permission.ACTIVITY_EDIT)
def publish(slug: str) -> ResponseReturnValue:
    """Publish the draft."""
    activity, form = _edited(slug), PublishForm()
    if not form.validate():
        return _publish_page(activity, form, None), 422
    activity_id, actor_id = activity.id, the_staff().id
    note_zh, note_en = form.note_zh.data or "", form.note_en.data or ""
    try:
        with transaction():
            done = service.publish(activity_id, seen=form.seen.data or 0, note_zh=note_zh, note_en=note_en, actor_id=actor_id)
    except ForumRefused as refused:
        return _publish_page(_edited(slug), form, refused.reason), 409
    told = _n("通知了 %(num)s 人。", "通知了 %(num)s 人。", done.told) if done.told else _("没有需要通知的人。")
    flash(_("第 %(n)s 版已发布，", n=done.n) + told, "ok")
    return redirect(url_for(".agenda", slug=slug), 303)


def _publish_page(activity: Activity, form: PublishForm | None, reason: ForumReason | None) -> str:
    preview, names = service.preview(activity.id, clock.now()), wording.names_of(activity.id)
    form = form or PublishForm(formdata=None)
    form.seen.data, form.seen.raw_data = preview.draft.revision if preview.draft else None, None
    return render_template(
        "manage/kinds/forum/publish.html",
        activity=activity,
        form=form,
        is_first=queries.latest(activity.id) is None,
        changes=[wording.change_words(change, names) for change in preview.changes],
        clashes=[wording.clash_words(clash, names) for clash in preview.clashes],
        told=preview.told,
        has_draft=preview.draft is not None,
        refusals=_words(reason),
    )


# -- rooms and speakers ----------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/rooms/new")
@staff(Permission.ACTIVITY_EDIT)
def new_room(slug: str) -> ResponseReturnValue:
    """Show the form of a new room."""
    return _part_page(_edited(slug), RoomForm(), _("新增房间"), "")


@bp.post("/activities/<slug:slug>/rooms/new")
@staff(Permission.ACTIVITY_EDIT)
def add_room(slug: str) -> ResponseReturnValue:
    """Add a room."""
    return _put_room(_edited(slug), None)


@bp.get("/activities/<slug:slug>/rooms/<id:room_id>")
@staff(Permission.ACTIVITY_EDIT)
def edit_room(slug: str, room_id: int) -> ResponseReturnValue:
    """Show the form of a room."""
    activity = _edited(slug)
    form = RoomForm(obj=queries.room(activity.id, room_id))
    return _part_page(activity, form, _("修改房间"), url_for(".remove_room", slug=slug, room_id=room_id))


@bp.post("/activities/<slug:slug>/rooms/<id:room_id>")
@staff(Permission.ACTIVITY_EDIT)
def save_room(slug: str, room_id: int) -> ResponseReturnValue:
    """Give a room another name, in every version."""
    return _put_room(_edited(slug), room_id)


def _put_room(activity: Activity, room_id: int | None) -> ResponseReturnValue:
    form = RoomForm()
    title = _("新增房间") if room_id is None else _("修改房间")
    remove = url_for(".remove_room", slug=activity.slug, room_id=room_id) if room_id else ""
    if not form.validate():
        return _part_page(activity, form, title, remove), 422
    activity_id, slug, actor_id = activity.id, activity.slug, the_staff().id
    name_zh, name_en = form.name_zh.data or "", form.name_en.data or ""
    return _done(
        slug,
        lambda: service.put_room(activity_id, room_id, name_zh, name_en, actor_id=actor_id),
        lambda words: _part_page(_edited(slug), form, title, remove, words),
    )


@bp.post("/activities/<slug:slug>/rooms/<id:room_id>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove_room(slug: str, room_id: int) -> ResponseReturnValue:
    """Remove a room that no agenda names."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    return _done(slug, lambda: service.remove_room(activity_id, room_id, actor_id=actor_id), lambda words: _refused(slug, words))


@bp.get("/activities/<slug:slug>/speakers/new")
@staff(Permission.ACTIVITY_EDIT)
def new_speaker(slug: str) -> ResponseReturnValue:
    """Show the form of a new speaker."""
    return _part_page(_edited(slug), SpeakerForm(), _("新增演讲嘉宾"), "")


@bp.post("/activities/<slug:slug>/speakers/new")
@staff(Permission.ACTIVITY_EDIT)
def add_speaker(slug: str) -> ResponseReturnValue:
    """Add a speaker."""
    return _put_speaker(_edited(slug), None)


@bp.get("/activities/<slug:slug>/speakers/<id:speaker_id>")
@staff(Permission.ACTIVITY_EDIT)
def edit_speaker(slug: str, speaker_id: int) -> ResponseReturnValue:
    """Show the form of a speaker."""
    activity = _edited(slug)
    form = SpeakerForm(obj=queries.speaker(activity.id, speaker_id))
    return _part_page(activity, form, _("修改演讲嘉宾"), url_for(".remove_speaker", slug=slug, speaker_id=speaker_id))


@bp.post("/activities/<slug:slug>/speakers/<id:speaker_id>")
@staff(Permission.ACTIVITY_EDIT)
def save_speaker(slug: str, speaker_id: int) -> ResponseReturnValue:
    """Change what is said of a speaker."""
    return _put_speaker(_edited(slug), speaker_id)


def _put_speaker(activity: Activity, speaker_id: int | None) -> ResponseReturnValue:
    form = SpeakerForm()
    title = _("新增演讲嘉宾") if speaker_id is None else _("修改演讲嘉宾")
    remove = url_for(".remove_speaker", slug=activity.slug, speaker_id=speaker_id) if speaker_id else ""
    if not form.validate():
        return _part_page(activity, form, title, remove), 422
    activity_id, slug, asked, actor_id = activity.id, activity.slug, form.value(), the_staff().id
    return _done(
        slug,
        lambda: service.put_speaker(activity_id, speaker_id, asked, actor_id=actor_id),
        lambda words: _part_page(_edited(slug), form, title, remove, words),
    )


@bp.post("/activities/<slug:slug>/speakers/<id:speaker_id>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove_speaker(slug: str, speaker_id: int) -> ResponseReturnValue:
    """Remove a speaker whom no agenda names."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    return _done(
        slug, lambda: service.remove_speaker(activity_id, speaker_id, actor_id=actor_id), lambda words: _refused(slug, words)
    )


def _done(slug: str, act: Callable[[], object], again: Callable[[str], str]) -> ResponseReturnValue:
    """Do something in one transaction and return to the agenda; refused, show the page again with the reason."""
    try:
        with transaction():
            act()
    except ForumRefused as refused:
        return again(str(wording.REASONS[refused.reason])), 409
    flash(_("已保存。"), "ok")
    return redirect(url_for(".agenda", slug=slug), 303)


def _refused(slug: str, words: str) -> str:
    return _agenda_page(_edited(slug), words)


def _part_page(activity: Activity, form: FlaskForm, title: str, remove: str, refusal: str = "") -> str:
    return render_template(
        "manage/kinds/forum/part.html",
        activity=activity,
        form=form,
        title=title,
        remove=remove,
        refusals=[refusal] if refusal else [],
    )


# -- materials -------------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/materials")
@staff(Permission.ACTIVITY_EDIT)
def materials(slug: str) -> ResponseReturnValue:
    """List the materials, with the form for another one."""
    activity = _edited(slug)
    return _materials_page(activity, _material_form(activity))


def _material_form(activity: Activity) -> MaterialForm:
    plan = queries.plan_of(queries.latest(activity.id))
    return MaterialForm.of([(item.key, wording.title_of(item)) for item in plan], activity.ends_at + timedelta(hours=1))


def _materials_page(activity: Activity, form: MaterialForm, reason: ForumReason | None = None) -> str:
    plan = queries.plan_of(queries.latest(activity.id))
    titles = {item.key: wording.title_of(item) for item in plan}
    return render_template(
        "manage/kinds/forum/materials.html",
        activity=activity,
        form=form,
        papers=render.papers(activity.id, titles, None, clock.now()),
        size_words=render.size_words,
        refusals=_words(reason),
    )


@bp.post("/activities/<slug:slug>/materials")
@staff(Permission.ACTIVITY_EDIT)
def add_material(slug: str) -> ResponseReturnValue:
    """Keep a file for readers, from its time on."""
    activity = _edited(slug)
    form = _material_form(activity)
    if not form.validate():
        return _materials_page(activity, form), 422
    activity_id, asked, actor_id = activity.id, form.value(), the_staff().id
    try:
        with transaction():
            service.add_material(activity_id, asked, actor_id=actor_id)
    except ForumRefused as refused:
        return _materials_page(_edited(slug), form, refused.reason), 409
    flash(_("资料已保存，到开放时间自动公开。"), "ok")
    return redirect(url_for(".materials", slug=slug), 303)


@bp.post("/activities/<slug:slug>/materials/<id:material_id>/remove")
@staff(Permission.ACTIVITY_EDIT)
def remove_material(slug: str, material_id: int) -> ResponseReturnValue:
    """Take a file away."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    with transaction():
        service.remove_material(activity_id, material_id, actor_id=actor_id)
    flash(_("资料已删除。"), "ok")
    return redirect(url_for(".materials", slug=slug), 303)


# -- meals -----------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Meal:
    """How many persons chose a meal, and how many of them have come."""

    label: str
    persons: int
    came: int


@bp.get("/activities/<slug:slug>/meals")
@staff(Permission.ROSTER_READ)
def meals(slug: str) -> ResponseReturnValue:
    """Count the meals: numbers for the kitchen, and nobody's name, for what people eat may tell what they believe."""
    activity = _activity(slug, Permission.ROSTER_READ)
    question = next((one for one in activity.questions if one.key == _MEAL), None)
    counted = _count_meals(activity.id) if question else Counter()
    came = _count_meals(activity.id, came=True) if question else Counter()
    choices = [(option.key, loc(option, "label")) for option in question.options] if question else []
    rows = [Meal(label, counted[key], came[key]) for key, label in (*choices, ("", _("未填写")))]
    eating = [key for key, _label in choices if key != "none"]
    return render_template(
        "manage/kinds/forum/meals.html",
        activity=activity,
        question=question,
        rows=rows,
        total=Meal("", sum(counted[key] for key in eating), sum(came[key] for key in eating)),
    )


def _count_meals(activity_id: int, *, came: bool = False) -> Counter[str]:
    """Return persons by the meal that they chose, those with a place alone; empty: they did not say."""
    placed = [one for one in queries.placed_for_meals(activity_id) if not came or one.state == State.ATTENDED]
    said = {one.sign_up_id: answers.read(one) for one in queries.answers_to([one.id for one in placed], _MEAL)}
    found: Counter[str] = Counter()
    for one in placed:
        found[said.get(one.id, "")] += one.party_size
    return found


# -- certificates ----------------------------------------------------------------------------------------------------------------


@bp.get("/activities/<slug:slug>/certificates")
@staff(Permission.ROSTER_READ)
def certificates(slug: str) -> ResponseReturnValue:
    """Show who came, how long the door saw them inside, and who has a certificate."""
    activity = _activity(slug, Permission.ROSTER_READ)
    return _certificates_page(activity, None)


def _certificates_page(activity: Activity, form: HoursForm | None, refusal: str = "") -> str:
    setting = queries.setting(activity.id)
    stored = {"credit_hours": setting.credit_hours, "least_percent": setting.least_percent} if setting else {"least_percent": 80}
    found = service.standings(activity.id, queries.attended(activity.id), clock.now())
    asked = queries.asked_for_hours(activity.id)
    return render_template(
        "manage/kinds/forum/certificates.html",
        activity=activity,
        form=form or HoursForm(formdata=None, data=stored),
        standings=found,
        asked=asked,
        ready=sum(one.certificate is None and one.reason is None and one.sign_up.id in asked for one in found),
        reasons={reason: str(wording.REASONS[reason]) for reason in rules.ForumReason},
        minutes_words=render.minutes_words,
        may_edit=may(the_staff(), Permission.ACTIVITY_EDIT, activity.id),
        refusals=[refusal] if refusal else [],
    )


@bp.post("/activities/<slug:slug>/certificates/hours")
@staff(Permission.ACTIVITY_EDIT)
def set_hours(slug: str) -> ResponseReturnValue:
    """Set how hours are certified from now on; what was issued stands."""
    activity, form = _edited(slug), HoursForm()
    if not form.validate():
        return _certificates_page(activity, form), 422
    activity_id, actor_id = activity.id, the_staff().id
    credit, least = form.credit_hours.data, form.least_percent.data or 100
    with transaction():
        service.set_hours(activity_id, credit, least, actor_id=actor_id)
    flash(_("学时规则已保存。"), "ok")
    return redirect(url_for(".certificates", slug=slug), 303)


@bp.post("/activities/<slug:slug>/certificates/issue")
@staff(Permission.ACTIVITY_EDIT)
def issue_all(slug: str) -> ResponseReturnValue:
    """Certify the hours of everybody who asked for it and stayed."""
    activity_id, actor_id = _edited(slug).id, the_staff().id
    with transaction():
        issued = service.issue_all(activity_id, actor_id=actor_id)
    flash(_n("开具了 %(num)s 份学时证明。", "开具了 %(num)s 份学时证明。", issued) if issued else _("没有可以开具的证明。"), "ok")
    return redirect(url_for(".certificates", slug=slug), 303)


@bp.get("/activities/<slug:slug>/certificates/<id:certificate_id>/revoke")
@staff(Permission.ACTIVITY_EDIT)
def ask_revoke(slug: str, certificate_id: int) -> ResponseReturnValue:
    """Ask why a certificate is revoked."""
    activity = _edited(slug)
    return _revoke_page(activity, certificate_id, RevokeForm())


@bp.post("/activities/<slug:slug>/certificates/<id:certificate_id>/revoke")
@staff(Permission.ACTIVITY_EDIT)
def revoke(slug: str, certificate_id: int) -> ResponseReturnValue:
    """Revoke a certificate."""
    activity, form = _edited(slug), RevokeForm()
    queries.certificate(activity.id, certificate_id)
    if not form.validate():
        return _revoke_page(activity, certificate_id, form), 422
    activity_id, actor_id, reason = activity.id, the_staff().id, form.reason.data or ""
    with transaction():
        service.revoke(activity_id, certificate_id, reason, actor_id=actor_id)
    flash(_("证明已撤销，验证页面会如实显示。"), "ok")
    return redirect(url_for(".certificates", slug=slug), 303)


def _revoke_page(activity: Activity, certificate_id: int, form: RevokeForm) -> str:
    return render_template(
        "manage/kinds/forum/revoke.html",
        activity=activity,
        certificate=queries.certificate(activity.id, certificate_id),
        form=form,
    )
