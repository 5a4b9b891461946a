"""Answers at rest: plain where anybody of the organizers may read them, sealed where the question is sensitive."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import delete, select

from festival.lib import clock
from festival.lib.db import db
from festival.lib.prepared import Writes, in_one_go, insert_into
from festival.lib.sealing import seal, unseal
from festival.programme.models import Question, Sensitivity
from festival.signups.models import Answer, AnswerFile

_NEW = insert_into(Answer, "sign_up_id", "question_key", "plain", "sealed")


@dataclass(frozen=True, slots=True)
class AnswerUpload:
    """A file as it came with a form, checked by it: PDF or DOCX, at most 5 MB."""

    name: str
    content_type: str
    content: bytes


def _context(sign_up_id: int, key: str) -> str:
    return f"answer:{sign_up_id}:{key}"


def write(
    sign_up_id: int,
    questions: list[Question],
    answers: Mapping[str, str],
    files: Mapping[str, AnswerUpload],
) -> None:
    """Store a sign-up's answers in place of earlier ones; what no question asks is not stored.

    An absent or empty answer is no row. A file stays as it is unless a new one comes.
    """
    db.session.execute(delete(Answer).where(Answer.sign_up_id == sign_up_id))
    with in_one_go() as writes:
        write_new(writes, sign_up_id, questions, answers)
    write_files(sign_up_id, questions, files)


def write_new(writes: Writes, sign_up_id: int, questions: list[Question], answers: Mapping[str, str]) -> None:
    """Store the answers, files apart, of a sign-up that has none, in one statement; what no question asks is not stored."""
    rows = [
        _row(sign_up_id, question, value)
        for question in questions
        if question.type != "file" and (value := answers.get(question.key, ""))
    ]
    writes.run(_NEW, *rows)


def _row(sign_up_id: int, question: Question, value: str) -> dict[str, object]:
    is_sealed = question.sensitivity == Sensitivity.SENSITIVE
    return {
        "sign_up_id": sign_up_id,
        "question_key": question.key,
        "plain": None if is_sealed else value,
        "sealed": seal(value.encode(), _context(sign_up_id, question.key)) if is_sealed else None,
    }


def write_files(sign_up_id: int, questions: list[Question], files: Mapping[str, AnswerUpload]) -> None:
    """Store files that came with a sign-up in place of earlier ones; what no question asks for is not stored."""
    for question in questions:
        if question.type == "file" and question.key in files:
            _write_file(sign_up_id, question.key, files[question.key])


def _write_file(sign_up_id: int, key: str, upload: AnswerUpload) -> None:
    db.session.execute(delete(AnswerFile).where(AnswerFile.sign_up_id == sign_up_id, AnswerFile.question_key == key))
    db.session.add(
        AnswerFile(
            sign_up_id=sign_up_id,
            question_key=key,
            name=upload.name,
            content_type=upload.content_type,
            size=len(upload.content),
            sealed=seal(upload.content, _context(sign_up_id, key)),
            uploaded_at=clock.wall(),
        ),
    )


def read(answer: Answer) -> str:
    """Return an answer in clear. Only for its owner, or for staff who gave a reason that was recorded.

    :raises SealBroken: no data key opens it.
    """
    if answer.sealed is None:
        return answer.plain or ""
    return unseal(answer.sealed, _context(answer.sign_up_id, answer.question_key)).decode()


def read_all(sign_up_id: int) -> dict[str, str]:
    """Return a sign-up's answers in clear by question key, for its owner."""
    rows = db.session.scalars(select(Answer).where(Answer.sign_up_id == sign_up_id))
    return {row.question_key: read(row) for row in rows}


def read_file(file: AnswerFile) -> bytes:
    """Return a file in clear.

    :raises SealBroken: no data key opens it.
    """
    return unseal(file.sealed, _context(file.sign_up_id, file.question_key))
