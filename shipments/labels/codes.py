"""The code itself, as modules. ISO/IEC 18004: error level M, quiet zone of 4 modules."""

from collections.abc import Iterable
from itertools import groupby

import qrcode
from qrcode.constants import ERROR_CORRECT_M

QUIET_MODULES = 4


def qr_matrix(url: str) -> list[list[bool]]:
    """The symbol's modules, top row first, without quiet zone."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=0)
    code.add_data(url)
    code.make(fit=True)
    return code.get_matrix()


def dark_runs(line: list[bool]) -> Iterable[tuple[int, int]]:
    """Dark modules that touch: (first module, how many)."""
    x = 0
    for dark, modules in groupby(line):
        width = len(list(modules))
        if dark:
            yield x, width
        x += width
