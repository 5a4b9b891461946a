"""Static files: served by WhiteNoise under an address that holds the hash of the whole folder, so that they never go stale."""

import gzip
import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask
from whitenoise import WhiteNoise

from festival.lib.i18n import root_path

#: What becomes smaller when it is compressed.
_TEXT = frozenset({".css", ".js", ".svg"})


def _files(folder: Path) -> Iterator[Path]:
    """Yield the folder's own files, without what ``_compress`` has put beside them."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".gz")


def _digest(folder: Path) -> str:
    """Return ten hexadecimal digits that change with any file of the folder."""
    whole = hashlib.sha256()
    for path in _files(folder):
        whole.update(str(path.relative_to(folder)).encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()[:10]


def _compress(folder: Path) -> None:
    """Put a compressed file beside each text that has none, or an old one; WhiteNoise then serves that.

    Where the folder may not be written to, the files go out as they are.
    """
    for path in _files(folder):
        packed = path.with_name(f"{path.name}.gz")
        is_fresh = packed.exists() and packed.stat().st_mtime >= path.stat().st_mtime
        if path.suffix in _TEXT and not is_fresh:
            with suppress(OSError):
                _write(packed, gzip.compress(path.read_bytes(), mtime=0))


def _write(path: Path, content: bytes) -> None:
    """Write a file that no reader sees half done, whatever other processes start at the same time."""
    handle, draft = tempfile.mkstemp(dir=path.parent, suffix=".gz")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    Path(draft).chmod(0o644)
    Path(draft).replace(path)


@lru_cache(maxsize=1)
def _read(folder: Path) -> tuple[str, dict[str, Any]]:
    """Return the folder's version and what WhiteNoise knows of its files, read once for all applications of a process."""
    version = _digest(folder)
    _compress(folder)
    reader = WhiteNoise(None, immutable_file_test=lambda _path, url: f"/static/{version}/" in url)
    reader.add_files(str(folder), prefix="static/")
    reader.add_files(str(folder), prefix=f"static/{version}/")
    return version, reader.files


def init_app(app: Flask) -> None:
    """Serve the static folder twice: under its hash for ever, and plainly for an hour (robots, mail clients, bookmarks)."""
    version, files = _read(Path(app.static_folder or ""))

    def static_url(name: str) -> str:
        """Return the address of a static file; the same in both languages."""
        return f"{root_path()}/static/{version}/{name}"

    served = WhiteNoise(app.wsgi_app)
    served.files = files
    app.wsgi_app = served  # type: ignore[method-assign]  # Flask's documented way to wrap
    app.jinja_env.globals["static_url"] = static_url
