"""QR codes as pictures."""

import io

import segno

#: White modules around a QR, as its standard asks.
QUIET = 4


def code(address: str) -> segno.QRCode:
    """Return the QR; level M reads through scratches and glare."""
    return segno.make(address, error="m", micro=False)


def svg(address: str) -> bytes:
    """Return a QR as SVG, one unit per module; whoever shows it says how large."""
    out = io.BytesIO()
    code(address).save(out, kind="svg", border=QUIET, xmldecl=False, dark="#000", light="#fff", omitsize=True)
    return out.getvalue()
