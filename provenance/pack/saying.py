"""What the command says. Names come out of files that somebody else made, and a terminal obeys what it is sent."""

import sys
from typing import TextIO


def say(text: str, stream: TextIO | None = None) -> None:
    """A line of it, each letter that cannot be seen by its number: none clears the screen, or writes over a fault."""
    print(
        "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in text), file=stream or sys.stdout
    )
