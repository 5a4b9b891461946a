"""Static files: served by WhiteNoise under an address that holds the hash of the whole folder, so that they never go stale."""

import hashlib
from pathlib import Path

from flask import Flask
from whitenoise import WhiteNoise

from festival.lib.i18n import root_path


def _digest(folder: Path) -> str:
    """Return ten hexadecimal digits that change with any file of the folder."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(str(path.relative_to(folder)).encode())
            whole.update(path.read_bytes())
    return whole.hexdigest()[:10]


def init_app(app: Flask) -> None:
    """Serve the static folder twice: under its hash for ever, and plainly for an hour (robots, mail clients, bookmarks)."""
    folder = Path(app.static_folder or "")
    version = _digest(folder)
    prefix = f"static/{version}/"

    def static_url(name: str) -> str:
        """Return the address of a static file; the same in both languages."""
        return f"{root_path()}/{prefix}{name}"

    served = WhiteNoise(app.wsgi_app, immutable_file_test=lambda _path, url: f"/{prefix}" in url)
    served.add_files(str(folder), prefix="static/")
    served.add_files(str(folder), prefix=prefix)
    app.wsgi_app = served  # type: ignore[method-assign]  # Flask's documented way to wrap
    app.jinja_env.globals["static_url"] = static_url
