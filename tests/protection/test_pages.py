"""What everybody may read about personal data and about accessibility."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from festival.accounts import personal
from festival.accounts.models import PrivacyNotice
from festival.lib.db import db
from festival.lib.settings import Footer
from festival.programme.models import ActivityStatus
from tests.builders import make_activity
from tests.protection.people import make_known

SQLITE_ONLY = pytest.mark.parametrize("dialect", ["sqlite"], indirect=True)


def test_the_privacy_page_shows_each_notice_with_the_version_that_people_agree_to(app, visitor):
    make_activity(slug="draft", status=ActivityStatus.DRAFT, title_zh="还没公布")
    make_known()
    agreed = db.session.scalars(select(PrivacyNotice)).one()
    version, first_line = agreed.version, agreed.text_zh.splitlines()[0]

    page = visitor.get("/privacy")

    notices = page.html.select("[data-notice]")
    assert (page.status, [notice["data-notice"] for notice in notices]) == (200, ["forum"])
    said = " ".join(notices[0].get_text(" ").split())
    assert f"版本 {version}" in said
    assert first_line in said
    assert "还没公布" not in page.text
    assert page.response.headers.get("Set-Cookie") is None


@SQLITE_ONLY
def test_the_privacy_page_says_how_long_each_thing_is_kept_and_whom_to_turn_to(app, visitor):
    settings = app.extensions["settings"]
    app.extensions["settings"] = replace(settings, footer=Footer(contact="privacy@hexi.example 022-0000"))

    page, english = visitor.get("/privacy"), visitor.get("/en/privacy")

    with app.test_request_context("/"):
        kept = [(str(each.what), str(each.kept)) for each in personal.purges()]
    shown = [(row.select_one("dt").get_text(), row.select_one("dd").get_text()) for row in page.html.select(".kept > div")]
    assert sorted(shown) == sorted(kept)
    assert shown[0][0] == "报名时填写的回答"
    assert "privacy@hexi.example 022-0000" in page.words
    assert (page.html.html["lang"], english.html.html["lang"]) == ("zh-CN", "en")
    assert "Your rights" in english.words


@SQLITE_ONLY
def test_the_accessibility_page_is_public_in_both_languages_and_both_are_linked_from_every_foot(app, visitor):
    pages = [visitor.get(path) for path in ("/accessibility", "/en/accessibility")]

    assert [page.status for page in pages] == [200, 200]
    assert "WCAG" in pages[0].words
    links = [a["href"] for a in pages[0].html.select(".foot a")]
    assert {"/privacy", "/accessibility"} <= set(links)
