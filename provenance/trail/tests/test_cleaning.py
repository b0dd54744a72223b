"""What is kept of a picture is its pixels; what cannot be one is refused in words that say the mend."""

import subprocess
import sys
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image

from provenance.trail.services.attaching import cleaning
from provenance.trail.services.attaching.cleaning import UnusableFile, clean_document, clean_picture
from provenance.trail.tests import pictures
from provenance.trail.tests.pictures import PDF, SECRETS, encoded, jpeg, png_of_size, scene, telling


def opened(file):
    return Image.open(BytesIO(file.data))


def refusal(data, clean=clean_picture):
    with pytest.raises(UnusableFile) as refused:
        clean(data)
    return str(refused.value)


def test_a_photo_becomes_a_small_one_for_the_page_and_a_large_one():
    page, large = clean_picture(jpeg(4000, 3000)).files

    assert (page.width, page.height, page.media_type) == (960, 720, "image/webp")
    assert (large.width, large.height, large.media_type) == (2048, 1536, "image/webp")
    assert opened(page).size == (960, 720) and opened(large).size == (2048, 1536)
    assert len(page.data) <= 60 * 1024


def test_a_picture_that_is_small_already_is_kept_once():
    [only] = clean_picture(jpeg(900, 600)).files
    assert (only.width, only.height) == (900, 600)


def test_the_page_picture_stays_small_whatever_is_on_it():
    noise = Image.effect_noise((2400, 1600), 90).convert("RGB")

    page, _ = clean_picture(encoded(noise, "JPEG", quality=92)).files

    assert len(page.data) <= 60 * 1024 and page.width >= 400


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_what_came_with_the_pixels_goes_on(kind):
    data = telling(kind)
    present = {name for name, secret in SECRETS.items() if secret in data}
    assert present >= {"exif", "gps", "xmp", "icc"} or (kind == "PNG" and present >= {"exif", "gps", "text", "xmp"})

    for file in (*clean_picture(data).files, clean_document(data)):
        assert [name for name, secret in SECRETS.items() if secret in file.data] == []
        chunks = [file.data[12:16]]
        assert chunks == [b"VP8 "], "a plain WebP: no container of chunks to hold anything else"
        assert opened(file).info.keys() <= {"loop", "background", "timestamp", "duration"}


@pytest.mark.parametrize(("turn", "size"), [(1, (900, 600)), (3, (900, 600)), (6, (600, 900)), (8, (600, 900))])
def test_a_picture_stands_as_the_camera_was_held(turn, size):
    image = scene(900, 600)
    image.paste((250, 10, 10), (0, 0, 60, 60))

    [file] = clean_picture(encoded(image, "JPEG", quality=95, exif=pictures.exif(turn))).files

    corner = {1: (20, 20), 3: (880, 580), 6: (580, 20), 8: (20, 880)}[turn]
    red, green, _ = opened(file).convert("RGB").getpixel(corner)
    assert opened(file).size == size and red > 200 and green < 70


def test_notes_of_a_camera_that_are_damaged_cost_nothing_but_the_turn():
    data = jpeg(900, 600, exif=b"Exif\x00\x00II*\x00\xff\xff\xff\xff")
    [file] = clean_picture(data).files
    assert (file.width, file.height) == (900, 600)


def test_what_lies_behind_a_picture_is_left_behind():
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("evil.js", "EVIL-CODE-IN-THE-TAIL")
    page = b"<html><script>alert('EVIL-PAGE')</script></html>"

    for data in (jpeg(900, 600) + archive.getvalue(), encoded(scene(900, 600), "PNG") + page):
        [file] = clean_picture(data).files
        assert b"EVIL" not in file.data and b"<script" not in file.data and b"PK\x03\x04" not in file.data
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(BytesIO(file.data))


MODES = {
    "CMYK": lambda: encoded(scene(900, 600, "CMYK"), "JPEG"),
    "grey": lambda: encoded(scene(900, 600, "L"), "PNG"),
    "palette": lambda: encoded(scene(900, 600, "P"), "PNG"),
    "black and white": lambda: encoded(scene(900, 600, "1"), "PNG"),
    "16 bits": lambda: encoded(Image.new("I;16", (900, 600), 40_000), "PNG"),
    "transparent": lambda: encoded(Image.new("RGBA", (900, 600), (0, 0, 0, 0)), "PNG"),
    "grey and transparent": lambda: encoded(Image.new("LA", (900, 600), (0, 0)), "PNG"),
    "two pictures of a phone": lambda: encoded(scene(900, 600), "MPO", save_all=True, append_images=[scene(450, 300)]),
}


@pytest.mark.parametrize("make", MODES.values(), ids=MODES)
def test_every_way_of_writing_colours_comes_out_as_plain_colours(make):
    file = clean_picture(make()).files[-1]
    assert opened(file).mode == "RGB" and opened(file).size == (900, 600)


def test_what_cannot_be_seen_through_is_white_behind_and_grey_of_16_bits_stays_grey():
    [clear] = clean_picture(MODES["transparent"]()).files
    [grey] = clean_picture(MODES["16 bits"]()).files
    assert min(opened(clear).convert("RGB").getpixel((450, 300))) > 250
    assert 150 <= opened(grey).convert("RGB").getpixel((450, 300))[0] <= 162


REFUSED = {
    "nothing": (b"", "The file is empty. Choose it again."),
    "too many bytes": (b"\xff\xd8" + bytes(10 * 1024 * 1024), "The file is larger than 10 MB."),
    "a text": (b"hello", "no picture that can be read here"),
    "a drawing that runs scripts": (b'<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "no picture"),
    "a GIF that is a script": (b"GIF89a/*" + bytes(40) + b"*/=alert(1)", "no picture"),
    "a BMP": (lambda: encoded(scene(300, 300), "BMP"), "no picture"),
    "a TIFF": (lambda: encoded(scene(300, 300), "TIFF"), "no picture"),
    "an iPhone's HEIC": (b"\x00\x00\x00\x18ftypheic" + bytes(200), "Most Compatible"),
    "a PDF": (PDF, "no picture"),
    "a page": (b"<html><script>alert(1)</script>", "no picture"),
    "half a JPEG": (lambda: jpeg(1200, 800)[:9000], "damaged or not complete"),
    "half a PNG": (lambda: encoded(scene(900, 600), "PNG")[:20_000], "damaged or not complete"),
    "a PNG without its points": (png_of_size(900, 600), "damaged or not complete"),
    "40 million points": (
        png_of_size(8000, 5000),
        "40 million points. Send it in a smaller size: 25 million are taken.",
    ),
    "a flood of points": (png_of_size(60_000, 60_000), "far too many points"),
    "a stamp": (lambda: jpeg(199, 300), "too small to be seen: 199 × 300"),
    "a strip": (lambda: jpeg(1700, 400), "too long and narrow"),
    "a moving WebP": (lambda: pictures.animated("WEBP"), "moving picture"),
    "a moving PNG": (lambda: pictures.animated("PNG"), "moving picture"),
}


@pytest.mark.parametrize(("data", "words"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_photo_is_refused_in_plain_words(data, words):
    assert words in refusal(data() if callable(data) else data)


def test_points_are_counted_before_any_is_decoded(monkeypatch):
    decoded = []
    monkeypatch.setattr(cleaning, "_plain", decoded.append)

    refusal(png_of_size(60_000, 60_000))

    assert decoded == []


LARGE = """
import sys
from pathlib import Path
from provenance.trail.services.attaching.cleaning import clean_picture

data = Path(sys.argv[1]).read_bytes()
Path("/proc/self/clear_refs").write_text("5")
clean_picture(data)
[peak] = [line.split()[1] for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
print(int(peak) // 1024)
"""


@pytest.mark.skipif(
    not Path("/proc/self/clear_refs").exists(),
    reason="only Linux forgets a process's peak of memory when asked, by /proc/self/clear_refs",
)
def test_a_small_file_of_25_million_points_takes_less_memory_than_three_copies_of_them(tmp_path):
    file = tmp_path / "large.png"
    Image.new("RGBA", (5000, 4990)).save(file)
    assert file.stat().st_size < 100_000

    run = subprocess.run(
        [sys.executable, "-c", LARGE, file], cwd=settings.BASE_DIR, capture_output=True, text=True, check=True
    )

    assert int(run.stdout) < 320  # MB, Python and Pillow among them


def test_pictures_are_decoded_one_at_a_time(monkeypatch):
    decode, now, most = cleaning._plain, [], []

    def watched(image):
        now.append(image)
        most.append(len(now))
        # The others get their turn, were they let in.
        time.sleep(0.01)
        plain = decode(image)
        now.remove(image)
        return plain

    monkeypatch.setattr(cleaning, "_plain", watched)
    picture = jpeg(900, 600)

    with ThreadPoolExecutor(4) as senders:
        list(senders.map(clean_picture, [picture] * 4))

    assert most == [1, 1, 1, 1]


def test_a_picture_that_cannot_be_decoded_lets_the_next_one_in():
    refusal(png_of_size(900, 600))

    assert len(clean_picture(jpeg(900, 600)).files) == 1


def test_a_pdf_is_kept_as_it_is_and_half_of_one_is_not():
    file = clean_document(PDF)
    assert (file.data, file.media_type) == (PDF, "application/pdf")
    assert refusal(PDF[:60], clean_document) == "The PDF is not complete. Save it again and choose it anew."
    assert "larger than 10 MB" in refusal(PDF + bytes(10 * 1024 * 1024), clean_document)
    assert "no picture" in refusal(b"PK\x03\x04 %PDF-1.4 %%EOF", clean_document)


def test_a_scanned_paper_is_made_anew_in_one_size():
    file = clean_document(jpeg(3000, 4000))
    assert (file.media_type, file.width, file.height) == ("image/webp", 1536, 2048)


MUTANTS = {
    "keeps what came along": ("_webp", lambda image, quality: encoded(image, "WEBP", xmp=SECRETS["xmp"])),
    "keeps the original": ("_webp", lambda image, quality: telling("JPEG")),
}


@pytest.mark.parametrize(("name", "planted"), MUTANTS.values(), ids=MUTANTS)
def test_a_planted_leak_is_found(monkeypatch, name, planted):
    monkeypatch.setattr(cleaning, name, planted)
    with pytest.raises(AssertionError):
        test_nothing_of_what_came_with_the_pixels_goes_on("JPEG")
