"""Keys, parties and acts that the tests of statements share."""

from datetime import UTC, datetime

from provenance.coffee import strict_json
from provenance.coffee.acts import Act, Attributes, Dispatch, Form, Harvest, LotMass, NewLot, RegisterParty
from provenance.coffee.statement import Disclosure, Statement, sign, thumbprint
from provenance.coffee.statement.envelope import STATEMENT_TYPE, seal, signing_input
from provenance.tlog.keys import Ed25519Signer

HOST = "https://localhost:8000/epcis"
ALMAZ = f"{HOST}/party/mfzwizltoqqgc3dnmf5a"
WOTE = f"{HOST}/party/o5xxizjan5tgk4tfmq2q"
FARM = f"{HOST}/loc/mzqxe3jamfwg2ylzoq3a"
CHERRY = f"{HOST}/class/cherry.2026-11-03-A"
AUD = "localhost:8000/log/demo#00112233445566aa"
IAT = 1_793_700_000
JTI = "urn:uuid:5c0ace96-718b-4e06-82b0-2c61988816cb"
OTHER_JTI = "urn:uuid:0d5b1c3e-52a1-4f0e-9b1e-6a6d2b7c9f10"

SIGNER = Ed25519Signer(bytes(range(32)))
KEY = SIGNER.public.raw
KID = thumbprint(KEY)

AT = datetime(2026, 11, 3, 9, 30, tzinfo=UTC)
DISPATCH = Dispatch(at=AT, site=FARM, lines=(LotMass(lot=CHERRY, mass_mg=412_500_000),), to_party=WOTE, bags=7)
HARVEST = Harvest(
    at=AT,
    site=FARM,
    output=NewLot(
        lot=CHERRY, mass_mg=412_500_000, form=Form.CHERRY, attributes=Attributes(country="ET", species="arabica")
    ),
)
ALMAZ_REGISTERED = RegisterParty(party=ALMAZ, kind="person", roles=("farmer",), country="ET", guardian=WOTE)


def signed(act: Act = DISPATCH, **others) -> tuple[Statement, list[Disclosure]]:  # noqa: ANN003
    """An act signed by the tests' one key."""
    return sign(act, **{"iss": ALMAZ, "aud": AUD, "iat": IAT, "kid": KID, "signer": SIGNER.sign, "jti": JTI} | others)


def payload_of(statement: Statement) -> dict:
    """The members of a statement's payload, to be altered."""
    members = {name: getattr(statement, name) for name in ("jti", "iss", "aud", "iat", "act")}
    name = "subject" if statement.event is None else "event"
    return {"v": 1} | members | {name: getattr(statement, name)}


def resealed(members: object) -> bytes:
    """A truly signed JWS over whatever payload; bytes are taken as they are."""
    payload = members if isinstance(members, bytes) else strict_json.dumps(members)
    return seal(signing_input(KID, STATEMENT_TYPE, payload), SIGNER.sign)
