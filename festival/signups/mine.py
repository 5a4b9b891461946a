"""What kinds of activities add to 我的报名: appointments that a person keeps beside their sign-ups, and ways to their pages.

The seam for kinds: an interview at a fair. An appointment takes its time like a place in an activity does.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

from sqlalchemy import ColumnElement, Select

from festival.signups.rules import Stop


@dataclass(frozen=True, slots=True)
class Appointment:
    """A time that somebody keeps within an activity, in the language spoken."""

    #: The activity it is part of: the two are in nobody's way.
    activity_id: int
    stop: Stop
    title: str
    #: Where it is, in words.
    place: str
    #: The page on which to read on.
    path: str


@dataclass(frozen=True, slots=True)
class Way:
    """A page of a kind's own, for those it concerns."""

    #: The address, such as ``/me/applications``, and a symbol of the sprite.
    path: str
    symbol: str
    label: str


@dataclass(frozen=True, slots=True)
class Appointments:
    """How the appointments of a kind are found."""

    #: Those that a person keeps.
    of: Callable[[int], list[Appointment]]
    #: Those that any of some people keep, each with whose it is, in as few questions as those of one person.
    among: Callable[[Select[int]], list[tuple[int, Appointment]]]
    #: Whether a person (bind parameter ``person_id``) keeps any, over or not: asked with every sign-up, so it must cost nothing.
    are_any: ColumnElement[bool]


Ways: TypeAlias = Callable[[int], list[Way]]

_appointments: list[Appointments] = []
_ways: list[Ways] = []


def register(appointments: Iterable[Appointments], ways: Iterable[Ways]) -> None:
    """Make known what kinds add, each asked with a person's id; called once by the composition root."""
    _appointments[:] = appointments
    _ways[:] = ways


def appointments(person_id: int) -> list[Appointment]:
    """Return the appointments that somebody keeps, by time."""
    found = [one for each in _appointments for one in each.of(person_id)]
    return sorted(found, key=lambda one: (one.stop.starts_at, one.path))


def appointments_among(people: Select[int]) -> list[tuple[int, Appointment]]:
    """Return the appointments that any of some people keep, each with the id of whose it is."""
    return [one for each in _appointments for one in each.among(people)]


def are_any() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions of which one holds if a person (bind parameter ``person_id``) keeps any appointment."""
    return tuple(each.are_any for each in _appointments)


def ways(person_id: int) -> list[Way]:
    """Return the ways to pages of kinds that concern somebody."""
    return [one for of in _ways for one in of(person_id)]
