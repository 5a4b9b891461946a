"""Files are judged by what they hold."""

import io
import zipfile

import pytest

from festival.lib.uploads import DOCX, MOST_BYTES, PDF, Upload, UploadProblem, read_upload

GOOD_PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


def docx(*more, parts=("[Content_Types].xml", "word/document.xml")):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in (*parts, *more):
            archive.writestr(name, "x")
    return out.getvalue()


def bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "x")
        archive.writestr("word/document.xml", b"\0" * (101 * 1024 * 1024))
    return out.getvalue()


def test_a_pdf_and_a_docx_are_taken():
    assert read_upload("简历.pdf", GOOD_PDF) == Upload("简历.pdf", PDF, GOOD_PDF)
    content = docx()
    assert read_upload("简历.docx", content) == Upload("简历.docx", DOCX, content)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", UploadProblem.EMPTY),
        (b"hello", UploadProblem.TYPE),
        (b"MZ\x90\x00", UploadProblem.TYPE),
        (b"<html>%PDF-1.7 %%EOF", UploadProblem.TYPE),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 20, UploadProblem.TYPE),  # the old .doc
        (b"%PDF-1.7\nhalf of", UploadProblem.BROKEN),
        (b"PK\x03\x04 not an archive", UploadProblem.BROKEN),
        (docx(parts=("a.txt",)), UploadProblem.TYPE),
        (docx("word/vbaProject.bin"), UploadProblem.MACROS),
        (GOOD_PDF.ljust(MOST_BYTES + 1, b"\n"), UploadProblem.TOO_LARGE),
    ],
)
def test_what_is_wrong_with_a_file_is_named(content, problem):
    assert read_upload("a.pdf", content) == problem


def test_an_archive_made_to_hurt_is_never_unpacked():
    assert read_upload("a.docx", bomb()) == UploadProblem.BROKEN


def test_exactly_5_mb_is_taken():
    content = GOOD_PDF.replace(b"%%EOF\n", b"").ljust(MOST_BYTES - 6, b" ") + b"%%EOF\n"
    assert isinstance(read_upload("a.pdf", content), Upload)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\Users\\me\\cv.PDF", "cv.pdf"),
        ("cv.exe", "cv.exe.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("a:b*c?.pdf", "a_b_c_.pdf"),
        ("", "file.pdf"),
        ("...", "file.pdf"),
        ("长" * 300 + ".pdf", "长" * 80 + ".pdf"),
    ],
)
def test_a_name_is_made_harmless_and_ends_as_the_file_does(name, kept):
    judged = read_upload(name, GOOD_PDF)
    assert isinstance(judged, Upload)
    assert judged.name == kept
