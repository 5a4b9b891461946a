"""Files that people hand in: judged by what they hold, never by what they are called."""

import io
import re
import zipfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from festival.lib.text import clean_line

MEGABYTE = 1024 * 1024
MOST_BYTES = 5 * MEGABYTE

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

_ENDINGS = {PDF: ".pdf", DOCX: ".docx"}
#: A word processor's file unpacks to this at most; more is made to hurt.
_MOST_UNPACKED = 100 * MEGABYTE
_MOST_PARTS = 2000
_LONGEST_STEM = 80
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


class UploadProblem(StrEnum):
    """Why a file is not taken."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    TYPE = "type"
    BROKEN = "broken"
    MACROS = "macros"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as it is kept: a harmless name, the type it really has, its bytes."""

    name: str
    content_type: str
    content: bytes


def read_upload(name: str, content: bytes) -> Upload | UploadProblem:
    """Judge a file that should be a PDF or a DOCX of 5 MB at most."""
    if not content:
        return UploadProblem.EMPTY
    if len(content) > MOST_BYTES:
        return UploadProblem.TOO_LARGE
    if content.startswith(b"%PDF-"):
        content_type, problem = PDF, None if b"%%EOF" in content[-2048:] else UploadProblem.BROKEN
    elif content.startswith(b"PK\x03\x04"):
        content_type, problem = DOCX, _docx_problem(content)
    else:
        return UploadProblem.TYPE
    return problem or Upload(_clean_name(name, content_type), content_type, content)


def _docx_problem(content: bytes) -> UploadProblem | None:
    """Look at the directory of the archive only; nothing is unpacked."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        return UploadProblem.BROKEN
    names = {part.filename for part in parts}
    if not {"[Content_Types].xml", "word/document.xml"} <= names:
        return UploadProblem.TYPE
    if any(part.flag_bits & 1 for part in parts):  # encrypted: nobody could read it
        return UploadProblem.BROKEN
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        return UploadProblem.MACROS
    too_much = len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED
    return UploadProblem.BROKEN if too_much else None


def _clean_name(name: str, content_type: str) -> str:
    """Return the last part of a name without what no folder can hold, ending as its content does."""
    last = PurePosixPath(name.replace("\\", "/")).name
    stem = _NO_NAME.sub("_", clean_line(last))
    ending = _ENDINGS[content_type]
    if stem.lower().endswith(ending):
        stem = stem[: -len(ending)]
    stem = stem.strip(" .")[:_LONGEST_STEM].strip(" .")
    return f"{stem or 'file'}{ending}"
