"""What organizers write beside sign-ups: tags, and notes for each other. Writing: inside ``transaction()``."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from festival.accounts.models import Account
from festival.audit.service import record
from festival.lib import clock
from festival.lib.db import db
from festival.lib.errors import NotFound
from festival.roster.models import Colour, Note, SignUpTag, Tag
from festival.roster.rules import DeskReason, DeskRefused
from festival.signups.models import SignUp

#: Tags of one activity: more are a filing system that nobody keeps.
MOST_TAGS = 50
#: Ids in one statement.
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class TagCount:
    """A tag, and how many sign-ups carry it."""

    tag: Tag
    count: int


@dataclass(frozen=True, slots=True)
class NoteLine:
    """A note, with what its author signs in with."""

    at: datetime
    author: str
    words: str


# -- tags -----------------------------------------------------------------------------------------------------------------------


def tags(activity_id: int) -> list[Tag]:
    """Return an activity's tags in the order of their labels."""
    return list(db.session.scalars(select(Tag).where(Tag.activity_id == activity_id).order_by(Tag.label, Tag.id)))


def tag_counts(activity_id: int) -> list[TagCount]:
    """Return an activity's tags with how often each is used."""
    rows = db.session.execute(
        select(Tag, func.count(SignUpTag.sign_up_id).label("used"))
        .outerjoin(SignUpTag, SignUpTag.tag_id == Tag.id)
        .where(Tag.activity_id == activity_id)
        .group_by(Tag.id)
        .order_by(Tag.label, Tag.id),
    )
    return [TagCount(row.Tag, row.used) for row in rows]


def make_tag(activity_id: int, label: str, colour: Colour, *, actor_id: int) -> Tag:
    """Make a tag.

    :raises DeskRefused: the activity has one of this label, or as many as it may have.
    """
    here = tags(activity_id)
    if len(here) >= MOST_TAGS:
        raise DeskRefused(DeskReason.TOO_MANY_TAGS)
    _check_label(here, label)
    made = Tag(activity_id=activity_id, label=label, colour=colour, created_at=clock.wall())
    db.session.add(made)
    db.session.flush()
    record("tag.make", "tag", made.id, actor_id=actor_id, activity_id=activity_id)
    return made


def edit_tag(activity_id: int, tag_id: int, label: str, colour: Colour, *, actor_id: int) -> None:
    """Change a tag's label or colour; whoever carries it keeps it.

    :raises NotFound: the activity has no such tag.
    :raises DeskRefused: another has this label.
    """
    tag = _tag(activity_id, tag_id)
    _check_label([one for one in tags(activity_id) if one.id != tag_id], label)
    if (tag.label, tag.colour) == (label, colour):
        return
    tag.label, tag.colour = label, colour
    record("tag.edit", "tag", tag_id, actor_id=actor_id, activity_id=activity_id)


def delete_tag(activity_id: int, tag_id: int, *, actor_id: int) -> int:
    """Delete a tag, from every sign-up too; return how many carried it.

    :raises NotFound: the activity has no such tag.
    """
    tag = _tag(activity_id, tag_id)
    used = db.session.execute(select(func.count()).select_from(SignUpTag).where(SignUpTag.tag_id == tag_id)).scalar_one()
    db.session.execute(delete(SignUpTag).where(SignUpTag.tag_id == tag_id))
    db.session.delete(tag)
    record("tag.delete", "tag", tag_id, actor_id=actor_id, activity_id=activity_id, changes=f"sign_ups={used}")
    return used


def _tag(activity_id: int, tag_id: int) -> Tag:
    tag = db.session.scalar(select(Tag).where(Tag.id == tag_id, Tag.activity_id == activity_id))
    if tag is None:
        raise NotFound
    return tag


def _check_label(others: Iterable[Tag], label: str) -> None:
    if any(one.label.casefold() == label.casefold() for one in others):
        raise DeskRefused(DeskReason.SAME_LABEL)


def set_tags(activity_id: int, sign_up_id: int, tag_ids: Collection[int], *, actor_id: int) -> bool:
    """Let a sign-up carry exactly these tags of its activity. Tells whether anything changed.

    :raises NotFound: the activity has no such sign-up.
    """
    _check_sign_up(activity_id, sign_up_id)
    known = {tag.id for tag in tags(activity_id)}
    wanted = known & set(tag_ids)
    standing = set(db.session.scalars(select(SignUpTag.tag_id).where(SignUpTag.sign_up_id == sign_up_id)))
    if wanted == standing:
        return False
    put_on(wanted - standing, [sign_up_id])
    if gone := standing - wanted:
        db.session.execute(delete(SignUpTag).where(SignUpTag.sign_up_id == sign_up_id, SignUpTag.tag_id.in_(gone)))
    changes = [*(f"+{one}" for one in sorted(wanted - standing)), *(f"-{one}" for one in sorted(gone))]
    record("sign_up.tag", "sign_up", sign_up_id, actor_id=actor_id, activity_id=activity_id, changes=f"tags {' '.join(changes)}")
    return True


def put_on(tag_ids: Collection[int], sign_up_ids: Collection[int]) -> None:
    """Put tags on sign-ups that do not carry them yet. The caller records it, and has looked that they are of one activity."""
    at = clock.wall()
    rows = [{"sign_up_id": one, "tag_id": tag_id, "at": at} for tag_id in tag_ids for one in sign_up_ids]
    if rows:
        db.session.execute(insert(SignUpTag), rows)


def take_off(tag_id: int, sign_up_ids: Collection[int]) -> None:
    """Take a tag off sign-ups. The caller records it."""
    ids = list(sign_up_ids)
    for start in range(0, len(ids), _CHUNK):
        chunk = ids[start : start + _CHUNK]
        db.session.execute(delete(SignUpTag).where(SignUpTag.tag_id == tag_id, SignUpTag.sign_up_id.in_(chunk)))


# -- notes ----------------------------------------------------------------------------------------------------------------------


def notes(sign_up_id: int) -> list[NoteLine]:
    """Return the notes beside a sign-up, the newest first."""
    rows = db.session.execute(
        select(Note.at, Account.staff_name, Note.words)
        .join(Account, Account.id == Note.author_id)
        .where(Note.sign_up_id == sign_up_id)
        .order_by(Note.id.desc()),
    )
    return [NoteLine(row.at, row.staff_name or "", row.words) for row in rows]


def add_note(activity_id: int, sign_up_id: int, words: str, *, actor_id: int) -> None:
    """Write a note beside a sign-up; it can be neither changed nor taken away.

    :raises NotFound: the activity has no such sign-up.
    """
    _check_sign_up(activity_id, sign_up_id)
    db.session.add(Note(sign_up_id=sign_up_id, author_id=actor_id, at=clock.wall(), words=words))
    record("sign_up.note", "sign_up", sign_up_id, actor_id=actor_id, activity_id=activity_id, changes="note")


def _check_sign_up(activity_id: int, sign_up_id: int) -> None:
    if db.session.scalar(select(SignUp.id).where(SignUp.id == sign_up_id, SignUp.activity_id == activity_id)) is None:
        raise NotFound
