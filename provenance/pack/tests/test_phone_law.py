"""The law that phones judge by is never stricter than the law: what the ledger accepts in random journeys passes."""

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from provenance.coffee.acts import REGISTRY_ACTS, Correct
from provenance.coffee.epcis.writing import write
from provenance.coffee.ledger.naming import original_id
from provenance.coffee.tests.ledger_world import Said as Stated
from provenance.coffee.tests.test_ledger_machine import Journeys
from provenance.pack.bundle.law import LAW
from provenance.pack.bundle.said import Said
from provenance.pack.bundle.standing import Standing

MEMBERS = ("party", "guardian", "roles", "site", "plot", "kid", "x", "pop", "operator_jwk")


class Unsigned(Standing):
    """The journeys are judged without signatures."""

    def _check_signature(self, said: Said) -> None:
        pass


def read(stated: Stated, index: int, events: dict) -> Said:
    """The statement as a phone reads it."""
    payload = {"jti": stated.jti, "iss": stated.iss, "aud": stated.aud, "act": stated.act}
    if stated.act in REGISTRY_ACTS:
        payload["subject"] = {name: getattr(stated.body, name) for name in MEMBERS if hasattr(stated.body, name)}
    elif isinstance(stated.body, Correct):
        payload["event"] = {**events[original_id(stated.body)], "errorDeclaration": {}}
    else:
        payload["event"] = events[stated.jti] = write(stated.body, stated.jti)
    return Said(b"", stated.kid, b"", payload, 0, index, row=LAW[stated.act])


class Phones(Journeys):
    def teardown(self) -> None:
        if not hasattr(self, "w"):
            return
        events: dict = {}
        genesis, *others = [read(stated, index, events) for index, stated in enumerate(self.w.said)]
        lots = frozenset(lot for said in others for lot in said.lots)
        standing = Unsigned(lots)
        standing.begin(genesis)
        for said in others:
            standing.judge(said)
        for lot, holders in self.w.books.holders.items():
            assert holders <= standing.held[lot], lot


def test_the_phones_law_is_never_stricter_than_the_law():
    run_state_machine_as_test(
        Phones,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            database=None,
            derandomize=True,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        ),
    )
