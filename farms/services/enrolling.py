"""A cooperative brings a grower onto the trail: a party of its own, under the cooperative's care, and a log-in."""

import re
from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from farms.services.plans import Refused
from provenance.coffee.identifiers import new_id, party_uri
from provenance.members.models import Membership, User
from provenance.members.services import enrol
from provenance.trail.models import Party
from provenance.trail.models.projections import pk_of
from provenance.trail.services import registry
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC, names_of

DRAWN_ID = re.compile(r"[a-z2-7]{26}")


@dataclass(frozen=True)
class Grower:
    """Somebody a cooperative is guardian of; ``usernames`` are their log-ins."""

    party: str
    name: str
    country: str
    usernames: tuple[str, ...]

    @property
    def pk(self) -> UUID:
        """By which pages name the grower."""
        return pk_of(self.party)


def draw_party() -> str:
    """A party URI that says nothing about the person. The form carries it, so a second click enrols nobody twice."""
    return party_uri(settings.TRAIL_HOST, new_id())


def is_drawn(party: str) -> bool:
    """Whether ``draw_party`` may have drawn it: a form brings back anything, and a party's URI stays for ever."""
    id = party.rpartition("/")[2]
    return bool(DRAWN_ID.fullmatch(id)) and party == party_uri(settings.TRAIL_HOST, id)


def growers_of(guardian: str) -> list[Grower]:
    """The newest first."""
    parties = list(Party.objects.filter(guardian=guardian).order_by("-event"))
    uris = [party.uri for party in parties]
    names = names_of(uris, audiences=[PUBLIC, PARTNERS, AUDITORS, guardian])
    logins: dict[str, list[str]] = {}
    for membership in Membership.objects.filter(party_uri__in=uris).select_related("user"):
        logins.setdefault(membership.party_uri, []).append(membership.user.get_username())
    return [
        Grower(party.uri, names.get(party.uri, "name erased"), party.country, tuple(logins.get(party.uri, ())))
        for party in parties
    ]


def is_enrolled(guardian: str, party: str) -> bool:
    """Whether this party is in the guardian's care already, with somebody who can log in for it."""
    in_care = Party.objects.filter(uri=party, guardian=guardian).exists()
    return in_care and Membership.objects.filter(party_uri=party).exists()


def enrol_grower(
    *, guardian: str, party: str, name: str, country: str, audience: str, username: str, password: str
) -> User:
    """
    Register the party (its name sealed, for ``audience`` to read) and give it a log-in.

    The party comes first: interrupted here, the same form sent again goes on where it stopped. Raises Refused (field
    ``username``) and what ``registry.register_party`` raises.
    """
    _check_free(username)
    known = Party.objects.filter(uri=party).first()
    if known and known.guardian != guardian:
        raise Refused("This party is in somebody else's care. Begin again.")
    if not known:
        registry.register_party(
            kind="person",
            roles=["farmer"],
            name=name,
            country=country,
            guardian=guardian,
            party=party,
            audience=audience,
        )
    try:
        with transaction.atomic():
            user = User.objects.create_user(username=username, password=password)
            enrol(user=user, party_uri=party, role=Membership.Role.FARMER)
    except IntegrityError:
        raise _taken()
    return user


def _check_free(username: str) -> None:
    if User.objects.filter(username__iexact=username).exists():
        raise _taken()


def _taken() -> Refused:
    return Refused("Somebody has this log-in name already. Choose another.", field="username")
