"""Products and their links, bags and their codes; how often those are opened, and what shoppers send."""

from provenance.bags.models.codes import (
    Bag,
    Link,
    Product,
    check_readable,
    validate_gtin,
    validate_language,
    validate_lot_code,
    validate_target,
)
from provenance.bags.models.counts import ScanCount
from provenance.bags.models.messages import Addressee, Grower, Message

__all__ = [
    "Addressee",
    "Bag",
    "Grower",
    "Link",
    "Message",
    "Product",
    "ScanCount",
    "check_readable",
    "validate_gtin",
    "validate_language",
    "validate_lot_code",
    "validate_target",
]
