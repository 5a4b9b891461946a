"""Each kind of activity is complete."""

import re

import jinja2

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
