"""What a forum tells people: an agenda that changed for them, and hours that were certified."""

from dataclasses import replace

from festival.kinds.forum import queries, rules, wording
from festival.lib.db import db
from festival.lib.i18n import _, _l, loc
from festival.notices.own import OwnMessage, Told
from festival.notices.rules import Placeholder
from festival.notices.wording import Values, Words, said
from festival.outbox.texts import fitted_or
from festival.programme.models import Activity, ActivityStatus, Slot
from festival.signups.models import SignUp

_AGENDA_CHANGED = "forum_agenda_changed"
_CHANGE = Placeholder("change", "变化", "change")
_CHANGES = Placeholder("changes", "全部变化", "changes")
_NOTE = Placeholder("note", "说明", "note")
_FORUM = Placeholder("forum", "论坛全称", "forum")
_HOURS = Placeholder("hours", "学时", "hours")
_NUMBER = Placeholder("number", "证明编号", "number")


def _full_title(activity: Activity) -> str:
    """Return a forum's whole title as it stands between quotation marks: those inside it are single ones."""
    return loc(activity, "title").replace("“", "‘").replace("”", "’")


def _agenda_changed(news_id: int, _reader_id: int) -> Told | None:
    """Tell what is different now for what its reader booked or saved, since they were last told: a later version says it all."""
    found = queries.news(news_id)
    if found is None:
        return None
    news, version = found
    activity = db.session.get_one(Activity, version.activity_id)
    last = queries.latest(activity.id)
    if activity.status != ActivityStatus.PUBLISHED or last is None or not queries.is_latest_news(news, version):
        return None
    since, keys = queries.untold(news, version, _AGENDA_CHANGED)
    changes = rules.changes(queries.plan_of(queries.version(activity.id, since - 1)), queries.plan_of(last))
    lines = wording.told(changes, keys, wording.names_of(activity.id))
    if not lines:
        return None
    return Told(activity, f"/activities/{activity.slug}/agenda", _change_values(activity, lines, loc(version, "note")))


def _change_values(activity: Activity, lines: list[str], note: str) -> Values:
    listed = "\n".join(f"· {line}" for line in lines)
    return {"forum": _full_title(activity), "change": lines[0], "changes": listed, "note": note}


def _change_words(values: Values) -> Words:
    def full(what: str, name: str) -> str:
        return _("“%(title)s”议程有变：%(what)s。", title=name, what=what)

    def shorter(name: str) -> str:
        return _("“%(title)s”中您预约或收藏的议程有变，请登录查看。", title=name)

    long = "\n".join(
        [
            _("您预约或收藏的“%(title)s”议程有调整：", title=values["forum"]),
            values["changes"],
            *([_("说明：%(note)s", note=values["note"])] if values["note"] else []),
            _("预约的平行论坛仍为您保留；时间不合适时，可以取消或改约其他场次。"),
        ]
    )
    return Words(fitted_or(full, shorter, values["change"], values["title"]), long)


def _change_example(activity: Activity, _slot: Slot) -> Values:
    """Return what one would read if an item of the agenda began half an hour earlier than now."""
    items = [one for one in queries.plan_of(queries.latest(activity.id)) if one.type != rules.SessionType.BREAK]
    names = wording.names_of(activity.id)
    moved = [
        rules.Change(rules.ChangeKind.MOVED, replace(one, starts=one.starts - 30, ends=one.ends - 30), one) for one in items[:2]
    ]
    lines = [wording.change_words(one, names) for one in moved] or [_("议程有调整")]
    return _change_values(activity, lines, _("嘉宾行程有变"))


def _certified(sign_up_id: int, _reader_id: int) -> Told | None:
    certificate = queries.certificate_of(sign_up_id)
    if certificate is None or certificate.revoked_at is not None:
        return None
    sign_up = db.session.get_one(SignUp, sign_up_id)
    activity = db.session.get_one(Activity, sign_up.activity_id)
    values = {"forum": _full_title(activity), "hours": str(certificate.hours), "number": certificate.number}
    return Told(activity, f"/sign-ups/{sign_up.code}/certificate", values, sign_up.slot)


def _certified_words(values: Values) -> Words:
    return said(
        lambda name: _("“%(title)s”%(hours)s学时证明已开具，登录查看。", title=name, hours=values["hours"]),
        values["title"],
        long=_(
            "您参加“%(title)s”的继续教育学时证明已开具：%(hours)s 学时，编号 %(number)s。可在报名页面查看、打印。",
            title=values["forum"],
            hours=values["hours"],
            number=values["number"],
        ),
    )


def _certified_example(activity: Activity, _slot: Slot) -> Values:
    return {"forum": _full_title(activity), "hours": "3", "number": "HX23-7K4M-Q2XW-3PBD"}


MESSAGES = (
    OwnMessage(
        _AGENDA_CHANGED,
        _l("议程调整"),
        _agenda_changed,
        _change_words,
        (_CHANGE, _CHANGES, _NOTE, _FORUM),
        _change_example,
    ),
    OwnMessage(
        "forum_certificate", _l("学时证明已开具"), _certified, _certified_words, (_HOURS, _NUMBER, _FORUM), _certified_example
    ),
)
