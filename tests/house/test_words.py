"""Every refusal has words in both languages, and every message has its English."""

import importlib
import pkgutil
from enum import StrEnum
from typing import get_type_hints

import pytest

import festival
from festival.lib import catalogue
from festival.lib.errors import Refused
from festival.lib.i18n import speaking

for module in pkgutil.walk_packages(festival.__path__, "festival."):
    importlib.import_module(module.name)


def refusals() -> list[type[Refused]]:
    """Return every refusal that a slice may raise."""
    found, todo = [], Refused.__subclasses__()
    while todo:
        one = todo.pop()
        found.append(one)
        todo += one.__subclasses__()
    return sorted(found, key=lambda one: one.__qualname__)


def reasons_of(refusal: type[Refused]) -> list[StrEnum]:
    """Return the reasons of a refusal: the members of the type its ``reason`` is said to have."""
    for one in refusal.__mro__:
        if one is not Refused and "reason" in one.__annotations__:
            reasons = get_type_hints(one)["reason"]
            assert issubclass(reasons, StrEnum)
            return list(reasons)
    pytest.fail(f"{refusal.__module__}.{refusal.__qualname__} does not say of what type its reason is")


def words_of(slice_name: str, reason: StrEnum) -> object:
    """Return the words that a slice's ``wording.py`` has for a reason; None: it has none."""
    try:
        wording = importlib.import_module(f"{slice_name}.wording")
    except ModuleNotFoundError:
        return None
    for table in vars(wording).values():
        for key, said in table.items() if isinstance(table, dict) else ():
            if key is reason:
                return said
    return None


def test_every_refusal_is_worded_in_both_languages(app):
    unsaid = []
    with app.test_request_context():
        for refusal in refusals():
            slice_name = refusal.__module__.rpartition(".")[0]
            for reason in reasons_of(refusal):
                words = words_of(slice_name, reason)
                with speaking("zh"):
                    chinese = str(words or "")
                with speaking("en"):
                    english = str(words or "")
                if not chinese or not english or chinese == english:
                    unsaid.append(f"{slice_name}: {reason!r}")

    assert unsaid == []


def test_every_message_has_sound_english_and_every_english_a_message(capsys):
    status = catalogue.check()

    assert (status, capsys.readouterr().err) == (0, "")
