"""Letters in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from festival.letters.models import Letter
from festival.letters.rules import PLACEHOLDERS, LetterReason
from festival.lib.format import span
from festival.lib.i18n import Locale, _, _l, loc
from festival.outbox.texts import filled, fitted
from festival.programme.models import Activity, Slot
from festival.signups.models import SignUp

if TYPE_CHECKING:
    from flask_babel.speaklater import LazyString

REFUSALS: "dict[LetterReason, LazyString]" = {
    LetterReason.NOBODY: _l("没有符合的收件人，请改选状态。"),
    LetterReason.CHANGED: _l("收件人或发送时间刚才有变化，请再看一遍预览。"),
    LetterReason.STOPPED: _l("这条消息已停止发送。"),
}
#: Placeholders offered in the form, by language.
OFFERED: dict[Locale, tuple[str, ...]] = {
    "zh": ("姓名", "活动", "时间", "地点", "签到码", "名额"),
    "en": ("name", "title", "time", "place", "code", "pool"),
}


@dataclass(frozen=True, slots=True)
class LetterWords:
    """A letter as one reader reads it."""

    subject: str
    #: The signed text message: it says the subject, and where to read the rest.
    short: str
    #: What mails and 我的消息 say.
    long: str


def words_for(letter: Letter, sign_up: SignUp, slot: Slot, activity: Activity, language: Locale, name: str) -> LetterWords:
    """Return a letter as the person behind a sign-up reads it, in the language spoken.

    :param name: of the reader where the sign-up has none.
    """
    title = loc(activity, "short_title") or loc(activity, "title")
    values = {
        "name": sign_up.name or name or _("您"),
        "title": title,
        "time": span(slot.starts_at, slot.ends_at),
        "place": loc(slot.venue or activity.venue, "name"),
        "digits": sign_up.digits,
        "pool": loc(sign_up.pool, "label"),
    }
    mine = {placeholder: values[meant] for placeholder, meant in PLACEHOLDERS.items()}
    in_english = language == "en"
    subject = filled((letter.subject_en if in_english else "") or letter.subject, mine)
    body = filled((letter.body_en if in_english else "") or letter.body, mine)
    return LetterWords(subject, _short(subject, title), f"{subject}\n\n{body}")


def _short(subject: str, title: str) -> str:
    def sentence(subject: str, title: str) -> str:
        return _("“%(title)s”：%(subject)s。全文请登录查看我的消息。", title=title, subject=subject.rstrip("。."))

    return fitted(sentence, subject, title)
