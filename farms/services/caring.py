"""A cooperative signs for a grower in its care, as the grower's guardian."""

from functools import cached_property
from uuid import UUID

from farms.services.business import Business, Farm
from provenance.trail.models import Party


class Care(Business):
    """The cooperative's own business, with the farms of one grower."""

    def __init__(self, guardian: str, grower: str) -> None:
        super().__init__(guardian)
        self.grower = grower

    @cached_property
    def farms(self) -> list[Farm]:
        return Business(self.grower).farms


def in_care(guardian: str, pk: UUID) -> Care | None:
    """None where there is no such grower, or another cooperative's: the two look the same."""
    grower = Party.objects.filter(pk=pk, guardian=guardian).values_list("uri", flat=True).first()
    return Care(guardian, grower) if grower else None
