"""PDF files for tests, written object by object: text in lines, pictures, encryption, and what is wrong with them."""

import io

from pypdf import PdfReader, PdfWriter

WIDTH, HEIGHT = 595, 842
PICTURE = "picture"

_FONT = (
    b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding "
    b"<< /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [1 /fi] >> >>"
)
_IMAGE = (
    b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
    b"stream\n\x80\nendstream"
)


def pdf(*pages: list[str] | str) -> bytes:
    """Return a PDF whose pages have these lines; `PICTURE` is a page with a picture alone."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b"", _FONT, _IMAGE]
    kids = []
    for lines in pages:
        content = b"q 500 0 0 700 40 40 cm /Im1 Do Q" if lines == PICTURE else _content(lines)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R /Resources "
            b"<< /Font << /F1 3 0 R >> %s >> >>"
            % (WIDTH, HEIGHT, len(objects), b"/XObject << /Im1 4 0 R >>" if lines == PICTURE else b"")
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    return file_of(objects)


def file_of(objects: list[bytes]) -> bytes:
    """Return a PDF of these objects, the first of which is its catalog."""
    data = b"%PDF-1.5\n%\xe2\xe3\xcf\xd3\n"
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(data))
    return data + b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table) + trailer


def encrypted(data: bytes, user: str, owner: str = "owner", algorithm: str = "AES-256") -> bytes:
    """Return a PDF as it is after encryption."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    writer.encrypt(user, owner, algorithm=algorithm)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _content(lines: list[str] | str) -> bytes:
    shown = b""
    for line in lines:
        escaped = (
            line.replace("\ufb01", "\x01").replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)").encode("cp1252")
        )
        shown += b"(%s) Tj T*\n" % escaped
    return b"BT /F1 11 Tf 14 TL 60 780 Td\n%sET" % shown
