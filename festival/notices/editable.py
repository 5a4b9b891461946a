"""Every kind of message there is, as staff look for it: those they may reword, with values to try the words, and the rest."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from festival.accounts.rules import CODE_LASTS, STAFF_LINK_LASTS
from festival.lib.i18n import Locale, _, _l, loc, locale
from festival.notices import own, render, wording
from festival.notices.own import OwnMessage, values_of
from festival.notices.rules import ALWAYS, Placeholder, placeholders_of
from festival.notices.wording import GROUPS, SUBJECTS, WORDS, Values, Words
from festival.programme.kinds import ActivityKind, all_kinds
from festival.programme.models import Activity, Slot

if TYPE_CHECKING:
    from flask_babel import LazyString

#: Values to try words with, and what ours are with them.
Example = Callable[[Activity, Slot], tuple[Values, Words]]


@dataclass(frozen=True, slots=True)
class Editable:
    """A kind of message whose words staff may change for an activity."""

    kind: str
    heading: "LazyString"
    placeholders: tuple[Placeholder, ...]
    #: In the language spoken.
    example: Example
    #: It goes to telephones too: what is read in 我的消息 or in a mail alone has no text message.
    is_texted: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Messages on like occasions."""

    heading: "LazyString"
    messages: tuple[Editable, ...]


@dataclass(frozen=True, slots=True)
class Fixed:
    """A kind of message whose words nobody changes here."""

    kind: str
    heading: "LazyString"
    why: "LazyString"
    #: How it reads, in the language spoken; None: as whoever writes it will have it.
    words: Callable[[], Words] | None = None


def for_all() -> list[Group]:
    """Return the messages that activities of every kind send."""
    return [Group(heading, tuple(_ours(kind) for kind in kinds)) for heading, kinds in GROUPS]


def of_kind(key: str) -> list[Group]:
    """Return the messages that a kind of activity has of its own, by their readers, in the order in which it brought them."""
    by_readers: dict[LazyString | None, list[Editable]] = {}
    found: _Found = {}
    for message in own.of_kind(key):
        by_readers.setdefault(message.readers, []).append(_theirs(message, found))
    return [Group(readers or _l("发给报名的人"), tuple(messages)) for readers, messages in by_readers.items()]


def kinds_with_words() -> list[ActivityKind]:
    """Return the kinds of activities that have messages of their own."""
    return [kind for kind in all_kinds() if own.of_kind(kind.key)]


def directory() -> list[tuple[str, list[tuple[str, "LazyString"]]]]:
    """Return every kind of message there is with its heading, under the occasion or the kind of activity it belongs to."""

    def listed(groups: Iterable[Group]) -> list[tuple[str, "LazyString"]]:
        return [(message.kind, message.heading) for group in groups for message in group.messages]

    return [
        *((str(group.heading), listed([group])) for group in for_all()),
        *((loc(kind, "label"), listed(of_kind(kind.key))) for kind in kinds_with_words()),
        (_("其他"), [(one.kind, one.heading) for one in FIXED]),
    ]


def within(activity: Activity) -> Iterator[Editable]:
    """Yield every message whose words may be changed for an activity."""
    for group in (*for_all(), *of_kind(activity.kind)):
        yield from group.messages


#: Values that several messages of a kind are tried with, read once: by what reads them, the activity, the slot and the language.
_Found: TypeAlias = dict[tuple[object, int, int, Locale], Values]


def _theirs(message: OwnMessage, found: _Found) -> Editable:
    def example(activity: Activity, slot: Slot) -> tuple[Values, Words]:
        key = (message.example, activity.id, slot.id, locale())
        if key not in found:
            found[key] = values_of(activity, slot, message.example(activity, slot))
        return found[key], message.ours(found[key])

    return Editable(message.kind, message.heading, message.named, example, is_texted=not message.is_quiet)


def _ours(kind: str) -> Editable:
    heading = SUBJECTS[kind]
    if kind == "saved_opened":
        return Editable(kind, heading, render.OPENED, _opened)
    if kind == "slot_left":
        return Editable(kind, heading, ALWAYS, _left, is_texted=False)

    def example(activity: Activity, slot: Slot) -> tuple[Values, Words]:
        facts = render.example_facts(activity, slot)
        return facts.values(), WORDS[kind](facts)

    return Editable(kind, heading, placeholders_of(kind), example)


def _opened(activity: Activity, _slot: Slot) -> tuple[Values, Words]:
    values = render.opened_values(activity)
    return values, wording.opened_words(values)


def _left(activity: Activity, slot: Slot) -> tuple[Values, Words]:
    values = values_of(activity, slot, {})
    return values, wording.left_words(values)


def _code() -> Words:
    return wording.code_words("628415", int(CODE_LASTS.total_seconds() // 60))


def _address_added() -> Words:
    return wording.address_added_words("138 **** 8000")


def _staff_link() -> Words:
    return wording.staff_link_words(_("用户名"), int(STAFF_LINK_LASTS.total_seconds() // 3600))


_SAFETY = _l("为账号安全，内容固定，里面没有任何人填写的文字。")
#: What staff write anew each time, and what must always read the same.
FIXED = (
    Fixed("letter", SUBJECTS["letter"], _l("由工作人员撰写：标题和正文每次都自己写，发出前预览。")),
    Fixed("code", SUBJECTS["code"], _SAFETY, _code),
    Fixed("address_added", SUBJECTS["address_added"], _SAFETY, _address_added),
    Fixed("staff_link", SUBJECTS["staff_link"], _SAFETY, _staff_link),
)
