"""What organizers wrote beside a person's sign-ups.

Tags and notes are never shown on a page of the person's, so that organizers can work; but they are data about the person, who may
see and take them (PIPL, articles 44 and 45): they are in the person's own file, without who wrote them.
"""

from sqlalchemy import Select, delete, select

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, first, plain, rows
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.roster.models import Note, SignUpTag, Tag
from festival.signups.models import SignUp
from festival.signups.retention import sign_ups_over


def _export(account_id: int) -> Rows:
    ids = _sign_ups_of(account_id)
    carried = db.session.execute(
        select(SignUpTag.sign_up_id, Tag.label, SignUpTag.at)
        .join(Tag, Tag.id == SignUpTag.tag_id)
        .where(SignUpTag.sign_up_id.in_(ids))
        .order_by(SignUpTag.sign_up_id, Tag.label),
    )
    return {
        "sign_up_tag": [{"sign_up_id": row.sign_up_id, "label": row.label, "at": plain(row.at)} for row in carried],
        "sign_up_note": rows(Note, Note.sign_up_id.in_(ids), without=("author_id",)),
    }


def _erase(account_id: int) -> None:
    """Drop them: nothing that counts rests on them."""
    _drop(_sign_ups_of(account_id))


def _consent_withdrawn(consent: Consent) -> None:
    """Without the notice there is no sign-up either, and nothing to write beside it."""
    if consent.sign_up_id is not None and consent.question_key is None:
        _drop(select(SignUp.id).where(SignUp.id == consent.sign_up_id))


def _sign_ups_of(account_id: int) -> Select[int]:
    return select(SignUp.id).where(SignUp.person_id == account_id)


def _drop(ids: Select[int]) -> None:
    for table in (Note, SignUpTag):
        db.session.execute(delete(table).where(table.sign_up_id.in_(ids)))


def _old_notes(moment: Moment, limit: int) -> int:
    ids = first(Note, limit, Note.sign_up_id.in_(sign_ups_over(moment)))
    db.session.execute(delete(Note).where(Note.id.in_(ids)))
    return len(ids)


def _old_tags(moment: Moment, limit: int) -> int:
    tagged = select(SignUpTag.sign_up_id).where(SignUpTag.sign_up_id.in_(sign_ups_over(moment)))
    ids = list(db.session.scalars(tagged.distinct().order_by(SignUpTag.sign_up_id).limit(limit)))
    db.session.execute(delete(SignUpTag).where(SignUpTag.sign_up_id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"sign_up_tag", "sign_up_note"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(
        Purge("notes", _l("内部备注"), _l("活动结束后 180 天"), _old_notes),
        Purge("tags", _l("报名的标签"), _l("活动结束后 180 天"), _old_tags),
    ),
)
