"""The check-in code as a picture: a QR that holds the address ``/c/<code>``, and six digits to read out."""

import io

from PIL import Image, ImageDraw, ImageFont

from festival.lib.format import digits as grouped
from festival.lib.qr import QUIET
from festival.lib.qr import code as qr_code

#: Pixels of the picture to keep: as wide as a phone's screen, and sharp on it.
_WIDTH = 1080
_MARGIN = 90
_DIGITS_HEIGHT = 140
_INK, _PAPER = "#1F2329", "#FFFFFF"


def png(address: str, digits: str) -> bytes:
    """Return a picture to keep on the phone: the QR, and the digits below it for when it does not scan."""
    code = qr_code(address)
    modules = code.symbol_size(border=QUIET)[0]
    scale = (_WIDTH - 2 * _MARGIN) // modules
    raw = io.BytesIO()
    code.save(raw, kind="png", border=QUIET, scale=scale)
    drawn = Image.open(raw).convert("RGB")
    picture = Image.new("RGB", (_WIDTH, drawn.height + _DIGITS_HEIGHT + 2 * _MARGIN), _PAPER)
    picture.paste(drawn, ((_WIDTH - drawn.width) // 2, _MARGIN))
    font = ImageFont.load_default(size=_DIGITS_HEIGHT)
    middle = (_WIDTH // 2, picture.height - _MARGIN - _DIGITS_HEIGHT // 2)
    ImageDraw.Draw(picture).text(middle, grouped(digits), fill=_INK, font=font, anchor="mm")
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()
