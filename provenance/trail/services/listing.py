"""Which leaves name something: what an index entry is asked for together with its proof."""

from django.db.models import Q, QuerySet

from provenance.coffee.indexing import names_in
from provenance.trail.models import Correction, Event, Key, Log, Subject

# Nobody needs more at once; whoever wants all leaves of a busy party reads the log's entries.
MOST_LISTED = 2_000


def leaves_naming(log: Log, kind: str, name: str, upto: int) -> list[int] | None:
    """
    The leaves below ``upto`` that name this, in order, read from their bytes; None where that would be too many.

    ``kind`` is one of ``coffee.indexing.KINDS``.
    """
    # PostgreSQL refuses to be asked with it, and no leaf holds it.
    if "\x00" in name:
        return []
    named = Event.objects.filter(_may_name(log, kind, name), leaf__log=log, leaf__index__lt=upto)
    rows = list(named.order_by("leaf__index").values_list("leaf__index", "statement").distinct()[: MOST_LISTED + 1])
    if len(rows) > MOST_LISTED:
        return None
    return [index for index, statement in rows if (kind, name) in names_in(bytes(statement))]


def _may_name(log: Log, kind: str, name: str) -> Q:
    """Where to look: no event beyond these names it."""
    match kind:
        case "act":
            return Q(act=name)
        case "kid":
            keys = Key.objects.filter(log=log, kid=name)
            return Q(kid=name) | Q(pk__in=keys.values("event")) | Q(pk__in=keys.values("revoked_by"))
        case "event":
            about = Subject.objects.filter(kind="event", uri=name).values("event")
            # A correction repeats what it takes back, and with it the event that this was about.
            return Q(uuid__in=_uuids(name)) | Q(pk__in=about) | Q(pk__in=_corrections(about))
    return Q(pk__in=Subject.objects.filter(kind=kind, uri=name).values("event"))


def _corrections(originals: QuerySet[Subject]) -> QuerySet[Correction]:
    return Correction.objects.filter(original__in=originals).values("event")  # type: ignore[return-value]


def _uuids(name: str) -> list[object]:
    try:
        return [Event.uuid_of(name)]
    except ValueError:
        return []
