"""Codes read off pictures: a photo that is handed in, or a frame of a camera. Nothing of a picture is kept."""

import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from festival.checkin.rules import Typed, read_code

#: Bytes of a picture; a telephone's photo has some three million.
MOST_BYTES = 8 * 1024 * 1024
#: Pixels, judged before anything is unpacked. JPEG is unpacked small; whatever is larger than this is made to hurt.
MOST_PIXELS = {"JPEG": 50_000_000, "PNG": 16_000_000, "WEBP": 16_000_000}
#: A code that fills a tenth of a picture is read at this width and height; larger pictures are made smaller as they are unpacked.
_LARGE_ENOUGH = (1600, 1600)
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)


def read_picture(content: bytes) -> Typed | None:
    """Return the first check-in code in a picture; None: there is none, or it is no picture that we read."""
    picture = _opened(content)
    if picture is None:
        return None
    for barcode in zxingcpp.read_barcodes(picture, formats=_QR):
        typed = read_code(barcode.text)
        if typed is not None and not typed.is_digits:
            return typed
    return None


def _opened(content: bytes) -> Image.Image | None:
    """Return a picture in grey, of a size that is quickly searched; None: none, too many pixels, or broken."""
    if not content or len(content) > MOST_BYTES:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of bombs: the pixels are counted here, before any is unpacked
            picture = Image.open(io.BytesIO(content), formats=tuple(MOST_PIXELS))
            if picture.width * picture.height > MOST_PIXELS[picture.format or ""]:
                return None
            picture.draft("L", _LARGE_ENOUGH)  # JPEG: unpacked no larger than needed
            grey = picture.convert("L")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    grey.thumbnail(_LARGE_ENOUGH)
    return grey
