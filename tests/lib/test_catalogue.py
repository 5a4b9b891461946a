"""The English catalogue: merging the slices' files, and what is seen as a fault."""

import gettext

import pytest

from festival.lib import catalogue

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'


def write(folder, name, **english):
    """Write a slice's file."""
    entries = "".join(f'msgid "{words}"\nmsgstr "{said}"\n\n' for words, said in english.items())
    (folder / f"{name}.po").write_text(HEADER + entries, encoding="utf-8")


def test_the_slices_files_are_compiled_into_one_catalogue(tmp_path, monkeypatch):
    monkeypatch.setattr(catalogue, "ENGLISH", tmp_path)
    monkeypatch.setattr(catalogue, "COMPILED", tmp_path / "LC_MESSAGES" / "messages.mo")
    write(tmp_path, "signups", 报名="Sign up")
    write(tmp_path, "roster", 名单="Roster", 报名="Sign up")

    assert catalogue.compile_english() == 0

    with catalogue.COMPILED.open("rb") as file:
        english = gettext.GNUTranslations(file)
    assert [english.gettext(words) for words in ("报名", "名单", "候补")] == ["Sign up", "Roster", "候补"]


def test_one_message_with_two_meanings_is_a_fault(tmp_path):
    write(tmp_path, "a", 取消="Withdraw")
    write(tmp_path, "b", 取消="Cancel")

    assert catalogue.read_english(tmp_path).faults == ["b.po: '取消' is 'Cancel' here and 'Withdraw' in a.po"]


def test_a_message_without_english_and_english_without_a_message_are_faults(tmp_path):
    write(tmp_path, "a", 名单="Roster", 候补="")

    faults = list(catalogue.judge({"报名": "signups/views.py:1", "候补": "signups/views.py:2"}, catalogue.read_english(tmp_path)))

    assert faults == [
        "signups/views.py:1: no English for '报名'",
        "signups/views.py:2: no English for '候补'",
        "a.po: nobody says '名单'",
    ]


@pytest.mark.parametrize(
    ("words", "english"),
    [
        ("余 %(n)s 个", "%(n)s left"),
        ("%(b)s 的 %(a)s", "%(a)s of %(b)s"),
        (("余 %(num)s 个", "余 %(num)s 个"), ("one left", "%(num)s left")),
        ("80%% 已满", "80%% full"),
    ],
)
def test_english_with_the_same_placeholders_is_sound(words, english):
    assert catalogue.mismatch(words, english) == ""


@pytest.mark.parametrize(
    ("words", "english"),
    [
        ("余 %(n)s 个", "some left"),
        ("余 %(n)s 个", "%(m)s left"),
        ("余 %(n)s 个", "%(n)s %(n)s left, 80% full"),
        (("余 %(num)s 个", "余 %(num)s 个"), "left"),
        (("%(a)s 余 %(num)s 个", "%(a)s 余 %(num)s 个"), ("one left", "%(num)s left")),
    ],
)
def test_english_with_other_placeholders_is_a_fault(words, english):
    assert catalogue.mismatch(words, english)


@pytest.mark.parametrize(
    ("where", "name"),
    [
        ("festival/signups/wording.py:3", "signups"),
        ("festival/kinds/tour/views.py:3", "kinds-tour"),
        ("festival/app.py:3", "lib"),
        ("templates/signups/show.html:3", "signups"),
        ("templates/manage/roster/list.html:3", "roster"),
        ("templates/layout/base.html:3", "lib"),
    ],
)
def test_a_message_belongs_to_the_slice_that_says_it(where, name):
    assert catalogue.slice_of(where) == name
