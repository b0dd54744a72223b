"""A grower's telephone, for receipts. Sealed under the grower's own key: erasing the person makes it unreadable."""

import re

from farms.models import Telephone
from farms.services.plans import Refused
from provenance.keyring import Unsealable, seal, unseal
from provenance.trail.models import SubjectKey
from provenance.trail.services.sealing import open_subject_key, subject_keys

# ITU-T E.164: a plus, the country, at most 15 digits in all.
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_WRITTEN = str.maketrans("", "", " -./()\u00a0")
BOUND_TO = "telephone"


def read_number(typed: str) -> str:
    """``+251911234567``, however it was spaced. Raises ``Refused`` (field ``number``)."""
    number = typed.translate(_WRITTEN)
    if number.startswith("00"):
        number = "+" + number[2:]
    if not _NUMBER.fullmatch(number):
        raise Refused("Write the number with its country, like +251 911 234 567.", field="number")
    return number


def keep_number(party: str, number: str) -> None:
    """Instead of the one that was kept before."""
    sealed = seal(subject_keys({party})[party], number.encode(), BOUND_TO)
    Telephone.objects.update_or_create(party=party, defaults={"sealed": sealed})


def forget_number(party: str) -> None:
    Telephone.objects.filter(party=party).delete()


def number_of(party: str) -> str | None:
    """None where none is kept, and where the key over it was destroyed."""
    row = Telephone.objects.filter(party=party).first()
    key = SubjectKey.objects.filter(party=party).first()
    if row is None or key is None:
        return None
    try:
        return unseal(open_subject_key(party, key.sealed), bytes(row.sealed), BOUND_TO).decode()
    except Unsealable:
        return None


def masked(number: str) -> str:
    """For pages and journals: enough to tell whose it is, for who knows it."""
    return f"{number[:4]} … {number[-2:]}"
