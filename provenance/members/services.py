"""Who acts for whom."""

from django.contrib.auth.models import AnonymousUser

from provenance.members.models import Membership, User


class NoParty(Exception):
    """The person belongs to no party, or not to the one that was named."""


def parties_of(user: User | AnonymousUser, *roles: Membership.Role) -> list[str]:
    """URIs of the parties the person belongs to, oldest membership first; only with one of the roles, where given."""
    if not user.is_authenticated or not user.is_active:
        return []
    memberships = Membership.objects.filter(user_id=user.pk)
    if roles:
        memberships = memberships.filter(role__in=roles)
    return list(dict.fromkeys(memberships.values_list("party_uri", flat=True)))


def roles_in(user: User | AnonymousUser, party_uri: str) -> set[str]:
    """The person's roles in that party; empty for a stranger."""
    if not user.is_authenticated or not user.is_active:
        return set()
    return set(Membership.objects.filter(user_id=user.pk, party_uri=party_uri).values_list("role", flat=True))


def acting_party(user: User | AnonymousUser, party_uri: str | None = None) -> str:
    """
    URI of the party the person acts for: the one named, else that of the oldest membership.

    Raises NoParty with a sentence for the person.
    """
    parties = parties_of(user)
    if not parties:
        raise NoParty("You do not act for anybody yet. Ask your cooperative or company to add you as a member.")
    if party_uri is None:
        return parties[0]
    if party_uri not in parties:
        raise NoParty("You do not act for this party.")
    return party_uri


def enrol(*, user: User, party_uri: str, role: Membership.Role | str) -> Membership:
    """Give the person a role in a party. Twice is once."""
    membership, _ = Membership.objects.get_or_create(user=user, party_uri=party_uri, role=Membership.Role(role))
    return membership
