"""A tenth kind of activity, made of this folder alone: a lecture that asks what one wants to hear about, and lends a reader."""

from collections.abc import Mapping, Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import LazyString
from sqlalchemy import select

from festival.accounts.access import scope, staff, the_staff
from festival.accounts.rules import Permission
from festival.lib.access import public
from festival.lib.db import db
from festival.notices.own import OwnMessage, Told
from festival.notices.rules import Placeholder
from festival.notices.wording import Values, Words
from festival.outbox.service import owe
from festival.programme import queries as programme
from festival.programme.kinds import Candidate, Details, OrganizerLink, details_of
from festival.programme.models import Activity
from festival.roster.columns import Extra
from festival.seam import Kind
from festival.signups import answers
from festival.signups.following import Moved
from festival.signups.models import Answer, SignUp
from festival.signups.rules import State
from festival.signups.ticket import Panel


class LectureDetails(Details):
    """Who speaks."""

    speaker: str


def _said(words: str) -> LazyString:
    return LazyString(lambda: words)


pages = Blueprint("lecture", __name__, template_folder="templates")
desk = Blueprint("lecture_desk", __name__, template_folder="templates")


@pages.get("/activities/<slug:slug>/reader")
@public
def reader(slug: str) -> ResponseReturnValue:
    """Show what to read before the lecture."""
    return f"{slug}：先读第一章"


@desk.get("/activities/<slug:slug>/topics")
@staff(Permission.STATISTICS)
def topics(slug: str) -> ResponseReturnValue:
    """Show the organizers what people want to hear about."""
    activity = programme.managed(slug, scope(the_staff(), Permission.STATISTICS, Activity.id.expression))
    asked = select(Answer).join(SignUp).where(SignUp.activity_id == activity.id, Answer.question_key == "topic")
    return render_template("lecture/topics.html", topics=[answers.read(one) for one in db.session.scalars(asked)])


def _refusal(candidate: Candidate) -> str | None:
    return "本讲座不谈股票。" if "股票" in candidate.answers.get("topic", "") else None


def _lend(moved: Moved) -> None:
    """Lend the reader to whoever has a place."""
    if moved.after == State.CONFIRMED:
        owe("lecture_reader", "sign_up", moved.sign_up.id, account_id=moved.sign_up.person_id)


def _tell(sign_up_id: int, _reader_id: int) -> Told | None:
    sign_up = db.session.get(SignUp, sign_up_id)
    if sign_up is None or sign_up.state != State.CONFIRMED:
        return None
    return Told(sign_up.activity, f"/activities/{sign_up.activity.slug}/reader", {"pages": "12"}, sign_up.slot)


def _words(values: Values) -> Words:
    words = f"请先读{values['title']}的读本。"
    return Words(f"【河西人才节】{words}", words)


def _panel(sign_up: SignUp) -> Mapping[str, object] | None:
    details = details_of(sign_up.activity)
    return {"speaker": details.speaker} if isinstance(details, LectureDetails) else None


def _shelves(sign_up_ids: Sequence[int]) -> Mapping[int, str]:
    return dict.fromkeys(sign_up_ids, "读本已借出")


KIND = Kind(
    key="lecture",
    label_zh="公开课",
    label_en="Lecture",
    icon="calendar",
    details_model=LectureDetails,
    detail_template="lecture/detail.html",
    page_values=lambda activity: {"chapter": f"第一章，{activity.title_zh}"},
    refusal=_refusal,
    roster_columns=("topic",),
    columns=(Extra("shelf", _said("读本"), lambda _activity: True, _shelves),),
    followers=(_lend,),
    panels=(Panel("lecture/panel.html", _panel),),
    messages=(
        OwnMessage(
            "lecture_reader",
            _said("课前读本"),
            _tell,
            _words,
            (Placeholder("pages", "页数", "pages"),),
            lambda _activity, _slot: {"pages": "120"},
        ),
    ),
    private_lines=lambda _sign_up: ["请带读本"],
    blueprints=(pages,),
    manage_blueprints=(desk,),
    organizer_links=(OrganizerLink(_said("想听的话题"), "/manage/activities/<slug>/topics", Permission.STATISTICS),),
)
