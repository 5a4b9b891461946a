"""Each kind of activity is complete."""

import re
from collections.abc import Iterator
from datetime import datetime, time
from typing import get_args

import jinja2
from pydantic import AwareDatetime, BaseModel

from festival.kinds import ALL_KINDS
from tests.database import ROOT


def folders() -> list[str]:
    """Return the folders of the kinds."""
    return sorted(path.parent.name for path in (ROOT / "festival" / "kinds").glob("*/__init__.py"))


def test_every_folder_of_a_kind_is_in_the_list():
    assert sorted(kind.key for kind in ALL_KINDS) == folders()


def test_every_kind_has_its_name_in_both_languages():
    chinese = re.compile(r"[\u4e00-\u9fff]")

    assert [kind.key for kind in ALL_KINDS if not chinese.search(kind.label_zh) or not kind.label_en.isascii()] == []
    assert len({kind.label_zh for kind in ALL_KINDS}) == len({kind.label_en for kind in ALL_KINDS}) == len(ALL_KINDS)


def test_every_kind_has_its_icon_in_the_sprite():
    sprite = (ROOT / "festival" / "static" / "img" / "icons.svg").read_text()
    symbols = set(re.findall(r'<symbol[^>]*\sid="([^"]+)"', sprite))

    assert [kind.key for kind in ALL_KINDS if kind.icon not in symbols] == []


def _times(model: type[BaseModel], path: str = "") -> Iterator[str]:
    """Yield the path of every field of a document that holds an instant or a time of day."""
    for name, info in model.model_fields.items():
        here = f"{path}.{name}" if path else name
        inside = [info.annotation]
        while inside:
            one = inside.pop()
            if one in {AwareDatetime, datetime, time}:
                yield here
            elif isinstance(one, type) and issubclass(one, BaseModel):
                yield from _times(one, here)
            inside += get_args(one)


def test_every_time_in_the_details_of_a_kind_has_a_name_for_who_moves_a_session():
    unnamed = {kind.key: set(_times(kind.details_model)) ^ set(kind.time_words) for kind in ALL_KINDS}

    assert {key: paths for key, paths in unnamed.items() if paths} == {}
    assert sum(len(kind.time_words) for kind in ALL_KINDS) > 10  # it does find them


def test_every_detail_template_exists(app):
    missing = []
    for kind in ALL_KINDS:
        if kind.detail_template is not None:
            try:
                app.jinja_env.get_template(kind.detail_template)
            except jinja2.TemplateNotFound:
                missing.append(kind.detail_template)

    assert missing == []
    assert [kind.key for kind in ALL_KINDS if kind.details_model.model_fields and kind.detail_template is None] == []
