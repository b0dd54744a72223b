"""What is said of the Huila coffee besides what happened to it: paid, certified, and a farmer's own words."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from farms.services.replying import reply
from provenance.coffee.money import Amount
from provenance.demo import huila
from provenance.demo.cast import Cast
from provenance.demo.stage import Actor, Stage, event
from shipments.services.certifying import certify
from shipments.services.paying import pay
from shipments.services.plans import Plan

# 2.10 USD a kilogram of parchment, in two parts.
ADVANCE, SECOND = Decimal("1.75"), Decimal("0.35")


def tell(stage: Stage, cast: Cast) -> None:
    for grower, (_, _, weighed) in zip(cast.growers, huila.DELIVERIES, strict=True):
        kilograms = Decimal(str(weighed))
        pay_grower(stage, cast, grower, "advance", kilograms * ADVANCE, "2026-07-06 18:30")
        pay_grower(stage, cast, grower, "second", kilograms * SECOND, "2026-09-14 11:00")
    speak(stage, cast, cast.growers[0])
    # Whoever buys at the mill takes nothing in yet: only a yes shows that the coffee became his.
    say_yes(stage, cast.huila_exporter, "huila/sold", "2026-07-20 16:40")
    stage.tell("huila/certified", lambda: certificate(cast))


def pay_grower(stage: Stage, cast: Cast, grower: Actor, kind: str, amount: Decimal, at: str) -> str:
    coop = cast.huila_coop
    return stage.tell(
        f"huila/{grower.username}/paid {kind}",
        lambda: pay(
            party=coop.party,
            at=coop.at(at),
            deliveries=[event(stage.event_id(f"huila/{grower.username}/received"))],
            kind=kind,
            amount=Amount(amount.quantize(Decimal("0.01"), ROUND_HALF_EVEN), "USD"),
            payee=grower.party,
            audience="public",
        ),
    )


def speak(stage: Stage, cast: Cast, grower: Actor) -> None:
    """One of the five says yes to what was weighed and paid, and lets everybody read why."""
    for name, at, words in (
        ("received", "2026-07-07 07:10", "The scale was read aloud and I wrote the number down. It is my number, too."),
        ("paid advance", "2026-07-07 07:15", ""),
        ("paid second", "2026-09-15 07:40", "It came in September, as they had said. It paid for the new drying bed."),
    ):
        say_yes(stage, grower, f"huila/{grower.username}/{name}", at, words)


def say_yes(stage: Stage, actor: Actor, name: str, at: str, words: str = "") -> None:
    stage.tell(
        f"{name}/{actor.username} says yes",
        lambda: reply(
            party=actor.party,
            event=event(stage.event_id(name)),
            at=actor.at(at),
            reason="",
            words=words,
            audience="public",
        ),
    )


def certificate(cast: Cast) -> Plan:
    auditor = cast.auditor
    return certify(
        party=auditor.party,
        at=auditor.at("2026-07-21 09:00"),
        scheme="Organic (made up)",
        chain="segregated",
        valid_from=date(2026, 7, 1),
        valid_to=date(2027, 6, 30),
        number="FAB-2026-0952",
        lots=[huila.GREEN],
    )
