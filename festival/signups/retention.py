"""How long what a sign-up holds about a person is kept: each answer for the days its question says, addresses for the rest.

Days count from the end of the activity. While one is postponed, nothing of it is over.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, delete, or_, select, update
from sqlalchemy.orm import aliased

from festival.accounts.models import Account, AccountKind, SignInSession
from festival.accounts.personal import Moment, Purge, first, still_needed
from festival.accounts.service import erase_for
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.programme.models import Activity, ActivityStatus, Question
from festival.signups.models import Answer, AnswerFile, IdempotentAnswer, SignUp
from festival.signups.notice import RETAIN_DAYS

#: An answer whose question is no longer there is kept no longer than the strictest say.
_ORPHAN_DAYS = 30
_FORM_KEYS = timedelta(days=1)
#: The question whose answer is the sign-up's own name.
_NAME = "name"
#: Forgetting one person touches many tables.
_PEOPLE_AT_ONCE = 20


def _is_over(at: datetime, days: int) -> ColumnElement[bool]:
    return and_(Activity.ends_at < at - timedelta(days=days), Activity.status != ActivityStatus.POSTPONED)


def _ended(at: datetime, days: int) -> list[int]:
    """Return the activities that ended so many days ago."""
    return list(db.session.scalars(select(Activity.id).where(_is_over(at, days)).order_by(Activity.id)))


def sign_ups_over(moment: Moment) -> Select[int]:
    """Return the sign-ups of which nothing need be kept any more but the count: for the slices that wrote words beside them."""
    over = select(Activity.id).where(_is_over(moment.festival, RETAIN_DAYS))
    return select(SignUp.id).where(SignUp.activity_id.in_(over))


def _keys_due(at: datetime) -> dict[int, tuple[set[str], set[str]]]:
    """Return by activity that is over: the questions whose answers are due, and those whose are not yet."""
    rows = db.session.execute(
        select(Activity.id, Activity.ends_at, Question.key, Question.retain_days)
        .outerjoin(Question, Question.activity_id == Activity.id)
        .where(_is_over(at, 0))
        .order_by(Activity.id),
    )
    found: dict[int, tuple[set[str], set[str]]] = {}
    for row in rows:
        due, kept = found.setdefault(row.id, (set(), set()))
        if row.key is not None:
            (due if row.ends_at < at - timedelta(days=row.retain_days) else kept).add(row.key)
    return found


def _answers(moment: Moment, limit: int) -> int:
    return _answers_of(Answer, moment, limit)


def _files(moment: Moment, limit: int) -> int:
    return _answers_of(AnswerFile, moment, limit)


def _answers_of(table: type[Answer | AnswerFile], moment: Moment, limit: int) -> int:
    """Delete answers of one table that are due: of questions that say so, and of questions that are gone."""
    at = moment.festival
    orphaned = set(_ended(at, _ORPHAN_DAYS))
    due: list[ColumnElement[bool]] = []
    for activity_id, (over, kept) in _keys_due(at).items():
        if activity_id in orphaned:
            due.append(and_(SignUp.activity_id == activity_id, table.question_key.not_in(kept)))
        elif over:
            due.append(and_(SignUp.activity_id == activity_id, table.question_key.in_(over)))
    if not due:
        return 0
    ids = list(
        db.session.scalars(
            select(table.id).join(SignUp, SignUp.id == table.sign_up_id).where(or_(*due)).order_by(table.id).limit(limit),
        ),
    )
    db.session.execute(delete(table).where(table.id.in_(ids)))
    return len(ids)


def _names(moment: Moment, limit: int) -> int:
    """Empty names, by the days that the question for the name says, else with the address."""
    late = set(_ended(moment.festival, RETAIN_DAYS))
    over = [id_ for id_, (due, kept) in _keys_due(moment.festival).items() if _NAME in due or (id_ in late and _NAME not in kept)]
    ids = first(SignUp, limit, SignUp.activity_id.in_(over), SignUp.name != "")
    db.session.execute(update(SignUp).where(SignUp.id.in_(ids)).values(name="", search_text=""))
    return len(ids)


def _account_names(moment: Moment, limit: int) -> int:
    """Empty the names that prefill forms, of people whose sign-ups have none any more."""
    mine = select(SignUp.id).where(SignUp.person_id == Account.id)
    named = mine.where(SignUp.name != "").exists()
    over = mine.where(SignUp.activity_id.in_(_ended(moment.festival, 0))).exists()
    ids = first(Account, limit, Account.kind == AccountKind.PERSON, Account.name != "", over, ~named)
    db.session.execute(update(Account).where(Account.id.in_(ids)).values(name=""))
    return len(ids)


def _words(moment: Moment, limit: int) -> int:
    said = or_(SignUp.reason != "", SignUp.reply != "", SignUp.appeal != "")
    ids = first(SignUp, limit, SignUp.activity_id.in_(_ended(moment.festival, RETAIN_DAYS)), said)
    db.session.execute(update(SignUp).where(SignUp.id.in_(ids)).values(reason="", reply="", appeal=""))
    return len(ids)


def _form_keys(moment: Moment, limit: int) -> int:
    ids = first(IdempotentAnswer, limit, IdempotentAnswer.at < moment.wall - _FORM_KEYS)
    db.session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.id.in_(ids)))
    return len(ids)


def _people(moment: Moment, limit: int) -> int:
    """Forget whom nothing keeps any more: no activity that is not over for good, no browser signed in of late, no other part."""
    mine = aliased(SignUp)
    to_come = (
        select(mine.id)
        .join(Activity, Activity.id == mine.activity_id)
        .where(mine.person_id == Account.id, ~_is_over(moment.festival, RETAIN_DAYS))
        .exists()
    )
    visits = select(SignInSession.id).where(SignInSession.account_id == Account.id).exists()
    ids = first(
        Account,
        min(limit, _PEOPLE_AT_ONCE),
        Account.kind == AccountKind.PERSON,
        Account.erased_at.is_(None),
        Account.created_at < moment.wall - timedelta(days=RETAIN_DAYS),
        ~to_come,
        ~visits,
        ~still_needed(moment),
    )
    for account_id in ids:
        erase_for(db.session.get_one(Account, account_id), actor_id=None)
    return len(ids)


PURGES = (
    Purge("answers", _l("报名时填写的回答"), _l("活动结束后，按每个问题标明的天数"), _answers),
    Purge("files", _l("上传的文件"), _l("活动结束后，按每个问题标明的天数"), _files),
    Purge("names", _l("报名的姓名"), _l("活动结束后，按姓名一项标明的天数"), _names),
    Purge("account_names", _l("账号上的姓名"), _l("与报名的姓名一同清除"), _account_names),
    Purge("words", _l("审核与未到场说明"), _l("活动结束后 180 天"), _words),
    Purge("form_keys", _l("防重复提交的标记"), _l("1 天"), _form_keys),
    Purge("people", _l("账号与联系方式"), _l("最后一项活动结束 180 天后，且近期没有登录"), _people),
)
