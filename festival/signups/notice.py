"""The privacy notice of an activity, generated from what it asks (PIPL art. 17), and the consents given to it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import bindparam, select

from festival.accounts.models import Consent, PrivacyNotice
from festival.lib import clock
from festival.lib.db import db
from festival.lib.prepared import Writes, in_one_go, insert_into
from festival.programme.models import Activity, Question, Sensitivity
from festival.programme.structure import Structure

#: Days after the activity that name and address are kept where no question says otherwise.
RETAIN_DAYS = 180
#: What every notice ends with.
RIGHTS_ZH = "您可以随时在“我的信息”中查看、更正、下载、撤回同意或删除，不影响撤回前的处理。"
RIGHTS_EN = "Under “My data” you can read, correct, download, withdraw consent or delete at any time."
# Built once (signups.queries says why).
_NEW = insert_into(Consent, "account_id", "activity_id", "sign_up_id", "question_key", "notice_id", "given_at")
_KEPT = select(PrivacyNotice).where(
    PrivacyNotice.activity_id == bindparam("activity_id"),
    PrivacyNotice.version == bindparam("version"),
)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is collected, why and for how long, in both languages, with the version that these words have."""

    version: str
    text_zh: str
    text_en: str


def notice_of(activity: Activity, questions: list[Question]) -> Notice:
    """Return the notice for an activity as its questions stand now."""
    chinese = [
        f"个人信息处理者：{activity.host_zh or activity.festival.host_zh}",
        f"活动：{activity.title_zh}",
        f"手机号或邮箱：用于登录与通知；活动结束{RETAIN_DAYS}天后删除。",
    ]
    english = [
        f"Controller: {activity.host_en or activity.festival.host_en}",
        f"Activity: {activity.title_en}",
        f"Mobile number or e-mail: to sign in and to notify you; deleted {RETAIN_DAYS} days after the activity.",
    ]
    for question in questions:
        sensitive = question.sensitivity == Sensitivity.SENSITIVE
        chinese.append(
            f"{question.label_zh}{'（敏感个人信息，单独同意，加密保存）' if sensitive else ''}：{question.purpose_zh}；"
            f"活动结束{question.retain_days}天后删除。",
        )
        english.append(
            f"{question.label_en}{' (sensitive; own consent; stored encrypted)' if sensitive else ''}: {question.purpose_en}; "
            f"deleted {question.retain_days} days after the activity.",
        )
    chinese.append(RIGHTS_ZH)
    english.append(RIGHTS_EN)
    return worded(chinese, english)


def worded(chinese: Iterable[str], english: Iterable[str]) -> Notice:
    """Return the notice of these lines, with the version that follows from them."""
    text_zh, text_en = "\n".join(chinese), "\n".join(english)
    version = hashlib.sha256(f"{text_zh}\n\n{text_en}".encode()).hexdigest()[:16]
    return Notice(version=version, text_zh=text_zh, text_en=text_en)


def notice_kept(known: Structure) -> Notice:
    """Return the notice of an activity as it is kept: made once for each version of what the activity is made of."""
    found = known.made.get(Notice)
    if found is None:
        found = known.made[Notice] = notice_of(known.activity, known.activity.questions)
    assert isinstance(found, Notice)
    return found


def sensitive_groups(questions: list[Question]) -> dict[str, list[Question]]:
    """Return the questions that need their own consent, by the key that consents for them (``consent_with`` joins two)."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        if question.sensitivity == Sensitivity.SENSITIVE:
            groups.setdefault(question.consent_with or question.key, []).append(question)
    return groups


def record_consents(
    activity: Activity,
    notice: Notice,
    *,
    account_id: int,
    sign_up_id: int,
    question_keys: Iterable[str],
) -> None:
    """Write that a person agreed to a notice, and to each sensitive question named."""
    _write(activity, notice, (None, *sorted(question_keys)), account_id=account_id, sign_up_id=sign_up_id)


def consent_further(
    activity: Activity,
    questions: list[Question],
    *,
    account_id: int,
    sign_up_id: int,
    question_keys: Iterable[str],
) -> None:
    """Write the consents that came with a change of answers: those for sensitive questions not consented to before."""
    asked = set(question_keys) & set(sensitive_groups(questions))
    if not asked:
        return
    standing = db.session.scalars(
        select(Consent.question_key).where(Consent.sign_up_id == sign_up_id, Consent.withdrawn_at.is_(None)),
    )
    if further := asked - set(standing):
        _write(activity, notice_of(activity, questions), sorted(further), account_id=account_id, sign_up_id=sign_up_id)


def consent_to(activity: Activity, notice: Notice, *, account_id: int) -> None:
    """Write that a person agreed to a notice of no sign-up, unless they have agreed to the same words already."""
    standing = db.session.scalar(
        select(Consent.id)
        .join(PrivacyNotice, PrivacyNotice.id == Consent.notice_id)
        .where(
            Consent.account_id == account_id,
            Consent.activity_id == activity.id,
            Consent.sign_up_id.is_(None),
            Consent.withdrawn_at.is_(None),
            PrivacyNotice.version == notice.version,
        )
        .limit(1),
    )
    if standing is None:
        _write(activity, notice, (None,), account_id=account_id, sign_up_id=None)


def _write(
    activity: Activity,
    notice: Notice,
    question_keys: Iterable[str | None],
    *,
    account_id: int,
    sign_up_id: int | None,
) -> None:
    """Write consents to the notice as a whole (None) or to single questions of it; keep the notice's words with them."""
    row = db.session.scalar(_KEPT, {"activity_id": activity.id, "version": notice.version}) or keep(notice, activity.id)
    with in_one_go() as writes:
        write_consents(writes, question_keys, row.id, account_id=account_id, activity_id=activity.id, sign_up_id=sign_up_id)


def keep(notice: Notice, activity_id: int) -> PrivacyNotice:
    """Keep the words of a notice that nobody has agreed to before; return their row."""
    row = PrivacyNotice(
        activity_id=activity_id,
        version=notice.version,
        text_zh=notice.text_zh,
        text_en=notice.text_en,
        created_at=clock.wall(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def write_consents(
    writes: Writes,
    question_keys: Iterable[str | None],
    notice_id: int,
    *,
    account_id: int,
    activity_id: int,
    sign_up_id: int | None,
) -> None:
    """Write consents to a notice (its row is given) as a whole (None) or to single questions of it, in one statement."""
    same = {
        "account_id": account_id,
        "activity_id": activity_id,
        "sign_up_id": sign_up_id,
        "notice_id": notice_id,
        "given_at": clock.wall(),
    }
    writes.run(_NEW, *(same | {"question_key": key} for key in question_keys))
