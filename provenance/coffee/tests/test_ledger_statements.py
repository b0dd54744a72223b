"""The ledger fed with statements as they are really signed, read and mapped."""

from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from provenance.coffee import acts
from provenance.coffee.acts import Attributes, Form, LotMass, NewLot
from provenance.coffee.statement import parse, sign, sign_pop, verify
from provenance.coffee.tests.ledger_world import AUD, key_of, kid_of, raw_of, x_of
from provenance.coffee.tests.replaying import replay

HOST = "https://localhost:8000/epcis"
OPERATOR, FARMER = f"{HOST}/party/operator", f"{HOST}/party/farmer"
FARM, CHERRY = f"{HOST}/loc/farm", f"{HOST}/class/cherry.A1"
AT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
POP_JTI = "urn:uuid:00000000-0000-4000-8000-000000000001"


@dataclass
class Log:
    statements: list

    def say(self, iss, name, act, jti=None, aud=AUD):
        signer = key_of(name)
        signed, _ = sign(act, iss=iss, aud=aud, iat=1_767_600_000, kid=kid_of(name), signer=signer.sign, jti=jti)
        read = parse(signed.jws)
        verify(read, raw_of(name))
        self.statements.append(read)
        return read


@pytest.fixture
def log():
    log = Log([])
    vkeys = tuple((f"localhost:8000/log/test/{n}+00000000+AQ==",) for n in (1, 2, 3))
    log.say(
        OPERATOR,
        "operator",
        acts.Genesis(origin="localhost:8000/log/test/1", operator=OPERATOR, operator_jwk=x_of("operator"), vkeys=vkeys),
        aud="localhost:8000/log/test",
    )
    log.say(OPERATOR, "operator", acts.RegisterParty(party=FARMER, kind="person", roles=("farmer",)))
    binding = {"aud": AUD, "party": FARMER, "kid": kid_of("farmer"), "registrar": kid_of("operator"), "jti": POP_JTI}
    pop = sign_pop(key_of("farmer").sign, **binding)
    key = acts.RegisterKey(party=FARMER, kid=kid_of("farmer"), x=x_of("farmer"), custody="device", pop=pop)
    log.say(OPERATOR, "operator", key, jti=POP_JTI)
    log.say(OPERATOR, "operator", acts.RegisterSite(site=FARM, party=FARMER, kind="farm"))
    return log


def harvest(mass_mg):
    output = NewLot(lot=CHERRY, mass_mg=mass_mg, form=Form.CHERRY, attributes=Attributes(country="ET"))
    return acts.Harvest(at=AT, site=FARM, output=output)


def test_a_signed_harvest_is_counted_and_its_signed_correction_takes_it_back(log):
    said = log.say(FARMER, "farmer", harvest(60_123_456))
    books = replay(log.statements)
    assert books.void == {}
    assert dict(books.balances) == {(CHERRY, FARM, FARMER, FARMER): 60_123_456}
    told = acts.Correct(original=dict(said.event), original_act="harvest", declared_at=AT, reason="did_not_occur")
    log.say(FARMER, "farmer", told)
    books = replay(log.statements)
    assert (books.void, dict(books.balances)) == ({}, {})


def test_a_signed_sale_of_somebody_elses_coffee_is_void(log):
    log.say(FARMER, "farmer", harvest(60_000_000))
    sale = acts.Sell(at=AT, site=FARM, lines=(LotMass(lot=CHERRY, mass_mg=1_000_000),))
    stolen = log.say(OPERATOR, "operator", sale)
    books = replay(log.statements)
    assert books.void == {stolen.jti: f"Only the owner of {CHERRY} there may sell it."}
    assert dict(books.balances) == {(CHERRY, FARM, FARMER, FARMER): 60_000_000}


def test_a_statement_read_twice_counts_once(log):
    said = log.say(FARMER, "farmer", harvest(60_000_000))
    log.statements.append(said._replace())
    books = replay(log.statements)
    assert list(books.void) == [said.jti]
    assert sum(books.balances.values()) == 60_000_000
