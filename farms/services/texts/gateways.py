"""
What carries a text to a telephone. Which one, and its secret, come from the environment alone (docs/operations.md).

A gateway raises where it did not take the text; what it raises says whether trying again may send it twice.
"""

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings

from farms.services.telephones import masked
from provenance import outside

# A gateway's answer is looked at for its status only.
ANSWER_LIMIT = 64 * 1024
# "Too many requests" and "not now": the text was not taken.
COME_BACK = frozenset({429, 503})


@dataclass(frozen=True)
class Message:
    """``id`` is the same each time that the same text is handed over."""

    id: UUID
    number: str
    words: str


class NotNow(Exception):
    """It was certainly not sent; later it may be."""


class Rejected(Exception):
    """It was not sent, and would not be if it were tried again. ``str()`` names neither number nor words."""


class Unclear(Exception):
    """It may have been sent: no answer came, or one that says nothing."""


class Gateway(Protocol):
    # Whether a text that is handed over twice under one id goes out once.
    knows_repeats: bool

    def send(self, message: Message) -> None:
        """Raises ``NotNow``, ``Rejected`` or ``Unclear``."""


class Console:
    """Shows the words where the process runs; the number only in part, since this may end up in a journal."""

    knows_repeats = False

    def send(self, message: Message) -> None:
        print(f"Text to {masked(message.number)}: {message.words}", file=sys.stdout, flush=True)


class File:
    """One file for each text in a folder that only its owner reads; the same text again is the same file."""

    knows_repeats = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message) -> None:
        draft = self.folder / f".{message.id}.{os.getpid()}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                stream.write(f"{message.number}\n{message.words}\n")
                stream.flush()
                os.fsync(stream.fileno())
            draft.replace(self.folder / f"{message.id}.txt")
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise NotNow(f"The folder for texts cannot be written: {error.strerror}.") from None


class Http:
    """
    Any gateway that takes a POST of form fields and a bearer token.

    ``template`` is an address whose query names the fields: https://gateway.example/send?to={to}&text={text}&ref={id}.
    The query is sent as the body, so no number stands in any address. A template that names ``{id}`` is the operator's
    word that the gateway sends one id once.
    """

    def __init__(self, template: str, secret: str, timeout: float) -> None:
        self.address, _, self.fields = template.partition("?")
        self.secret, self.timeout = secret, timeout
        self.knows_repeats = "{id}" in self.fields

    def send(self, message: Message) -> None:
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        try:
            answer = outside.post(
                self.address, self._body(message), limit=ANSWER_LIMIT, timeout=self.timeout, headers=headers
            )
        except outside.OutsideError as error:
            raise (Unclear if error.asked else NotNow)(str(error)) from None
        if answer.status in COME_BACK:
            raise NotNow(f"The gateway asks to come back later ({answer.status}).")
        if 400 <= answer.status < 500:
            raise Rejected(f"The gateway refused the text ({answer.status}).")
        if not 200 <= answer.status < 300:
            raise Unclear(f"The gateway answered with an error of its own ({answer.status}).")

    def _body(self, message: Message) -> bytes:
        values = {"{to}": message.number, "{text}": message.words, "{id}": str(message.id)}
        fields = [field.partition("=")[::2] for field in self.fields.split("&")]
        return urlencode([(name, values.get(value, value)) for name, value in fields]).encode()


_GATEWAYS: dict[str, Callable[[], Gateway]] = {
    "console": Console,
    "file": lambda: File(settings.TEXT_DIR),
    "http": lambda: Http(settings.TEXT_GATEWAY_URL, settings.TEXT_GATEWAY_SECRET, settings.TEXT_GATEWAY_TIMEOUT),
}


def gateway() -> Gateway:
    """The one that the settings name."""
    return _GATEWAYS[settings.TEXT_GATEWAY]()
