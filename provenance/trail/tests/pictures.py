"""Pictures as phones make them and as attackers do, made by code."""

import random
import zlib
from io import BytesIO
from struct import pack

from PIL import Image, PngImagePlugin

# Nobody's picture holds these by chance.
GPS = b"GPS-8.5N-38.2E-of-Almaz"
SECRETS = {
    "exif": b"CAMERA-SERIAL-40313",
    "gps": GPS,
    "xmp": b"XMP-EDITED-BY-SOMEBODY",
    "icc": b"ICC-PROFILE-OF-A-SCREEN",
    "comment": b"COMMENT-CALL-ME-0171",
    "text": b"PNG-TEXT-OF-THE-OWNER",
}


def scene(width=1200, height=800, mode="RGB", seed=1):
    """Hills and grain: neither one colour nor pure noise."""
    rng = random.Random(seed)
    small = Image.new("RGB", (24, 16))
    small.putdata([(rng.randrange(40, 200), rng.randrange(90, 220), rng.randrange(30, 120)) for _ in range(24 * 16)])
    return small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)


def encoded(image, kind="JPEG", **options):
    out = BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def jpeg(width=1200, height=800, **options):
    return encoded(scene(width, height), "JPEG", quality=85, **options)


def exif(orientation=1):
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0xC62F] = SECRETS["exif"].decode()
    tags.get_ifd(0x8825)[29] = SECRETS["gps"].decode()
    return tags.tobytes()


def telling(kind):
    """A picture that says who took it, where and with what, in every way its format has."""
    image = scene()
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Author", SECRETS["text"].decode())
        info.add_itxt("XML:com.adobe.xmp", SECRETS["xmp"].decode())
        return encoded(image, "PNG", pnginfo=info, exif=exif(), icc_profile=SECRETS["icc"])
    if kind == "WEBP":
        return encoded(image, "WEBP", exif=exif(), xmp=SECRETS["xmp"], icc_profile=SECRETS["icc"])
    return encoded(
        image, "JPEG", exif=exif(), xmp=SECRETS["xmp"], icc_profile=SECRETS["icc"], comment=SECRETS["comment"]
    )


def png_of_size(width, height):
    """The head of a PNG that claims so many points and holds hardly a byte."""

    def chunk(name, body):
        return pack(">I", len(body)) + name + body + pack(">I", zlib.crc32(name + body))

    head = pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(bytes(100))) + chunk(b"IEND", b"")


def flipped(data):
    """With one bit of the last byte turned over."""
    return data[:-1] + bytes([data[-1] ^ 1])


def animated(kind):
    frames = [scene(400, 300, seed=n) for n in range(3)]
    return encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)
