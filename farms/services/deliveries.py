"""What a grower delivered, what the other side said of it, and the season in numbers."""

from collections import defaultdict
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import QuerySet
from django.utils import timezone

from farms.services.business import Business
from provenance.coffee.acts import Dispatch, Harvest, LotMass, Receive, Refuse
from provenance.coffee.statement import parse
from provenance.trail.models import Event, Handover, Key, Subject
from provenance.trail.services.standing import Standing, Standings

# The coffee year of the International Coffee Organization begins on 1 October.
SEASON_BEGINS = (10, 1)


@dataclass(frozen=True)
class Answer:
    """What the other side said of a delivery, or of part of it; masses in milligrams."""

    event: Event
    at: datetime
    refused: bool
    sent_mg: int
    weighed_mg: int
    reason: str = ""

    @property
    def less_mg(self) -> int:
        return max(0, self.sent_mg - self.weighed_mg)

    @property
    def more_mg(self) -> int:
        return max(0, self.weighed_mg - self.sent_mg)


@dataclass(frozen=True)
class Delivery:
    """One dispatch of the grower with all that was answered. ``state``: see ``words.HANDOVERS``."""

    event: Event
    at: datetime
    form: str
    sent_mg: int
    to: str
    state: str
    waiting_mg: int
    answers: tuple[Answer, ...]
    standing: Standing
    through_operator: bool  # a key of one of the two sides lies with the operator

    @property
    def received_mg(self) -> int:
        return sum(answer.weighed_mg for answer in self.answers if not answer.refused)

    @property
    def refused_mg(self) -> int:
        return sum(answer.weighed_mg for answer in self.answers if answer.refused)

    @property
    def answered(self) -> bool:
        return bool(self.answers)

    @property
    def both_sides(self) -> bool:
        """As ``coffee.evidence`` has it: each side with a key that the other lacks."""
        return self.answered and not self.through_operator


@dataclass(frozen=True)
class Picking:
    """One harvest of the grower."""

    event: Event
    at: datetime
    form: str
    mass_mg: int
    standing: Standing


@dataclass(frozen=True)
class Season:
    """Since the coffee year began; what was taken back does not count."""

    begins: date
    pickings: tuple[Picking, ...]
    deliveries: tuple[Delivery, ...]

    @property
    def picked(self) -> list[tuple[str, int]]:
        """Milligrams by form of the coffee: cherry and dried cherry are not added up."""
        return _by_form((picking.form, picking.mass_mg) for picking in self.pickings)

    @property
    def sent(self) -> list[tuple[str, int]]:
        return _by_form((each.form, each.sent_mg) for each in self._standing)

    @property
    def received(self) -> list[tuple[str, int]]:
        return _by_form((each.form, each.received_mg) for each in self._standing)

    @property
    def refused(self) -> list[tuple[str, int]]:
        return _by_form((each.form, each.refused_mg) for each in self._standing)

    @property
    def waiting(self) -> list[tuple[str, int]]:
        return _by_form((each.form, each.waiting_mg) for each in self._standing)

    @property
    def _standing(self) -> list[Delivery]:
        return [each for each in self.deliveries if each.state != "withdrawn"]


def deliveries_of(business: Business, handovers: Iterable[Handover] | None = None) -> list[Delivery]:
    """The newest first; a constant number of queries."""
    rows = list(handovers_of(business) if handovers is None else handovers)
    acts = {row.pk: parse(bytes(row.dispatch.statement)).body for row in rows}
    answers = _answers([row.dispatch for row in rows])
    forms = business.forms_of(line.lot for act in acts.values() for line in act.lines)
    business.learn(row.to_party for row in rows)
    standings = Standings()
    said = [row.dispatch for row in rows] + [answer.event for several in answers.values() for answer in several]
    held = _held_by_operator({event.kid for event in said})
    return [
        _delivery(row, acts[row.pk], business, forms, answers[row.dispatch.event_id], standings.of(row.dispatch), held)
        for row in rows
    ]


def delivery_of(business: Business, event: Event) -> Delivery | None:
    """The grower's delivery that the event is, or answers; None where it is about none."""
    act = parse(bytes(event.statement)).body
    dispatch = act.dispatch if isinstance(act, Receive | Refuse) else event.event_id
    if dispatch is None:
        return None
    found = handovers_of(business).filter(dispatch__uuid=Event.uuid_of(dispatch))
    return next(iter(deliveries_of(business, found)), None)


def handovers_of(business: Business) -> QuerySet[Handover]:
    """The grower's dispatches, the newest first."""
    sent = Handover.objects.filter(from_party=business.party)
    return sent.select_related("dispatch__leaf", "dispatch__correction").order_by("-dispatch")


def season_of(business: Business) -> Season:
    begins = season_begins(timezone.localdate())
    since = datetime.combine(begins, time(), tzinfo=timezone.get_current_timezone())
    standings = Standings()
    # Recorded is never before it happened, so this leaves out only what the next line would.
    harvests = business.events.filter(act=Harvest.name, correction=None, recorded_at__gte=since)
    said = [(event, parse(bytes(event.statement))) for event in harvests]
    pickings = tuple(
        Picking(
            event, statement.body.at, statement.body.output.form, statement.body.output.mass_mg, standings.of(event)
        )
        for event, statement in said
        if statement.body.at >= since
    )
    deliveries = deliveries_of(business, handovers_of(business).filter(dispatch__recorded_at__gte=since))
    return Season(begins, pickings, tuple(each for each in deliveries if each.at >= since))


def season_begins(today: date) -> date:
    month, day = SEASON_BEGINS
    this_year = date(today.year, month, day)
    return this_year if today >= this_year else date(today.year - 1, month, day)


def _answers(dispatches: Sequence[Event]) -> dict[str, list[Answer]]:
    """What stands of what the receivers said, by the dispatch's event id. One query."""
    about = Subject.objects.filter(kind="event", uri__in=[event.event_id for event in dispatches])
    said = Event.objects.filter(
        pk__in=about.values("event"), act__in=[Receive.name, Refuse.name], correction=None
    ).select_related("leaf")
    found: dict[str, list[Answer]] = defaultdict(list)
    for event in said.order_by("pk"):
        act = parse(bytes(event.statement)).body
        found[act.dispatch].append(answer_of(event, act))
    return found


def _held_by_operator(kids: Iterable[str]) -> set[str]:
    """Those of the keys that this server keeps. One query."""
    return set(Key.objects.filter(kid__in=kids, custody="server").values_list("kid", flat=True))


def answer_of(event: Event, act: Receive | Refuse) -> Answer:
    sent_mg, weighed_mg = masses_of(act)
    refused = isinstance(act, Refuse)
    return Answer(event, act.at, refused, sent_mg, weighed_mg, act.reason if isinstance(act, Refuse) else "")


def masses_of(act: Receive | Refuse) -> tuple[int, int]:
    """Milligrams of the delivery that an answer is about, and what the other side's scale showed."""
    weighed_mg = _sum(act.lines)
    return (_sum(act.taken) if isinstance(act, Receive) and act.taken else weighed_mg), weighed_mg


def _delivery(
    row: Handover,
    act: Dispatch,
    business: Business,
    forms: dict[str, str],
    answers: Sequence[Answer],
    standing: Standing,
    held: Container[str],
) -> Delivery:
    return Delivery(
        event=row.dispatch,
        at=act.at,
        form=forms.get(act.lines[0].lot, ""),
        sent_mg=_sum(act.lines),
        to=business.name(row.to_party),
        state=row.state,
        waiting_mg=sum(mg for mg in row.rest.values() if mg > 0),
        answers=tuple(answers),
        standing=standing,
        through_operator=any(event.kid in held for event in (row.dispatch, *(each.event for each in answers))),
    )


def _sum(lines: Iterable[LotMass]) -> int:
    return sum(line.mass_mg for line in lines)


def _by_form(masses: Iterable[tuple[str, int]]) -> list[tuple[str, int]]:
    found: dict[str, int] = defaultdict(int)
    for form, mass_mg in masses:
        found[form] += mass_mg
    return [(form, mass_mg) for form, mass_mg in sorted(found.items()) if mass_mg]
