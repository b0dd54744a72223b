"""Who is asking, and what they may read."""

from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet

from provenance.members.models import Membership, User
from provenance.members.services import parties_of
from provenance.trail.models import Event, Lot, Subject
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC


@dataclass(frozen=True)
class Reader:
    """
    Auditors and operators read every statement; members read those that name one of their parties or its lots.

    ``audiences`` are those whose disclosures the reader may see; "partners" only beside ``dealings``.
    """

    parties: tuple[str, ...]
    everything: bool

    @classmethod
    def of(cls, user: User | AnonymousUser) -> "Reader":
        oversight = parties_of(user, Membership.Role.AUDITOR, Membership.Role.OPERATOR)
        return cls(tuple(parties_of(user)), bool(oversight))

    @property
    def audiences(self) -> list[str]:
        audiences = [PUBLIC, *self.parties]
        if self.parties:
            audiences.append(PARTNERS)
        if self.everything:
            audiences.append(AUDITORS)
        return audiences

    @property
    def name(self) -> str:
        """The widest of the audiences, for a pack's manifest."""
        if self.everything:
            return AUDITORS
        return PARTNERS if self.parties else PUBLIC

    def events(self) -> QuerySet[Event]:
        """The events this reader may ask for, with their places, in the order they were recorded."""
        events = Event.objects.select_related("leaf").order_by("pk")
        return events if self.everything else events.filter(pk__in=self._own_events())

    def lots(self) -> QuerySet[Lot]:
        """The lots this reader may ask for: all, or those that a party of theirs owns, held or was named with."""
        if self.everything:
            return Lot.objects.all()
        own = Subject.objects.filter(event__in=self._own_events(), kind="lot").values("uri")
        return Lot.objects.filter(uri__in=own)

    def dealings(self) -> set[int]:
        """Primary keys of the events whose partner the reader is: they name a party of theirs, or a lot it dealt in."""
        if not self.parties:
            return set()
        lots = Subject.objects.filter(event__in=self._own_events(), kind="lot").values("uri")
        near = Subject.objects.filter(Q(kind="party", uri__in=self.parties) | Q(kind="lot", uri__in=lots))
        return set(near.values_list("event", flat=True))

    def _own_events(self) -> QuerySet[Subject]:
        return Subject.objects.filter(Q(uri__in=self.parties), kind="party").values("event")  # type: ignore[return-value]
