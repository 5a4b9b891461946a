"""The check-in code as a picture: a QR that holds the address ``/c/<code>``, and six digits to read out."""

import io

import segno
from PIL import Image, ImageDraw, ImageFont

from festival.lib.format import digits as grouped

#: White modules around a QR, as its standard asks.
_QUIET = 4
#: Pixels of the picture to keep: as wide as a phone's screen, and sharp on it.
_WIDTH = 1080
_MARGIN = 90
_DIGITS_HEIGHT = 140
_INK, _PAPER = "#1F2329", "#FFFFFF"


def _code(address: str) -> segno.QRCode:
    """Return the QR; level M reads through scratches and glare."""
    return segno.make(address, error="m", micro=False)


def svg(address: str) -> bytes:
    """Return a QR as SVG, one unit per module; whoever shows it says how large."""
    out = io.BytesIO()
    _code(address).save(out, kind="svg", border=_QUIET, xmldecl=False, dark="#000", light="#fff", omitsize=True)
    return out.getvalue()


def png(address: str, digits: str) -> bytes:
    """Return a picture to keep on the phone: the QR, and the digits below it for when it does not scan."""
    code = _code(address)
    modules = code.symbol_size(border=_QUIET)[0]
    scale = (_WIDTH - 2 * _MARGIN) // modules
    raw = io.BytesIO()
    code.save(raw, kind="png", border=_QUIET, scale=scale)
    qr = Image.open(raw).convert("RGB")
    picture = Image.new("RGB", (_WIDTH, qr.height + _DIGITS_HEIGHT + 2 * _MARGIN), _PAPER)
    picture.paste(qr, ((_WIDTH - qr.width) // 2, _MARGIN))
    font = ImageFont.load_default(size=_DIGITS_HEIGHT)
    middle = (_WIDTH // 2, picture.height - _MARGIN - _DIGITS_HEIGHT // 2)
    ImageDraw.Draw(picture).text(middle, grouped(digits), fill=_INK, font=font, anchor="mm")
    out = io.BytesIO()
    picture.save(out, format="PNG", optimize=True)
    return out.getvalue()
