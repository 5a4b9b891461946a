"""Tags and notes beside sign-ups, as columns that a spreadsheet may fill in."""

import re
from collections.abc import Collection, Mapping

from sqlalchemy import func, select

from festival.accounts.models import Account
from festival.audit.models import AuditEntry
from festival.exports.names import staff_names
from festival.exports.returned import Touched
from festival.lib.db import db
from festival.roster import beside
from festival.roster.models import Colour, Note, SignUpTag, Tag
from festival.roster.rules import DeskRefused
from festival.roster.wording import REFUSALS

#: Characters of one tag, as its column holds them.
_LONGEST_TAG = 20
_BETWEEN = re.compile(r"[、,，;；]")
#: What stands between tags in a cell, in either language: it is no word of the page.
_JOINED = "、"


# -- tags -----------------------------------------------------------------------------------------------------------------------


def tags_of(sign_up_ids: Collection[int]) -> dict[int, str]:
    """Return the tags of sign-ups by sign-up, in one cell."""
    found: dict[int, list[str]] = {}
    for row in db.session.execute(
        select(SignUpTag.sign_up_id, Tag.label)
        .join(Tag, Tag.id == SignUpTag.tag_id)
        .where(SignUpTag.sign_up_id.in_(sign_up_ids)),
    ):
        found.setdefault(row.sign_up_id, []).append(row.label)
    return {sign_up_id: _JOINED.join(sorted(labels)) for sign_up_id, labels in found.items()}


def normal_tags(text: str) -> str | None:
    """Return tags in one order, each once; None: one of them is too long."""
    labels = _labels(text)
    return None if any(len(label) > _LONGEST_TAG for label in labels) else _JOINED.join(labels)


def _labels(text: str) -> list[str]:
    return sorted({label for one in _BETWEEN.split(text) if (label := one.strip())})


def tags_touched(sign_up_ids: Collection[int]) -> dict[int, Touched]:
    """Return who changed the tags of one sign-up last, and when; what was done to many at once is not told apart."""
    newest = (
        select(func.max(AuditEntry.id))
        .where(AuditEntry.action == "sign_up.tag", AuditEntry.subject == "sign_up", AuditEntry.subject_id.in_(sign_up_ids))
        .group_by(AuditEntry.subject_id)
    )
    entries = list(db.session.scalars(select(AuditEntry).where(AuditEntry.id.in_(newest))))
    names = staff_names(entry.actor_id for entry in entries if entry.actor_id is not None)
    return {entry.subject_id: Touched(names.get(entry.actor_id or 0, ""), entry.at) for entry in entries}


def write_tags(activity_id: int, wanted: Mapping[int, str], actor_id: int) -> dict[int, str]:
    """Put exactly these tags on sign-ups; a tag that the activity has not is made. Returns for whom it cannot be, and why."""
    ids = {tag.label.casefold(): tag.id for tag in beside.tags(activity_id)}
    left: dict[int, str] = {}
    for sign_up_id, text in wanted.items():
        try:
            for label in _labels(text):
                if label.casefold() not in ids:
                    made = beside.make_tag(activity_id, label, Colour.GREY, actor_id=actor_id)
                    ids[label.casefold()] = made.id
        except DeskRefused as refused:
            left[sign_up_id] = str(REFUSALS[refused.reason])
            continue
        beside.set_tags(activity_id, sign_up_id, [ids[label.casefold()] for label in _labels(text)], actor_id=actor_id)
    return left


# -- notes ----------------------------------------------------------------------------------------------------------------------


def _newest_notes(sign_up_ids: Collection[int]) -> list[tuple[Note, str | None]]:
    newest = select(func.max(Note.id)).where(Note.sign_up_id.in_(sign_up_ids)).group_by(Note.sign_up_id)
    rows = db.session.execute(
        select(Note, Account.staff_name).join(Account, Account.id == Note.author_id).where(Note.id.in_(newest)),
    )
    return [(row.Note, row.staff_name) for row in rows]


def notes_of(sign_up_ids: Collection[int]) -> dict[int, str]:
    """Return the newest note beside each sign-up."""
    return {note.sign_up_id: note.words for note, _author in _newest_notes(sign_up_ids)}


def notes_touched(sign_up_ids: Collection[int]) -> dict[int, Touched]:
    """Return who wrote the newest note, and when."""
    return {note.sign_up_id: Touched(author or "", note.at) for note, author in _newest_notes(sign_up_ids)}


def write_notes(activity_id: int, wanted: Mapping[int, str], actor_id: int) -> dict[int, str]:
    """Write a further note beside each sign-up: earlier ones stay."""
    for sign_up_id, words in wanted.items():
        beside.add_note(activity_id, sign_up_id, words, actor_id=actor_id)
    return {}
