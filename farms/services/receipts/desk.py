"""Whose receipts somebody may see: those that his business signed, his own, and those of the growers in his care."""

from collections.abc import Collection, Iterable, Mapping

from django.db.models import Exists, OuterRef, Q, QuerySet

from farms.services.receipts.taken_in import names_for_partners
from provenance.coffee.acts import Receive
from provenance.coffee.statement import parse
from provenance.members.models import Membership, User
from provenance.members.services import parties_of
from provenance.trail.models import Event, Key, Party, Subject
from provenance.trail.services.queries import AUDITORS, names_of

Role = Membership.Role
# Whoever takes coffee in from growers.
TAKERS = (Role.COLLECTOR, Role.STATION, Role.MILL, Role.EXPORTER)
GROWERS = (Role.FARMER, Role.COLLECTOR)


class ReceiptDesk:
    def __init__(self, user: User) -> None:
        self.takers = parties_of(user, *TAKERS)
        self.growers = parties_of(user, *GROWERS)
        self.guardians = parties_of(user, Role.OFFICER)

    @property
    def is_nobodys(self) -> bool:
        return not (self.takers or self.growers or self.guardians)

    def signed(self) -> QuerySet[Event]:
        """What his own business took in."""
        return Event.objects.filter(act=Receive.name, kid__in=self._own_keys)

    @property
    def _own_keys(self) -> QuerySet[Key]:
        return Key.objects.filter(party__in=self.takers).values("kid")

    def receipts(self) -> QuerySet[Event]:
        """The newest first."""
        in_care = Party.objects.filter(guardian__in=self.guardians).values("uri")
        brought = Subject.objects.filter(event=OuterRef("pk"), kind="party").filter(
            Q(uri__in=self.growers) | Q(uri__in=in_care)
        )
        found = Event.objects.filter(act=Receive.name).filter(Q(kid__in=self._own_keys) | Exists(brought))
        return found.select_related("leaf", "log", "correction").order_by("-pk")

    def receipt(self, event: Event) -> Event | None:
        """None for what is not this person's to see."""
        return next(iter(self.visible(self.receipts().filter(pk=event.pk))), None)

    def visible(self, receipts: Iterable[Event]) -> list[Event]:
        """Those that he may see: a receipt may name a grower who did not bring the coffee. One query."""
        said = [(event, parse(bytes(event.statement))) for event in receipts]
        brought_by = {statement.body.from_party for _, statement in said} - {None}
        growers = self._own_among(brought_by)
        return [
            event for event, statement in said if statement.iss in self.takers or statement.body.from_party in growers
        ]

    def names(self, growers: Collection[str]) -> Mapping[str, str]:
        """By URI. What is withheld from partners: his own name, and those of the growers in his care. Three queries."""
        own = names_of(self._own_among(growers), audiences=[AUDITORS])
        return {**names_for_partners(growers), **own}

    def _own_among(self, growers: Iterable[str]) -> set[str]:
        growers = set(growers)
        in_care = Party.objects.filter(uri__in=growers, guardian__in=self.guardians).values_list("uri", flat=True)
        return growers & {*self.growers, *in_care}
