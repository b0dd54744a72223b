"""
Labels for thermal printers that speak ZPL II.

Each label is one graphic field: what the printer burns is what the preview shows, whatever fonts the printer has. The
bits are written in the printer's own hexadecimal with run lengths, which every ZPL printer and its imitations read.
"""

from collections.abc import Callable, Iterable
from itertools import groupby, islice
from typing import BinaryIO

from PIL import Image, ImageChops

from shipments.labels.papers import Paper
from shipments.labels.pictures import dots, pictures, printer_dpi
from shipments.labels.sheets import Label

STEP = 25  # labels drawn at once
LONGEST_RUN = 419  # 400 + 19


def write_zpl(
    file: BinaryIO, labels: Iterable[Label], paper: Paper, *, told: Callable[[int], None] | None = None
) -> int:
    """
    Write the labels of a roll whose ``dot`` is known; ``told`` hears how many are done. Gives the number of labels.

    Raises CodeTooSmall.
    """
    count, waiting = 0, iter(labels)
    while some := list(islice(waiting, STEP)):
        for image in dots(pictures(some, paper, printer_dpi(paper))):
            file.write(label_of(image))
        count += len(some)
        if told:
            told(count)
    return count


def label_of(image: Image.Image) -> bytes:
    """^XA … ^XZ with the picture (mode "1") as the only field."""
    # In ZPL a set bit burns; in a picture it is white. Rows are padded to whole bytes.
    bits = ImageChops.invert(image.convert("L")).convert("1").tobytes()
    bytes_a_row = (image.width + 7) // 8
    lines = compressed(bits, bytes_a_row)
    return (
        f"^XA^PW{image.width}^LL{image.height}^LH0,0^FO0,0^GFA,{len(bits)},{len(bits)},{bytes_a_row},{lines}^FS^XZ\n"
    ).encode("ascii")


def compressed(bits: bytes, bytes_a_row: int) -> str:
    """
    Hexadecimal with run lengths: G to Y stand for 1 to 19, g to z for 20 to 400 times the digit that follows, ``,`` and
    ``!`` for zeros and ones to the end of the row, ``:`` for the row above once more.
    """
    written, above = [], None
    for start in range(0, len(bits), bytes_a_row):
        row = bits[start : start + bytes_a_row].hex().upper()
        written.append(":" if row == above else _row(row))
        above = row
    return "".join(written)


def _row(digits: str) -> str:
    runs = [(digit, len(list(group))) for digit, group in groupby(digits)]
    end = ""
    if runs[-1][0] in "0F":
        end = "," if runs.pop()[0] == "0" else "!"
    return "".join(_run(digit, count) for digit, count in runs) + end


def _run(digit: str, count: int) -> str:
    written = ""
    while count:
        part = min(count, LONGEST_RUN)
        twenties, ones = divmod(part, 20)
        many = (chr(ord("f") + twenties) if twenties else "") + (chr(ord("F") + ones) if ones else "")
        written += digit if part == 1 else many + digit
        count -= part
    return written
