"""Which leaves name something: what an index entry is asked for together with its proof."""

from django.db.models import Q, QuerySet

from provenance.coffee.indexing import names_in
from provenance.trail.models import Correction, Event, Key, Log, Party, Plot, Site, Subject
from provenance.trail.models.log import OF_ALL_LOTS

# Nobody needs more at once; whoever wants all leaves of a busy party reads the log's entries.
MOST_LISTED = 2_000

# Written out, not as parameters: only then SQLite sees that its partial index holds all of them.
_CONDITION = f"trail_event.act IN ({', '.join(repr(act) for act in OF_ALL_LOTS)})"


def of_all_lots(log: Log) -> QuerySet[Event]:
    """The recalls, lifted recalls, ended keys, erasures and index leaves of a log, found without looking through it."""
    return Event.objects.filter(log=log).extra(where=[_CONDITION])


def leaves_naming(log: Log, kind: str, name: str, upto: int, count: int) -> list[int] | None:
    """
    The leaves below ``upto`` that name this, in order, read from their bytes; the index counts ``count`` of them.

    None where they are too many to list, and for acts that do not concern all lots. ``kind``: one of
    ``coffee.indexing.KINDS``.
    """
    if not count:
        return []
    if count > MOST_LISTED or (kind == "act" and name not in OF_ALL_LOTS):
        return None
    rows = _naming(log, kind, name).filter(leaf__log=log, leaf__index__lt=upto).values_list("leaf__index", "statement")
    return sorted({index for index, statement in rows.iterator() if (kind, name) in names_in(bytes(statement))})


def _naming(log: Log, kind: str, name: str) -> QuerySet[Event]:
    """Where to look: no event beyond these names it."""
    match kind:
        case "act":
            return of_all_lots(log).filter(act=name)
        case "registered":
            return Event.objects.filter(
                Q(pk__in=Party.objects.filter(uri=name).values("event"))
                | Q(pk__in=Site.objects.filter(uri=name).values("event"))
                | Q(pk__in=Plot.objects.filter(uri=name).values("event"))
                | Q(pk__in=Key.objects.filter(kid=name).values("event"))
                # The operator may have registered itself since.
                | Q(leaf__log=log, leaf__index=0)
            )
        case "kid":
            keys = Key.objects.filter(kid=name)
            signed = Subject.objects.filter(kind="party", uri__in=keys.values("party")).values("event")
            return Event.objects.filter(
                Q(pk__in=signed) | Q(pk__in=keys.values("event")) | Q(pk__in=keys.values("revoked_by"))
            )
        case "event":
            about = Subject.objects.filter(kind="event", uri=name).values("event")
            # A correction repeats what it takes back, and with it the event that this was about.
            corrections = Correction.objects.filter(original__in=about).values("event")
            return Event.objects.filter(Q(uuid=Event.uuid_of(name)) | Q(pk__in=about) | Q(pk__in=corrections))
    return Event.objects.filter(pk__in=Subject.objects.filter(kind=kind, uri=name).values("event"))
