"""Forum. 论坛"""

from collections.abc import Mapping

from festival.accounts.rules import Permission
from festival.kinds.forum import manage, messages, models, queries, render, service, sowing, views, wording
from festival.kinds.forum.details import ForumDetails
from festival.kinds.forum.holding import HOLDING
from festival.lib import clock
from festival.lib.i18n import _l
from festival.programme.kinds import Details, HallSize, OrganizerLink
from festival.programme.models import Activity
from festival.roster.columns import Extra
from festival.seam import Kind
from festival.signups.ticket import Panel


def _hall(details: Details) -> HallSize | None:
    """Return the size of the plenary hall."""
    return HallSize(details.seat_map.rows, details.seat_map.seats_per_row) if isinstance(details, ForumDetails) else None


def _page_values(activity: Activity) -> Mapping[str, object]:
    """Return the agenda as everybody sees it, and the hours that are certified."""
    version, setting = queries.latest(activity.id), queries.setting(activity.id)
    return {
        "agenda": render.agenda_of(activity, version, None, clock.now()) if version else None,
        "hours": setting.credit_hours if setting else None,
    }


KIND = Kind(
    key="forum",
    label_zh="论坛",
    label_en="Forum",
    icon="forum",
    details_model=ForumDetails,
    time_words={
        "agenda.starts_at": _l("最初的议程"),
        "agenda.ends_at": _l("最初的议程"),
    },
    detail_template="kinds/forum/detail.html",
    page_values=_page_values,
    copied=service.copy_agenda,
    session_moved=service.papers_moved,
    hall=_hall,
    roster_columns=("employer", "job_title", "title_level", "credit"),
    models=(models,),
    holding=HOLDING,
    blueprints=(views.bp,),
    manage_blueprints=(manage.bp,),
    organizer_links=(
        OrganizerLink(_l("议程"), "/manage/activities/<slug>/agenda", Permission.ACTIVITY_EDIT),
        OrganizerLink(_l("会议资料"), "/manage/activities/<slug>/materials", Permission.ACTIVITY_EDIT),
        OrganizerLink(_l("用餐统计"), "/manage/activities/<slug>/meals", Permission.ROSTER_READ),
        OrganizerLink(_l("学时证明"), "/manage/activities/<slug>/certificates", Permission.ROSTER_READ),
    ),
    panels=(Panel("kinds/forum/panel.html", render.ticket_panel),),
    columns=(Extra("break_outs", _l("平行论坛"), lambda activity: bool(activity.extras), render.break_out_column),),
    messages=messages.MESSAGES,
    door_facts=render.door_facts,
    tasks=render.tasks,
    private_lines=render.private_lines,
    kept=render.kept,
    audit_words=wording.AUDIT,
    sow=sowing.sow,
    demo=sowing.demo,
)
