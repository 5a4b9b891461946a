"""The lists of an activity as organizers print them (A4 landscape). All but the whole export mask what a roster masks."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from festival.exports.cards import Card
from festival.exports.editing import columns_of
from festival.exports.printed import MIDDLE, NARROW, WIDE, Listing, Maker, Tally, listing
from festival.exports.returned import Edited, Standing, row_mark
from festival.exports.seating import Seated
from festival.exports.wording import head_of, written_decision
from festival.lib.format import phone, stamp
from festival.lib.i18n import _, loc
from festival.lib.spreadsheet import Cell, Column
from festival.programme.models import Activity, Question, Sensitivity, Slot
from festival.reviews.rules import Decision
from festival.roster.queries import Row
from festival.roster.render import Places, all_state_words, answer_words, answered, columns, has_more, is_hidden
from festival.signups.asking import words_of
from festival.signups.rules import State

#: Empty rows at the end of a sign-in sheet, for those who come without having signed up.
BLANK_ROWS = 12
#: Rows high enough to sign in, in points.
_SIGNING_HEIGHT = 28
#: Characters that an answer to a question of a type takes; all others: 18.
_WIDTHS = {"boolean": 8, "pledge": 8, "year": 8, "number": 8, "select": 12, "textarea": 28, "mobile": 13}


def roster(activity: Activity, rows: Iterable[Row], *, maker: Maker) -> Listing:
    """Return a roster. Contacts are masked; sensitive answers are left out."""
    asked = [question for question in answered(activity) if not is_hidden(question)]
    return _roster(activity, _("花名册"), rows, Shown(asked, _masked, answer_words), maker=maker)


def whole_roster(activity: Activity, rows: Iterable[Row], *, maker: Maker) -> Listing:
    """Return a roster with numbers, mail addresses and free answers in full, for a purpose that stands on every page.

    Sensitive answers are left out here too.
    """
    asked = [question for question in answered(activity) if question.sensitivity != Sensitivity.SENSITIVE]
    return _roster(activity, _("完整名单"), rows, Shown(asked, lambda row: row.contact, _in_full), maker=maker)


@dataclass(frozen=True, slots=True)
class Shown:
    """What of a person a roster shows: which questions, and how contacts and answers are written."""

    asked: Sequence[Question]
    contact: Callable[[Row], str]
    answer: Callable[[Question, Row], str]


def _in_full(question: Question, row: Row) -> str:
    return words_of(question, row.answers.get(question.key) or "")


def _masked(row: Row) -> str:
    return phone(row.contact) if row.contact else ""


def _roster(activity: Activity, word: str, rows: Iterable[Row], shown: Shown, *, maker: Maker) -> Listing:
    places, tally, words = Places(activity), Tally(), all_state_words()
    with_slot = places.are_many
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("签到码"), 9),
        Column(_("姓名"), 10),
        Column(_("状态"), 10),
        Column(_("人数"), NARROW, centred=True),
        Column(_("联系方式"), 15),
        *([Column(_("场次"), 25)] if with_slot else []),
        Column(_("名额"), 14),
        Column(_("报名时间"), 17),
        Column(_("签到时间"), 17),
        *(Column(loc(question, "label"), _WIDTHS.get(question.type, 18)) for question in shown.asked),
    )

    def cells() -> Iterator[list[Cell]]:
        for row in rows:
            yield [
                tally.next(row),
                row.digits,
                row.name,
                words[row.state, has_more(row)],
                row.party_size,
                shown.contact(row),
                *([places.slot(row.slot_id)] if with_slot else []),
                places.pool(row.pool_id),
                stamp(row.signed_up_at),
                stamp(row.checked_in_at) if row.checked_in_at else "",
                *(shown.answer(question, row) for question in shown.asked),
            ]

    return listing(activity, word, heads, cells(), maker=maker, closing=tally.lines())


def sign_in_sheet(activity: Activity, rows: Iterable[Row], *, slot: Slot | None, maker: Maker) -> Listing:
    """Return a sign-in sheet with a column to sign in and empty rows at the end."""
    places, tally = Places(activity), Tally()
    asked = columns(activity)[:1]
    with_slot = slot is None and places.are_many
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("姓名"), 14),
        Column(_("人数"), NARROW, centred=True),
        *(Column(loc(question, "label"), 28) for question in asked),
        Column(_("联系方式"), 18),
        *([Column(_("场次"), WIDE)] if with_slot else []),
        Column(_("名额"), 16),
        Column(_("签到码"), MIDDLE),
        Column(_("签名"), 26),
    )

    def cells() -> Iterator[list[Cell]]:
        for row in rows:
            yield [
                tally.next(row),
                row.name,
                row.party_size,
                *(answer_words(question, row) for question in asked),
                _masked(row),
                *([places.slot(row.slot_id)] if with_slot else []),
                places.pool(row.pool_id),
                row.digits,
                _("已签到") if row.state == State.ATTENDED else "",
            ]

    shown = listing(activity, _("签到表"), heads, cells(), maker=maker, slot=slot, closing=tally.lines())
    return shown.to_fill_in(blank_rows=BLANK_ROWS, row_height=_SIGNING_HEIGHT)


def insured(activity: Activity) -> list[Question]:
    """Return the questions whose answers an insurer needs: the number of a document, and of which. Empty: nothing is insured."""
    by_type = {question.type: question for question in activity.questions}
    if "id_number" not in by_type:
        return []
    kind = next((question for question in activity.questions if question.key == "id_type"), None)
    return [question for question in (kind, by_type["id_number"]) if question is not None]


def insurance_list(  # the numbers come beside the rows
    activity: Activity,
    rows: Iterable[tuple[Row, Mapping[str, str]]],
    *,
    slot: Slot | None,
    maker: Maker,
) -> Listing:
    """Return the list that goes to an insurer: names and documents in full, nothing else.

    :param rows: each with the answers to ``insured`` in clear.
    """
    places, tally, asked = Places(activity), Tally(), insured(activity)
    with_slot = slot is None and places.are_many
    missing = 0
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("姓名"), 16),
        *(Column(loc(question, "label"), 26) for question in asked),
        Column(_("人数"), NARROW, centred=True),
        *([Column(_("场次"), WIDE)] if with_slot else []),
        Column(_("名额"), 20),
        Column(_("备注"), WIDE),
    )

    def cells() -> Iterator[list[Cell]]:
        nonlocal missing
        for row, answers in rows:
            missing += not answers.get(asked[-1].key)
            yield [
                tally.next(row),
                row.name,
                *(words_of(question, answers[question.key]) if answers.get(question.key) else "" for question in asked),
                row.party_size,
                *([places.slot(row.slot_id)] if with_slot else []),
                places.pool(row.pool_id),
                "",
            ]

    def closing() -> Iterator[str]:
        yield _("共 %(n)s 人", n=tally.expected)
        if missing:
            yield _("其中 %(n)s 份报名没有证件号码（未填写，或已按期清除）", n=missing)

    return listing(activity, _("保险名单"), heads, cells(), maker=maker, slot=slot, closing=closing())


def seat_list(activity: Activity, rows: Iterable[Seated], *, slot: Slot | None, maker: Maker) -> Listing:
    """Return who sits where, in the order of the rows given; who has no seat yet has an empty cell."""
    places, tally = Places(activity), Tally()
    asked = columns(activity)[:1]
    with_slot = slot is None and places.are_many
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("座位"), 20),
        Column(_("姓名"), 16),
        Column(_("人数"), NARROW, centred=True),
        *(Column(loc(question, "label"), 32) for question in asked),
        *([Column(_("场次"), WIDE)] if with_slot else []),
        Column(_("名额"), 20),
        Column(_("签到码"), MIDDLE),
    )
    unseated = 0

    def cells() -> Iterator[list[Cell]]:
        nonlocal unseated
        for seated in rows:
            row = seated.row
            unseated += not seated.seats
            yield [
                tally.next(row),
                seated.seats,
                row.name,
                row.party_size,
                *(answer_words(question, row) for question in asked),
                *([places.slot(row.slot_id)] if with_slot else []),
                places.pool(row.pool_id),
                row.digits,
            ]

    def closing() -> Iterator[str]:
        yield from tally.lines()
        if unseated:
            yield _("其中 %(n)s 份报名还没有座位", n=unseated)

    return listing(activity, _("座位表"), heads, cells(), maker=maker, slot=slot, closing=closing())


def card_list(activity: Activity, cards: Iterable[Card], *, slot: Slot | None, maker: Maker) -> Listing:
    """Return what stands on the name cards, a row for each, as a printer's or a word processor's mail merge takes it."""
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("姓名"), 16),
        Column(_("单位"), 36),
        Column(_("活动"), 30),
        Column(_("名额"), 20),
        Column(_("座位"), 16),
    )
    title = loc(activity, "short_title") or loc(activity, "title")

    def cells() -> Iterator[list[Cell]]:
        for number, card in enumerate(cards, start=1):
            yield [number, card.name, card.organisation, title, card.pool, card.seat]

    return listing(activity, _("胸卡桌签名单"), heads, cells(), maker=maker, slot=slot)


def file_to_edit(activity: Activity, rows: Iterable[tuple[Row, Standing]], *, maker: Maker) -> Listing:
    """Return the roster to fill in and send back: hidden columns say which sign-up a row is and what its cells held."""
    places, tally = Places(activity), Tally()
    words = all_state_words()
    asked = columns(activity)[:1]
    editable = columns_of(activity)
    decisions = tuple(written_decision(decision) for decision in Decision)
    heads = (
        Column(_("序号"), NARROW, centred=True),
        Column(_("姓名"), 12),
        Column(_("状态"), 10),
        Column(_("人数"), NARROW, centred=True),
        *(Column(loc(question, "label"), 20) for question in asked),
        *([Column(_("场次"), 25)] if places.are_many else []),
        Column(_("名额"), 14),
        Column(head_of(Edited.REVIEW), 12, choices=decisions),
        Column(head_of(Edited.WORDS), 26),
        *(Column(head_of(one.column), one.width) for one in editable),
        *(Column(head_of(one.column, before=True), 4, hidden=True) for one in editable),
        Column(head_of(None), 4, hidden=True),
    )

    def cells() -> Iterator[list[Cell]]:
        for row, standing in rows:
            values = [standing.values.get(one.column, "") for one in editable]
            yield [
                tally.next(row),
                row.name,
                words[row.state, has_more(row)],
                row.party_size,
                *(answer_words(question, row) for question in asked),
                *([places.slot(row.slot_id)] if places.are_many else []),
                places.pool(row.pool_id),
                "",
                "",
                *values,
                *values,
                row_mark(row.id, standing.revision),
            ]

    shown = listing(activity, _("花名册（可回填）"), heads, cells(), maker=maker)
    return shown.noted(_("填写右侧各栏后存盘，在“导出与打印”页上传。可以排序、筛选、删行，请不要删除隐藏的列。"))
