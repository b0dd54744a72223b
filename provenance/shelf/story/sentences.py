"""
What a page says, before it is text: whole messages with named places, and what stands in these.

Messages are lazily translated, so that a story told once is read in every language. What the phone compares with
signed bytes keeps its own form beside the text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class Named:
    """A name as a page shows it. With ``digest`` it is a disclosed value; without, it is our word for somebody."""

    text: str
    digest: str | None = None

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True)
class Signed:
    """Something that stands in the signed bytes as ``said``; ``text`` is how a reader's language writes it."""

    said: str
    text: str

    def __str__(self) -> str:
        return str(self.text)


@dataclass(frozen=True)
class Sentence:
    """A message such as "{who} picked {amount}" and, by name, what stands in its places."""

    message: str
    parts: Mapping[str, "Words"]

    def __str__(self) -> str:
        return str(self.message).format(**{name: str(part) for name, part in self.parts.items()})


Words: TypeAlias = str | Named | Signed | Sentence


def sentence(message: str, **parts: Words) -> Sentence:
    return Sentence(message, parts)
