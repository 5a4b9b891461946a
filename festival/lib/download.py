"""Answering with a file to keep."""

import re
from typing import IO
from urllib.parse import quote

from flask import Response
from werkzeug.wsgi import FileWrapper

#: What a file name cannot hold on one system or another.
_NO_NAME = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]+')


def download(file: IO[bytes], *, name: str, plain_name: str, content_type: str) -> Response:
    """Return a response that the browser saves under a name, and that nothing on the way keeps a copy of.

    RFC 6266: ``filename`` for old programs, in ASCII; ``filename*`` with the whole name for all others.

    :param name: in any script; what no file name can hold becomes ``_``.
    """
    file.seek(0)
    response = Response(FileWrapper(file), content_type=content_type, direct_passthrough=True)
    response.call_on_close(file.close)
    whole = quote(_NO_NAME.sub("_", name), safe="")
    response.headers["Content-Disposition"] = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{whole}"
    response.headers["Cache-Control"] = "no-store"
    return response
