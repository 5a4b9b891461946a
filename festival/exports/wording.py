"""Lists to take away, in words: what each holds, and what of it is hidden."""

from dataclasses import dataclass, field

from festival.accounts.rules import Permission, Role, roles_with
from festival.accounts.wording import ROLE_WORDS
from festival.lib.i18n import _


@dataclass(frozen=True, slots=True)
class Way:
    """One form in which a list is had."""

    word: str
    href: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One list as the page of lists shows it."""

    key: str
    title: str
    #: What it holds.
    holds: str
    #: What of a person is hidden in it.
    hidden: str
    permission: Permission
    ways: list[Way] = field(default_factory=list)

    @property
    def who(self) -> str:
        """Who may take it."""
        held = roles_with(self.permission)
        return _("、").join(str(ROLE_WORDS[role]) for role in Role if role in held)
