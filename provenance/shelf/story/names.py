"""Who and where, in names that were disclosed, or else in words that say what kind of somebody it is."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.utils.translation import gettext_lazy as _

from provenance.coffee import acts
from provenance.coffee.ledger import Books
from provenance.shelf.story import words
from provenance.shelf.story.sentences import Named
from provenance.shelf.story.values import Opened, Telling

Place = tuple[Named | str, ...]


@dataclass
class Names:
    """Everybody the page has to name. A name counts only beside the registration that withholds it."""

    books: Books
    opened: dict[str, dict[str, Opened]] = field(default_factory=dict)

    def learn(self, tellings: Iterable[Telling]) -> None:
        for telling in tellings:
            if telling.statement is None or not telling.opened:
                continue
            match telling.statement.body:
                case acts.RegisterParty(party=uri) | acts.RegisterSite(site=uri):
                    self.opened.setdefault(uri, {}).update(telling.opened)

    def party(self, uri: str) -> Named:
        if name := self.disclosed(uri):
            return name
        fact = self.books.parties.get(uri)
        known = [words.ROLES[role] for role in fact.roles if role in words.ROLES] if fact else []
        return Named(known[0] if known else _("somebody"))

    def site(self, uri: str | None) -> Named | None:
        if uri is None or uri not in self.books.sites:
            return None
        return self.disclosed(uri) or Named(words.SITES.get(self.books.sites[uri].kind, _("a place")))

    def country(self, uri: str | None) -> str:
        fact = self.books.sites.get(uri or "")
        return country(fact.country) if fact else ""

    def village(self, uri: str | None) -> Named | None:
        opened = self.opened.get(uri or "", {}).get("place")
        return Named(opened.value, opened.digest) if opened else None

    def where(self, uri: str | None) -> Place:
        """Village and country of a site, as far as they are open."""
        return tuple(each for each in (self.village(uri), self.country(uri)) if each)

    def place(self, uri: str | None) -> Place:
        """A site's name, village and country."""
        return tuple(each for each in (self.site(uri), *self.where(uri)) if each)

    def disclosed(self, uri: str) -> Named | None:
        opened = self.opened.get(uri, {}).get("name")
        return Named(opened.value, opened.digest) if opened else None


def country(code: str | None) -> str:
    return words.country(code) if code else ""
