"""The writer of invitations by mail (iTIP, RFC 5546): one slot, one attendee, plain values in, bytes out."""

from dataclasses import dataclass
from datetime import datetime

from icalendar import vBoolean, vCalAddress, vText

from festival.calendars.ics import Entry, bytes_of, event_of, instant, write_calendar
from festival.calendars.rules import Method
from festival.lib.text import clean_line


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Somebody with a mail address; ``name`` may be empty."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Invitation:
    """What one person's calendar is told about one slot."""

    method: Method
    #: Its ``sequence`` is that of this message, not the slot's.
    entry: Entry
    #: DTSTAMP: with a METHOD it is when the message was made (RFC 5545 3.8.7.2).
    sent_at: datetime
    #: The mail's own sender: clients trust no other.
    organizer: Mailbox
    attendee: Mailbox
    #: In a CANCEL: the slot itself is off, not only this person's place in it.
    is_off: bool = False


def write_invitation(invitation: Invitation) -> bytes:
    """Return the whole calendar object of one message."""
    event = event_of(invitation.entry)
    event["dtstamp"] = instant(invitation.sent_at)
    event["organizer"] = _address(invitation.organizer)
    event["attendee"] = _attendee(invitation.attendee, invitation.method)
    if invitation.method is Method.CANCEL and not invitation.is_off:
        del event["status"]  # CANCELLED would say that the slot takes place for nobody (RFC 5546 3.2.5)
    return write_calendar(None, [bytes_of(event)], method=invitation.method)


def _attendee(mailbox: Mailbox, method: Method) -> vCalAddress:
    """Return the one attendee: signed up already, so that nothing is asked and no answer is expected."""
    address = _address(mailbox)
    address.params["CUTYPE"] = vText("INDIVIDUAL")
    address.params["ROLE"] = vText("REQ-PARTICIPANT")
    address.params["PARTSTAT"] = vText("ACCEPTED" if method is Method.REQUEST else "DECLINED")
    address.params["RSVP"] = vBoolean(False)  # noqa: FBT003  # the value itself
    return address


def _address(mailbox: Mailbox) -> vCalAddress:
    address = vCalAddress(f"mailto:{mailbox.address}")
    if name := clean_line(mailbox.name):
        address.params["CN"] = vText(name)
    return address
