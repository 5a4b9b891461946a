"""Mixer. 联谊"""

from festival.accounts.rules import Permission
from festival.kinds.mixer import choosing, demo, manage, models, queries, render, service, views, wording
from festival.kinds.mixer.details import MixerDetails
from festival.kinds.mixer.holding import HOLDING
from festival.lib.i18n import _l
from festival.programme.kinds import OrganizerLink
from festival.programme.moving import clocks_follow
from festival.roster.columns import Extra
from festival.seam import Kind
from festival.signups.ticket import Panel

KIND = Kind(
    key="mixer",
    label_zh="联谊",
    label_en="Mixer",
    icon="mixer",
    details_model=MixerDetails,
    details_follow=clocks_follow,
    time_words={
        "pairing.opens": _l("开始选择"),
        "pairing.closes": _l("结束选择"),
        "pairing.reveal": _l("公布结果"),
        "agenda.starts": _l("活动流程"),
    },
    detail_template="kinds/mixer/detail.html",
    refusal=wording.refusal,
    calendar_lines=wording.calendar_lines,
    roster_columns=("gender", "birth_year", "education", "employer"),
    blueprints=(views.bp,),
    manage_blueprints=(manage.bp,),
    organizer_links=(
        OrganizerLink(_l("联谊现场"), "/manage/activities/<slug>/mixer", Permission.ACTIVITY_READ),
        OrganizerLink(_l("编号与胸牌"), "/manage/activities/<slug>/mixer/numbers", Permission.CHECK_IN),
    ),
    models=(models,),
    holding=HOLDING,
    followers=(service.follow,),
    panels=(Panel("kinds/mixer/panel.html", render.panel),),
    columns=(
        Extra("mixer-number", _l("编号"), queries.has_numbers, wording.number_column),
        Extra("mixer-photo", _l("拍照"), queries.has_photo_wishes, wording.photo_column),
    ),
    messages=wording.MESSAGES,
    private_lines=wording.private_lines,
    audit_words=wording.AUDIT,
    door_facts=wording.door_facts,
    tasks=wording.tasks,
    sweep=(queries.unsettled, choosing.settle),
    demo=demo.enliven,
)
