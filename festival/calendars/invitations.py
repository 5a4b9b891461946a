"""Invitations by mail: what a person's mailbox is told about a slot, numbered so that it never goes backwards."""

from dataclasses import dataclass

from sqlalchemy import select

from festival.calendars import queries
from festival.calendars.addresses import Site
from festival.calendars.itip import Invitation, Mailbox, write_invitation
from festival.calendars.models import CalendarInvitation
from festival.calendars.render import mailed_entry, standing_of
from festival.calendars.rules import READ_LATELY, Method, Standing, invitation_method, invitation_sequence
from festival.lib import clock
from festival.lib.db import db
from festival.signups.models import SignUp
from festival.signups.rules import State


@dataclass(frozen=True, slots=True)
class Numbered:
    """What a message asks of its reader's calendar, and the SEQUENCE it bears."""

    slot_id: int
    method: Method
    sequence: int


def number(account_id: int, slot_id: int, *, address_id: int, message_id: int) -> Numbered | None:
    """Decide what a message tells a mailbox about a slot, and keep it; call it inside ``transaction()``.

    The same message tried again bears the same number; whatever is decided follows from the rows as they are now.

    :return: None when the mailbox has nothing to learn.
    """
    queries.hold_account(account_id)
    told = db.session.scalar(
        select(CalendarInvitation).where(CalendarInvitation.account_id == account_id, CalendarInvitation.slot_id == slot_id),
    )
    last = told.method if told is not None and told.address_id == address_id else None
    if told is not None and told.message_id == message_id and last is not None:
        return Numbered(slot_id, told.method, told.sequence)
    session = queries.session_of(slot_id)
    method = invitation_method(_state(account_id, slot_id), standing_of(session.slot), last, reads_feed=_reads_feed(account_id))
    if method is None:
        return None
    sequence = invitation_sequence(session.slot.sequence, None if told is None else told.sequence)
    if told is None:
        told = CalendarInvitation(account_id=account_id, slot_id=slot_id)
        db.session.add(told)
    told.address_id, told.method, told.sequence, told.message_id = address_id, method, sequence, message_id
    return Numbered(slot_id, method, sequence)


def _state(account_id: int, slot_id: int) -> State:
    """Return the state of a person's newest sign-up for a slot; whoever has none there any more has withdrawn from it."""
    state = db.session.scalar(
        select(SignUp.state).where(SignUp.person_id == account_id, SignUp.slot_id == slot_id).order_by(SignUp.id.desc()).limit(1),
    )
    return state or State.WITHDRAWN


def _reads_feed(account_id: int) -> bool:
    latest = max((one.read_at for one in queries.readings(account_id)), default=None)
    return latest is not None and latest > clock.wall() - READ_LATELY


def write(numbered: Numbered, site: Site, *, organizer: Mailbox, attendee: Mailbox) -> bytes:
    """Return the calendar object that goes with a message, in the language spoken.

    :raises NotFound: the slot is gone.
    """
    session = queries.session_of(numbered.slot_id)
    return write_invitation(
        Invitation(
            method=numbered.method,
            entry=mailed_entry(session, site, numbered.method, numbered.sequence),
            sent_at=clock.wall(),
            organizer=organizer,
            attendee=attendee,
            is_off=standing_of(session.slot) == Standing.CANCELLED,
        ),
    )
