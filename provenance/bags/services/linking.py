"""Where else a scan may lead: the links that the people of a business keep with their products."""

from collections.abc import Sequence

from provenance.bags.models import Link, Product


def links_of(product: Product) -> Sequence[Link]:
    """The product's links, those of its lots among them. Whatever else the table holds, only https is led to."""
    kept = Link.objects.filter(product=product, type__in=Link.Type.values)
    return [link for link in kept if link.href.startswith("https://")]
