"""What everybody may read: how personal data is dealt with, and how the site is made accessible."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from festival.accounts import personal
from festival.accounts.personal import Purge
from festival.lib.access import public
from festival.lib.i18n import loc
from festival.lib.settings import Settings
from festival.programme.models import Activity
from festival.programme.queries import current_festival
from festival.protection import queries
from festival.signups.notice import Notice, notice_of

bp = Blueprint("protection", __name__)

#: When the words of this page last changed in what they mean. Whoever changes them moves it.
POLICY_VERSION = "2026-11-27"
#: When the site was last judged against WCAG 2.2.
JUDGED_ON = "2026-11-27"

#: What people ask about first.
_FIRST = ("answers", "files", "names", "people", "messages", "sessions", "codes")


@dataclass(frozen=True, slots=True)
class Published:
    """The notice of an activity as it stands now. ``since``: the first consent to these words; ``earlier``: versions before."""

    activity: Activity
    notice: Notice
    since: datetime | None
    earlier: int


@bp.get("/privacy")
@public
def policy() -> ResponseReturnValue:
    """Say what is collected, why, for how long, what everybody may ask for and of whom; the notice of each activity below."""
    festival = current_festival()
    found = queries.published(festival) if festival else []
    return render_template(
        "protection/policy.html",
        version=POLICY_VERSION,
        notices=[_published(activity, since) for activity, since in found],
        kept=_kept(),
        contact=_contact(),
    )


def _kept() -> list[Purge]:
    """Return what is kept for a time, what people give first; the demo's own mailbox only in the demo."""
    is_demo = bool(current_app.config["DEMO"])
    shown = [each for each in personal.purges() if is_demo or each.key != "demo_mails"]
    return sorted(shown, key=lambda each: _FIRST.index(each.key) if each.key in _FIRST else len(_FIRST))


def _published(activity: Activity, since: dict[str, datetime]) -> Published:
    notice = notice_of(activity, list(activity.questions))
    return Published(activity, notice, since.get(notice.version), len(since.keys() - {notice.version}))


@bp.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """Say how the site can be used by everybody, what does not work yet, and whom to tell."""
    return render_template("protection/accessibility.html", judged_on=JUDGED_ON, contact=_contact())


def _contact() -> str:
    """Return whom to turn to: the settings', else the festival's host."""
    settings: Settings = current_app.extensions["settings"]
    festival = current_festival()
    return settings.footer.contact or (loc(festival, "host") if festival else "")
