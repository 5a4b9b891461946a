"""Keeping a CV, deleting it, and giving it to those who may read it. Everything runs inside ``transaction()``."""

import hashlib
from collections.abc import Sequence

from sqlalchemy import update

from festival.accounts.service import lock_account
from festival.kinds.job_fair.seekers import queries, service
from festival.kinds.job_fair.seekers.models import CvAccess, CvVersion
from festival.kinds.job_fair.seekers.rules import VERSIONS_MOST, JobRefused, Reason
from festival.lib.db import database_now, db
from festival.lib.errors import NotFound
from festival.lib.sealing import seal, unseal
from festival.lib.uploads import Upload


def _context(person_id: int, number: int) -> str:
    return f"cv:{person_id}:{number}"


def keep(person_id: int, upload: Upload) -> CvVersion:
    """Keep a file as the newest version of a person's CV; the newest version sent again is no new one.

    :raises JobRefused: there are so many versions that some must be deleted first.
    """
    lock_account(person_id)
    digest = hashlib.sha256(f"{person_id}:".encode() + upload.content).hexdigest()
    versions = queries.cvs(person_id)
    if versions and versions[0].digest == digest:
        return versions[0]
    if len(versions) >= VERSIONS_MOST:
        raise JobRefused(Reason.VERSIONS)
    number = queries.last_cv_number(person_id) + 1
    kept = CvVersion(
        person_id=person_id,
        number=number,
        name=upload.name,
        content_type=upload.content_type,
        size=len(upload.content),
        digest=digest,
        sealed=seal(upload.content, _context(person_id, number)),
        uploaded_at=database_now(),
    )
    db.session.add(kept)
    db.session.flush()
    return kept


def delete(person_id: int, cv_id: int) -> None:
    """Delete one version for good, from employers' sight too. Deleted before: nothing happens.

    :raises NotFound: the person has no such version.
    """
    lock_account(person_id)
    if queries.any_cv(person_id, cv_id) is None:
        raise NotFound
    drop([cv_id])


def drop(ids: Sequence[int]) -> None:
    """Delete the files of versions and what they were called. Their numbers stay, for the applications made with them."""
    db.session.execute(
        update(CvVersion)
        .where(CvVersion.id.in_(ids), CvVersion.deleted_at.is_(None))
        .values(sealed=None, name="", digest="", deleted_at=database_now()),
    )


def own(person_id: int, cv_id: int) -> Upload:
    """Return a version to its owner.

    :raises NotFound: there is none, or it was deleted.
    """
    found = queries.any_cv(person_id, cv_id)
    if found is None or found.sealed is None:
        raise NotFound
    return _opened(found, found.sealed)


def hand_over(reader_id: int, application_id: int) -> Upload:
    """Give a recruiter the CV of an application made to the recruiter's employer; write down that they got it.

    :raises NotFound: it is not theirs, was withdrawn, or its CV was deleted.
    """
    application, now = service.locked_for(reader_id, application_id)
    cv = db.session.get_one(CvVersion, application.cv_id, populate_existing=True)
    if cv.sealed is None:
        raise NotFound
    upload = _opened(cv, cv.sealed)
    db.session.add(CvAccess(cv_id=cv.id, application_id=application.id, reader_id=reader_id, at=now))
    service.mark_viewed(application, now)
    return upload


def _opened(cv: CvVersion, sealed: bytes) -> Upload:
    return Upload(cv.name, cv.content_type, unseal(sealed, _context(cv.person_id, cv.number)))
