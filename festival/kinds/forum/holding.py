"""What a forum holds about people: what they saved, what they were told, and their certificates."""

from datetime import timedelta

from sqlalchemy import delete, select, update

from festival.accounts.models import Consent
from festival.accounts.personal import Holding, Moment, Purge, Rows, first, rows
from festival.kinds.forum.models import ForumCertificate, ForumMaterial, ForumNews, ForumSaved, ForumVersion
from festival.lib.db import db
from festival.lib.i18n import _l
from festival.programme.models import Activity
from festival.signups.models import SignUp


def _export(account_id: int) -> Rows:
    mine = select(SignUp.id).where(SignUp.person_id == account_id)
    return {
        "forum_saved": rows(ForumSaved, ForumSaved.person_id == account_id),
        "forum_news": rows(ForumNews, ForumNews.person_id == account_id),
        "forum_certificate": rows(ForumCertificate, ForumCertificate.sign_up_id.in_(mine)),
        # What staff did at work.
        "forum_version": rows(ForumVersion, ForumVersion.published_by_id == account_id),
        "forum_material": rows(ForumMaterial, ForumMaterial.uploaded_by_id == account_id, without=("content",)),
    }


def _erase(account_id: int) -> None:
    """Forget what somebody saved and was told, and the name on a certificate: whoever holds its number can still verify it."""
    mine = select(SignUp.id).where(SignUp.person_id == account_id)
    db.session.execute(delete(ForumSaved).where(ForumSaved.person_id == account_id))
    db.session.execute(delete(ForumNews).where(ForumNews.person_id == account_id))
    db.session.execute(update(ForumCertificate).where(ForumCertificate.sign_up_id.in_(mine)).values(masked_name=""))


def _consent_withdrawn(consent: Consent) -> None:
    """Without the notice there is no sign-up, and nothing to certify."""
    if consent.sign_up_id is not None and consent.question_key is None:
        db.session.execute(delete(ForumCertificate).where(ForumCertificate.sign_up_id == consent.sign_up_id))


_SAVED_FOR, _CERTIFIED_FOR = timedelta(days=180), timedelta(days=3 * 365)


def _old_saved(moment: Moment, limit: int) -> int:
    over = select(Activity.id).where(Activity.ends_at <= moment.festival - _SAVED_FOR)
    ids = first(ForumSaved, limit, ForumSaved.activity_id.in_(over))
    db.session.execute(delete(ForumSaved).where(ForumSaved.id.in_(ids)))
    return len(ids)


def _old_news(moment: Moment, limit: int) -> int:
    over = select(Activity.id).where(Activity.ends_at <= moment.festival - _SAVED_FOR)
    versions = select(ForumVersion.id).where(ForumVersion.activity_id.in_(over))
    ids = first(ForumNews, limit, ForumNews.version_id.in_(versions))
    db.session.execute(delete(ForumNews).where(ForumNews.id.in_(ids)))
    return len(ids)


def _old_certificates(moment: Moment, limit: int) -> int:
    over = select(Activity.id).where(Activity.ends_at <= moment.festival - _CERTIFIED_FOR)
    ids = first(ForumCertificate, limit, ForumCertificate.activity_id.in_(over))
    db.session.execute(delete(ForumCertificate).where(ForumCertificate.id.in_(ids)))
    return len(ids)


HOLDING = Holding(
    tables=frozenset({"forum_saved", "forum_news", "forum_certificate", "forum_version", "forum_material"}),
    export=_export,
    erase=_erase,
    consent_withdrawn=_consent_withdrawn,
    purges=(
        Purge("forum_saved", _l("收藏的论坛议程"), _l("活动结束后 180 天"), _old_saved),
        Purge("forum_news", _l("议程变更的通知记录"), _l("活动结束后 180 天"), _old_news),
        Purge("forum_certificates", _l("学时证明"), _l("活动结束后 3 年"), _old_certificates),
    ),
)
