"""What the organizers decide beforehand, and what happens then: drawn at random, so that a walk is told by its seed."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.signups.model.facts import PARTY_MAX

STEPS = 32
#: Who signs up is somebody new.
NEW = 1000


@dataclass(frozen=True)
class PoolSetting:
    """A pool as it is opened."""

    capacity: int | None
    way: str
    quota: str = ""
    list_limit: int | None = None
    is_reserve: bool = False


@dataclass(frozen=True)
class Setting:
    """What the organizers decided. Hours count from the beginning of the walk."""

    #: ``early`` or ``late``: one session; ``several`` sessions; ``children`` of one session.
    shape: str
    #: The pools of each slot that has any.
    pools: tuple[tuple[PoolSetting, ...], ...]
    ceilings: tuple[int | None, ...]
    closes_in: int | None
    has_backup: bool
    list_limit: int | None
    offers: bool
    smaller_may_pass: bool
    tolerance: int | None
    is_reviewed: bool
    #: Companions are asked by name.
    is_named: bool


#: One thing that happens: its name, and what it is about.
Act = tuple[str, tuple[Any, ...]]


def some_setting(chance: Random) -> Setting:
    """Return an activity as organizers may set one up."""
    shape = chance.choice(["early", "late", "several", "children"])
    slots = 1 if shape in {"early", "late"} else 2
    return Setting(
        shape=shape,
        pools=tuple(_some_pools(chance) for _ in range(slots)),
        ceilings=tuple(chance.choice([None, None, 4, 6, 8]) for _ in range(slots)),
        closes_in=chance.choice([None, None, 25, 45]),
        has_backup=chance.random() < 0.3,
        list_limit=chance.choice([None, None, 8, 4, 0]),
        offers=chance.choice([True, True, False]),
        smaller_may_pass=chance.random() < 0.25,
        tolerance=chance.choice([None, 0, 1, 2]),
        is_reviewed=chance.random() < 0.2,
        is_named=chance.random() < 0.3,
    )


def _some_pools(chance: Random) -> tuple[PoolSetting, ...]:
    def capacity(*more: int | None) -> int | None:
        return chance.choice([2, 3, 4, 5, 6, *more])

    def limit() -> int | None:
        return chance.choice([None, None, None, 3])

    any_ways = [chance.choice(["open", "approval", "ballot"]) for _ in range(chance.choice([1, 2]))]
    plain = [PoolSetting(capacity(None), way, list_limit=limit()) for way in any_ways]
    way = chance.choice(["open", "open", "ballot", "approval"])
    quotas = [PoolSetting(capacity(None), way, quota=answer, list_limit=limit()) for answer in ("m", "f")]
    zones = [PoolSetting(capacity(), "open", list_limit=limit()) for _ in range(chance.choice([2, 3]))]
    invited = [PoolSetting(capacity(), "open"), PoolSetting(capacity(), "invitation")]
    reserve = PoolSetting(capacity(), "open", is_reserve=True)
    chosen = chance.choice([plain, plain, quotas, zones, invited])
    return tuple([*chosen, reserve] if chance.random() < 0.4 and len(chosen) > 1 else chosen)


def some_acts(chance: Random, steps: int = STEPS) -> list[Act]:
    """Return what happens in a walk; in each of them some things happen more often than in others."""
    names, common = list(_ACTS), [weight for weight, _some in _ACTS.values()]
    weights = [weight * chance.choice([0.3, 1, 1, 2]) for weight in common]
    acts = []
    for _ in range(steps):
        [name] = chance.choices(names, weights)
        acts.append((name, _ACTS[name][1](chance)))
    return acts


def _any(chance: Random) -> int:
    return chance.randrange(120)


def _persons(chance: Random) -> int:
    return chance.randint(1, PARTY_MAX)


def _yes(chance: Random) -> bool:
    return chance.random() < 0.5


_ACTS: dict[str, tuple[float, Callable[[Random], tuple[Any, ...]]]] = {
    # Who: the first few are people whom the walk knows already. By which invitation: half of the time none.
    "sign_up": (
        26,
        lambda some: (
            some.choice([_any(some), NEW, NEW, NEW]),
            _any(some),
            _persons(some),
            some.choice([None, *[_any(some)] * 3]),
        ),
    ),
    "withdraw": (3, lambda some: (_any(some),)),
    "remove": (1, lambda some: (_any(some),)),
    "resize": (3, lambda some: (_any(some), _persons(some))),
    "withdraw_one": (1.5, lambda some: (_any(some), some.randrange(PARTY_MAX))),
    "move": (4, lambda some: (_any(some), _any(some))),
    "decide": (5, lambda some: (_any(some), some.choice([1, 1, 3]), some.random() < 0.8)),
    "draw": (4, lambda some: (_any(some), _yes(some), str(_any(some)))),
    "void": (1, lambda some: (_any(some),)),
    "take_offer": (2, lambda some: (_any(some),)),
    "set_capacity": (1.5, lambda some: (_any(some), some.choice([None, 0, *range(2, 10)]), _yes(some))),
    "set_ceiling": (0.7, lambda some: (_any(some), some.choice([None, 3, 5, 8, 12]))),
    "set_rules": (
        0.5,
        lambda some: (_yes(some), _yes(some), some.choice([None, 0, 1, 2]), some.choice([None, None, 8, 4, 0])),
    ),
    "add_batch": (1, lambda some: (_any(some), some.choice([1, 6, 24]), some.randint(1, 4))),
    "remove_batch": (0.3, lambda some: (_any(some),)),
    "make_reserve": (0.4, lambda some: (_any(some),)),
    "end_reserve": (0.4, lambda some: (_any(some),)),
    "invite": (1.5, lambda some: (_any(some), some.choice([1, 2]), some.choice([None, 5, 20]))),
    "revoke": (0.3, lambda some: (_any(some),)),
    "merge": (1, lambda some: (_any(some), _any(some), some.randint(0, 10))),
    "split": (0.7, lambda some: (_any(some), some.randint(0, 6), some.randint(0, 6))),
    "take_step": (
        1.2,
        lambda some: (_any(some), some.choice(["cancel", "postpone", "resume", "resume", "backup"]), some.choice("风电")),
    ),
    "keep": (0.7, lambda some: (_any(some),)),
    "release": (0.7, lambda some: (_any(some),)),
    "miss": (1.5, lambda some: (_any(some), _yes(some))),
    "release_absent": (1, lambda some: (_any(some), some.randrange(256))),
    "record_absences": (2, lambda _some: ()),
    "explain": (0.5, lambda some: (_any(some),)),
    "excuse": (1, lambda some: (_any(some),)),
    "pass_time": (4, lambda some: (some.choice([2, 6, 12, 14, 24]), _yes(some))),
}
