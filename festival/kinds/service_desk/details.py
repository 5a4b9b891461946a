"""What readers see of the service desk: what it helps with, who answers, and by what rules."""

from typing import Literal

from pydantic import Field, PositiveInt, model_validator

from festival.lib.documents import Part, Text, Words
from festival.programme.details import SessionKey
from festival.programme.kinds import Details


class Appointment(Part):
    """How long one appointment of a session takes."""

    session: SessionKey
    minutes: PositiveInt


class Rule(Part):
    """A rule of the desk, and where it comes from."""

    text: Words
    basis: Words
    level: Literal["fact", "inferred", "demo"]


class Category(Part):
    """What a request may be about: who leads, with which partners, and in how many working days it is answered."""

    key: Text
    title: Words
    department: Text
    partners: tuple[Text, ...] = ()
    days: PositiveInt


class Department(Part):
    """A department that dispatches requests or handles them."""

    key: Text
    name: Words
    role: Literal["dispatcher", "handler"]


class ServiceDeskDetails(Details):
    """The desk's categories, departments, states and rules."""

    appointments: tuple[Appointment, ...]
    states: tuple[Words, ...] = Field(min_length=1)
    rules: tuple[Rule, ...]
    categories: tuple[Category, ...] = Field(min_length=1)
    departments: tuple[Department, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _departments_exist(self) -> "ServiceDeskDetails":
        keys = {department.key for department in self.departments}
        for category in self.categories:
            for named in (category.department, *category.partners):
                if named not in keys:
                    raise ValueError(f"{category.key}: there is no department {named!r}")
        return self

    def department(self, key: str) -> Department:
        """Return a department by its key."""
        return next(department for department in self.departments if department.key == key)

    def minutes_of(self, session: str) -> int | None:
        """Return how long an appointment of a session takes; None where it is not said."""
        return next((appointment.minutes for appointment in self.appointments if appointment.session == session), None)
