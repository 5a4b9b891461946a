"""What a forum tells people: an agenda that changed for them, and hours that were certified."""

from festival.kinds.forum import queries, rules, wording
from festival.lib.db import db
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.wording import Words
from festival.outbox.texts import fitted
from festival.programme.models import Activity, ActivityStatus
from festival.signups.models import SignUp


def _agenda_changed(news_id: int, _reader_id: int) -> Told | None:
    """Say what a version changed of what its reader booked or saved; a later version makes it out of date."""
    found = queries.news(news_id)
    if found is None:
        return None
    news, version = found
    activity = db.session.get_one(Activity, version.activity_id)
    last = queries.latest(activity.id)
    if activity.status != ActivityStatus.PUBLISHED or last is None:
        return None
    before = queries.version(activity.id, version.n - 1)
    changes = rules.changes(queries.plan_of(before), queries.plan_of(version))
    lines = wording.told(changes, news.keys.split(","), wording.names_of(activity.id))
    if not lines:
        return None
    title = loc(activity, "short_title") or loc(activity, "title")
    note = loc(version, "note")
    short = fitted(lambda what, name: _("“%(title)s”议程有变：%(what)s。", title=name, what=what), lines[0], title)
    long = "\n".join(
        [
            _("您预约或收藏的“%(title)s”议程有调整：", title=loc(activity, "title")),
            *(f"· {line}" for line in lines),
            *([_("说明：%(note)s", note=note)] if note else []),
            _("预约的平行论坛仍为您保留；时间不合适时，可以取消或改约其他场次。"),
        ]
    )
    return Told(Words(short=short, long=long), title, f"/activities/{activity.slug}/agenda")


def _certified(sign_up_id: int, _reader_id: int) -> Told | None:
    certificate = queries.certificate_of(sign_up_id)
    if certificate is None or certificate.revoked_at is not None:
        return None
    sign_up = db.session.get_one(SignUp, sign_up_id)
    activity = db.session.get_one(Activity, sign_up.activity_id)
    title = loc(activity, "short_title") or loc(activity, "title")
    number = certificate.number
    short = fitted(lambda name: _("“%(title)s”%(hours)s学时证明已开具，登录查看。", title=name, hours=certificate.hours), title)
    long = _(
        "您参加“%(title)s”的继续教育学时证明已开具：%(hours)s 学时，编号 %(number)s。可在报名页面查看、打印。",
        title=loc(activity, "title"),
        hours=certificate.hours,
        number=number,
    )
    return Told(Words(short=short, long=long), title, f"/sign-ups/{sign_up.code}/certificate")


MESSAGES = (
    OwnMessage("forum_agenda_changed", _l("议程调整"), _agenda_changed),
    OwnMessage("forum_certificate", _l("学时证明已开具"), _certified),
)
