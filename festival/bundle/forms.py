"""One form for several activities: each question once, and of each activity what is its own."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms.fields import HiddenField
from wtforms.fields.core import Field
from wtforms.form import BaseForm

from festival.bundle.service import Wish
from festival.lib.i18n import loc
from festival.programme.models import Question
from festival.signups import asking, queries
from festival.signups.asking import field_name, is_sensitive
from festival.signups.forms import Asked, SensitiveGroup, SignUpForm, visitor_fields
from festival.signups.rules import Reason
from festival.signups.sheet import Sheet

#: Longer than any key of ours; what is longer is somebody's own invention.
_LONGEST_KEY = 64


class WhoForm(BaseForm):
    """What is asked once, whatever was chosen: the address and code of a visitor, the form's key, what was told."""

    def __init__(self, *, is_visitor: bool, sent: MultiDict[str, Any] | None = None, key: str = "") -> None:
        self.is_visitor = is_visitor
        fields: dict[str, Any] = visitor_fields() if is_visitor else {}
        super().__init__({**fields, "idempotency_key": HiddenField(), "told": HiddenField()})
        self.process(sent, data={"idempotency_key": key})

    @property
    def key(self) -> str:
        """The idempotency key as it came; empty where there is none."""
        return str(self["idempotency_key"].data or "")[:_LONGEST_KEY]

    def complain(self, name: str, words: str) -> None:
        """Say what is wrong beside a field."""
        self[name].errors = [*self[name].errors, words]


@dataclass(frozen=True, slots=True)
class Part:
    """One activity of the bundle: what it offers, and its own fields (those of shared questions are asked once)."""

    sheet: Sheet
    form: SignUpForm

    @property
    def closed(self) -> Reason | None:
        """Why there is nothing to fill in for it."""
        return Reason.ALREADY if self.sheet.held_now is not None else self.sheet.openings.reason

    @property
    def needs_code(self) -> bool:
        """Tell whether only an invitation's code opens it, and none that does was shown."""
        return self.closed == Reason.INVITATION_ONLY and self.sheet.takes_codes

    @property
    def pledges(self) -> list[Asked]:
        """Its pledges that are their own consent: they are made to this activity alone."""
        return [
            one for group in self.form.groups for one in group.asked if group.consent is None and _is_own_consent(one.question)
        ]

    def wish(self) -> Wish:
        """Return what is asked for."""
        held, closed = self.sheet.held_now, self.closed
        return Wish(
            activity_id=self.sheet.activity.id,
            kind=self.sheet.kind,
            asked=self.form.value(None) if closed is None else None,
            closed=closed,
            held_id=held.id if held else None,
        )


@dataclass(frozen=True, slots=True)
class SharedGroup:
    """Sensitive questions asked once, with a consent for each activity that asks them."""

    asked: tuple[Asked, ...]
    #: Short title of the activity, and what is ticked for it.
    consents: tuple[tuple[str, SensitiveGroup], ...]


@dataclass(frozen=True, slots=True)
class Wrong:
    """One thing to mend: the field's id, what it is called, and the words."""

    id: str
    label: str
    words: str


def _is_own_consent(question: Question) -> bool:
    return question.type == "pledge" and is_sensitive(question)


@dataclass(frozen=True, slots=True)
class BundleForm:
    """The whole page: who, and a part for each activity."""

    who: WhoForm
    parts: tuple[Part, ...]

    @property
    def open_parts(self) -> list[Part]:
        """The activities that there is something to fill in for."""
        return [part for part in self.parts if part.closed is None]

    @property
    def coded_parts(self) -> list[Part]:
        """The activities that an invitation's code may open yet."""
        return [part for part in self.parts if part.needs_code]

    @property
    def opens_more(self) -> bool:
        """Tell whether a code opens something that the page it came from did not offer yet."""
        return any(part.form.opens_more for part in self.open_parts)

    @property
    def closed_parts(self) -> list[Part]:
        """The activities that cannot be signed up for any more, or are held already."""
        return [part for part in self.parts if part.closed is not None and not part.needs_code]

    @property
    def has_files(self) -> bool:
        """Tell whether the form must be sent in parts."""
        return any(part.form.has_files for part in self.open_parts)

    @property
    def lost_files(self) -> list[str]:
        """Names of the fields whose file this page cannot give back."""
        return list(dict.fromkeys(name for part in self.open_parts for name in part.form.lost_files))

    def _asked(self) -> dict[str, Asked]:
        """Return each question asked once, by key, as the one shows it that is wrong, or else the one that must be answered."""
        found: dict[str, list[Asked]] = {}
        for part in self.open_parts:
            for question in part.sheet.questions:
                if not _is_own_consent(question):
                    found.setdefault(question.key, []).append(Asked(question, part.form[field_name(question)]))
        return {
            key: min(several, key=lambda one: (not one.field.errors, not one.question.is_required))
            for key, several in found.items()
        }

    @property
    def name_asked(self) -> Asked | None:
        """The question for the name; None where no activity asks it."""
        return self._asked().get(asking.NAME)

    @property
    def plain(self) -> list[Asked]:
        """The other questions that need no consent of their own."""
        return [one for key, one in self._asked().items() if key != asking.NAME and not is_sensitive(one.question)]

    @property
    def groups(self) -> list[SharedGroup]:
        """The sensitive questions, by what they are consented to."""
        once = self._asked()
        keys: dict[str, dict[str, Asked]] = {}
        consents: dict[str, list[tuple[str, SensitiveGroup]]] = {}
        for part in self.open_parts:
            for group in part.form.groups:
                if group.consent is None:
                    continue
                keys.setdefault(group.key, {}).update({one.question.key: once[one.question.key] for one in group.asked})
                consents.setdefault(group.key, []).append((loc(part.sheet.activity, "short_title"), group))
        return [SharedGroup(tuple(asked.values()), tuple(consents[key])) for key, asked in keys.items()]

    def asked_by(self, key: str) -> list[str]:
        """Return the short titles of the activities that ask a question."""
        return [
            loc(part.sheet.activity, "short_title")
            for part in self.open_parts
            if any(question.key == key for question in part.sheet.questions)
        ]

    def validate(self) -> bool:
        """Judge who, and every part that can still be asked for."""
        judged = [self.who.validate(), *(part.form.validate() for part in self.open_parts)]
        return all(judged)

    def wrong(self) -> list[Wrong]:
        """Return what is to be mended; what several activities say of the same answer is said once."""
        found: dict[str, Wrong] = {}
        for title, one in self._fields():
            if one.errors:
                label = str(one.label.text)
                found.setdefault(one.id, Wrong(_leads_to(one), f"{title} · {label}" if title else label, one.errors[0]))
        return list(found.values())

    def _fields(self) -> Iterator[tuple[str, Field]]:
        """Yield every field with the activity that it belongs to alone; empty where it is asked once."""
        for one in self.who:
            yield "", one
        for part in self.open_parts:
            title = loc(part.sheet.activity, "short_title")
            for one in part.form:
                yield ("" if one.name == one.short_name else title), one


def _leads_to(one: Field) -> str:
    """Return the id that a link to a field leads to: of a group of choices its first."""
    is_group = hasattr(one, "option_widget") and getattr(one.widget, "multiple", True)
    return f"{one.id}-0" if is_group else str(one.id)


def empty(sheets: Sequence[Sheet], key: str) -> BundleForm:
    """Return the form as it is first shown: what a returning person said before need not be typed again.

    :param key: the fresh idempotency key.
    """
    person = sheets[0].person
    earlier = queries.earlier_answers(person.id) if person else {}
    parts = []
    for sheet in sheets:
        known: dict[str, Any] = {}
        if person is not None:
            known = asking.prefill(sheet.questions, earlier) | {f"q-{asking.NAME}": person.name}
        parts.append(_part(sheet, data=known))
    return BundleForm(WhoForm(is_visitor=person is None, key=key), tuple(parts))


def as_sent(sheets: Sequence[Sheet], sent: MultiDict[str, Any]) -> BundleForm:
    """Return the form as it was sent."""
    who = WhoForm(is_visitor=sheets[0].person is None, sent=sent)
    return BundleForm(who, tuple(_part(sheet, sent=sent) for sheet in sheets))


def _part(sheet: Sheet, sent: MultiDict[str, Any] | None = None, data: Mapping[str, Any] | None = None) -> Part:
    form = SignUpForm(
        sheet.activity,
        sheet.questions,
        sheet.notice,
        sheet.openings,
        is_visitor=False,
        sent=sent,
        data=data,
        prefix=sheet.activity.slug,
        shared=[question.key for question in sheet.questions if not _is_own_consent(question)],
    )
    return Part(sheet, form)
