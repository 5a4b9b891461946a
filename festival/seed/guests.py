"""Whom the demo's office invites: personal links of which some were used, a code for several, and one that was taken back."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from festival.invitations import service as invitations
from festival.lib.db import db
from festival.programme.models import Activity, Pool, Slot
from festival.seed.ballot import staff_id
from festival.seed.crowd import Wish
from festival.seed.people import MOST_PEOPLE, invent

Act = Callable[[], None]

#: The activity and its two pools by invitation: of guests by name, and of the press with one code.
SLUG, GUESTS, MEDIA = "forum", "invited", "media"
#: Links that nobody has used yet, beside those of ``COMING``; the last of them was taken back.
SILENT = 5
#: So many come by a link, and so many with the code.
COMING, PRESS = 4, 3
USES = 10
PURPOSE = "合作媒体"
_INVITED_AFTER = timedelta(hours=1)
_APART = timedelta(hours=5)


@dataclass(slots=True)
class Guests:
    """One activity's guests. ``comes`` finds somebody for a wish and returns the number; ``signs_up`` is told a code as well."""

    activity: Activity
    comes: Callable[[Wish], int]
    name_of: Callable[[int], str]
    signs_up: Callable[[Wish, int, str], None]
    #: Codes by name; of the press under its purpose.
    _codes: dict[str, str] = field(default_factory=dict)

    def acts(self) -> Iterator[tuple[datetime, Act]]:
        """Yield what the office and the guests do and when; nothing where there is no office, or no such places."""
        organizer = staff_id("organizer")
        pools = {pool.key: (slot, pool) for slot in self.activity.slots for pool in slot.pools}
        opens_at = self.activity.opens_at
        if organizer is None or opens_at is None or not {GUESTS, MEDIA} <= pools.keys():
            return
        invited = [(wish, self.comes(wish)) for wish in self._wishes(*pools[GUESTS], opens_at, COMING)]
        press = [(wish, self.comes(wish)) for wish in self._wishes(*pools[MEDIA], opens_at, PRESS)]
        names = [self.name_of(number) for _wish, number in invited]
        guests_id, media_id = pools[GUESTS][1].id, pools[MEDIA][1].id
        yield opens_at + _INVITED_AFTER, partial(self._invite, guests_id, media_id, names, organizer)
        for wish, number in invited:
            yield wish.at, partial(self._come, wish, number, self.name_of(number))
        for wish, number in press:
            yield wish.at, partial(self._come, wish, number, PURPOSE)

    def _wishes(self, slot: Slot, pool: Pool, opens_at: datetime, number: int) -> Iterator[Wish]:
        for turn in range(1, number + 1):
            yield Wish(
                at=opens_at + _INVITED_AFTER + turn * _APART,
                slug=self.activity.slug,
                session_id=slot.parent_id or slot.id,
                slot_id=slot.id,
                pool_id=pool.id,
                party_size=1,
                is_known=False,
            )

    def _come(self, wish: Wish, number: int, label: str) -> None:
        self.signs_up(wish, number, self._codes[label])

    def _invite(self, guests_id: int, media_id: int, names: list[str], organizer: int) -> None:
        silent = [invent(MOST_PEOPLE - 1 - number).name for number in range(SILENT)]
        made = invitations.invite(self.activity.id, guests_id, "\n".join([*names, *silent]), None, actor_id=organizer)
        self._codes = {one.label: one.code for one in made}
        invitations.revoke(self.activity.id, made[-1].id, actor_id=organizer)
        code = invitations.make_code(self.activity.id, media_id, PURPOSE, USES, self.activity.closes_at, actor_id=organizer)
        self._codes[PURPOSE] = code.code
        db.session.flush()
