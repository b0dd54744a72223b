"""Honest trails of awkward shape: whoever asks for the pack of one lot finds no fault in it, and nothing is missing."""

from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest
from django.contrib.auth.models import AnonymousUser

from provenance.audit.services.packing import pack_of, trust_of
from provenance.audit.services.readers import Reader
from provenance.coffee.acts import (
    AttachDocument,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    Form,
    Grade,
    Harvest,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Process,
    Recall,
    Receive,
    Refuse,
    RevokeKey,
    Sample,
    Sell,
    Split,
    TransferTitle,
)
from provenance.coffee.identifiers import lot_uri
from provenance.coffee.statement import parse
from provenance.pack.read import PackFile
from provenance.pack.trust import parse_trust
from provenance.pack.verify import Report, verify
from provenance.trail.models import Event, Handover, Key
from provenance.trail.services import registry
from provenance.trail.services.acting import Draft, record_acts
from provenance.trail.services.publishing import publish

pytestmark = pytest.mark.django_db

KG = 1_000_000
NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)


def lot(code: str, form: Form = Form.CHERRY) -> str:
    return lot_uri("localhost:8000", form, code)


def line(code: str, kg: int, form: Form = Form.CHERRY) -> LotMass:
    return LotMass(lot=lot(code, form), mass_mg=kg * KG)


def new(code: str, kg: int, form: Form = Form.CHERRY) -> NewLot:
    return NewLot(lot=lot(code, form), mass_mg=kg * KG, form=form)


def say(party: str, act: object) -> Event:
    return record_acts(party, [Draft(act)])[0]


def harvest(farmer, code: str, kg: int) -> Event:
    return say(farmer.party, Harvest(at=NOON, site=farmer.site, output=new(code, kg)))


def dispatch(sender, to, *lines: LotMass, site: str | None = None, to_site: str | None = None, title=True) -> Event:
    act = Dispatch(
        at=NOON, site=site or sender.site, lines=lines, to_party=to.party, to_site=to_site or to.site, title=title
    )
    return say(sender.party, act)


def receive(to, dispatched: Event, *lines: LotMass, site: str | None = None, **more) -> Event:
    act = Receive(at=NOON, site=site or to.site, lines=lines, dispatch=dispatched.event_id, **more)
    return say(to.party, act)


def deliver(sender, to, *lines: LotMass, **more) -> Event:
    return receive(to, dispatch(sender, to, *lines, **more), *lines)


def checked(log, reader: Reader, *lots: str) -> Report:
    with PackFile(BytesIO(b"".join(pack_of(lots, reader).stream()))) as pack:
        return verify(pack, parse_trust(trust_of(log)))


@pytest.fixture
def clean(log, nadia, almaz) -> Callable[..., None]:
    """Publish, and find no fault in the pack of a lot, whoever asks for it."""

    def check(*lots: str) -> None:
        publish(log, index=True)
        for reader in (Reader.of(AnonymousUser()), Reader.of(almaz), Reader.of(nadia)):
            report = checked(log, reader, *lots)
            assert report.faults == []
            assert report.trusted and report.complete == report.size - 1

    return check


def test_a_load_that_is_still_on_its_way(clean, almaz, wote, kofi):
    harvest(almaz, "A", 50)
    dispatch(almaz, wote, line("A", 50), to_site=kofi.site)

    clean(lot("A"))


def test_a_load_received_elsewhere_than_it_was_sent_to(clean, almaz, wote, kofi):
    harvest(almaz, "A", 50)
    sent = dispatch(almaz, wote, line("A", 50), to_site=kofi.site)
    receive(wote, sent, line("A", 50))

    clean(lot("A"))


def test_a_grade_at_a_laboratory_that_never_held_the_lot(clean, almaz, nadia):
    harvest(almaz, "A", 50)
    say(nadia.party, Grade(at=NOON, site=nadia.site, lot=lot("A"), protocol="SCA 2004", results=(("score_centi", 86),)))

    clean(lot("A"))


def test_a_farmer_whose_guardian_has_no_part_in_the_lot(clean, wote, kofi):
    farmer = registry.register_party(kind="person", roles=["farmer"], name="Bekele", guardian=wote.party)
    farm = registry.register_site(party=farmer, kind="farm", name="Bekele's", by=wote.party)
    say(farmer, Harvest(at=NOON, site=farm, output=new("B", 50)))
    say(farmer, Dispatch(at=NOON, site=farm, lines=(line("B", 50),), to_party=kofi.party, to_site=kofi.site))

    clean(lot("B"))


def test_a_site_whose_owner_has_no_part_in_the_lot(clean, almaz, wote, kofi):
    harvest(almaz, "A", 50)
    sent = dispatch(almaz, kofi, line("A", 50), to_site=wote.site)
    receive(kofi, sent, line("A", 50), site=wote.site)

    clean(lot("A"))


def test_strangers_in_one_load_from_a_rented_store(clean, almaz, wote, kofi):
    for code in ("A", "B"):
        harvest(almaz, code, 50)
        receive(kofi, dispatch(almaz, kofi, line(code, 50)), line(code, 50), site=wote.site)
    deliver(kofi, almaz, line("A", 20), line("B", 20), site=wote.site)

    clean(lot("A"))
    clean(lot("B"))


def test_titles_of_strangers_passed_at_a_toll_mill(clean, almaz, wote, kofi):
    for code in ("A", "B"):
        harvest(almaz, code, 50)
        deliver(almaz, wote, line(code, 50), title=False)
    lines = (line("A", 50), line("B", 50))
    say(almaz.party, TransferTitle(at=NOON, site=wote.site, lines=lines, to_party=kofi.party, custodian=wote.party))
    hulled = (new("G", 18, Form.GREEN),)
    losses = (Difference(kind=LossKind.WATER, mass_mg=82 * KG),)
    step = Process(at=NOON, site=wote.site, step="cherry_to_green", inputs=lines, outputs=hulled, losses=losses)
    say(wote.party, step)
    say(kofi.party, Sell(at=NOON, site=wote.site, lines=(line("G", 5, Form.GREEN),)))

    clean(lot("A"))
    clean(lot("G", Form.GREEN))


def test_one_recall_and_one_certificate_of_several_lots(clean, almaz, wote):
    for code in ("A", "B"):
        harvest(almaz, code, 50)
    lots = (lot("A"), lot("B"))
    document = AttachDocument(
        at=NOON, site=almaz.site, lots=lots, kind="certificate", sha256="ab" * 32, media_type="application/pdf"
    )
    recalled = record_acts(
        almaz.party, [Draft(document), Draft(Recall(at=NOON, site=almaz.site, lots=lots, reason="quality"))]
    )[1]
    say(almaz.party, LiftRecall(at=NOON, site=almaz.site, lots=lots, recall=recalled.event_id))

    clean(lot("A"))


def test_a_blend_with_splits_refusals_part_loads_samples_and_corrections(clean, almaz, wote, kofi):
    for code in ("A", "B", "C"):
        harvest(almaz, code, 100)
        sent = dispatch(almaz, wote, line(code, 100))
        receive(wote, sent, line(code, 40))
        receive(wote, sent, line(code, 30))
        refused = Refuse(at=NOON, site=wote.site, dispatch=sent.event_id, lines=(line(code, 30),), reason="quality")
        say(wote.party, refused)
    record_acts(
        wote.party,
        [
            Draft(Split(at=NOON, site=wote.site, input=line("A", 70), outputs=(new("A1", 30), new("A2", 40)))),
            Draft(Sample(at=NOON, site=wote.site, line=line("A1", 1), into=lot("S1"))),
            Draft(
                Process(
                    at=NOON,
                    site=wote.site,
                    step="sort_cherry",
                    inputs=(line("A1", 29), line("B", 70), line("C", 70)),
                    outputs=(new("M", 165), new("F", 4, Form.FLOATERS)),
                )
            ),
        ],
    )
    wrong = say(
        wote.party,
        Process(
            at=NOON,
            site=wote.site,
            step="cherry_to_green",
            inputs=(line("M", 165), line("A2", 40)),
            outputs=(new("G", 30, Form.GREEN),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=175 * KG),),
        ),
    )
    green = line("G", 30, Form.GREEN)
    deliver(wote, kofi, green)
    original = parse(bytes(wrong.statement)).event
    right = say(
        wote.party,
        Process(
            at=NOON,
            site=wote.site,
            step="cherry_to_green",
            inputs=(line("M", 165),),
            outputs=(new("G2", 25, Form.GREEN),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=140 * KG),),
        ),
    )
    say(
        wote.party,
        Correct(
            original=original,
            original_act="process",
            declared_at=NOON,
            reason="incorrect_data",
            corrected_by=(right.event_id,),
        ),
    )
    say(
        kofi.party,
        Process(
            at=NOON,
            site=kofi.site,
            step="roast",
            inputs=(green,),
            outputs=(new("R", 25, Form.ROASTED),),
            losses=(Difference(kind=LossKind.ROAST_GAS, mass_mg=5 * KG),),
        ),
    )
    bags = Pack(
        at=NOON,
        site=kofi.site,
        inputs=(line("R", 25, Form.ROASTED),),
        output=new("P", 25, Form.PACKED),
        count=100,
        net_mg=KG // 4,
        serials_root="ab" * 32,
    )
    say(kofi.party, bags)

    clean(lot("P", Form.PACKED))
    clean(lot("S1"))
    clean(lot("A"), lot("F", Form.FLOATERS))


def test_a_day_lot_of_many_farmers_with_a_revoked_key(clean, almaz, wote):
    farmers = registry.register_people(names=[f"Farmer {n}" for n in range(40)], roles=["farmer"], guardian=wote.party)
    day = []
    for n, farmer in enumerate(farmers):
        act = Receive(
            at=NOON,
            site=wote.site,
            lines=(line(f"X{n}", 5),),
            from_party=farmer,
            begins=(new(f"X{n}", 5),),
            into=new("DAY", 5),
        )
        day.append(Draft(act))
    record_acts(wote.party, day)
    kid = Key.objects.get(party=almaz.party).kid
    harvest(almaz, "A", 50)
    deliver(almaz, wote, line("A", 50))
    registry.revoke_key(RevokeKey(kid=kid, since=NOON, from_index=3, reason="stolen"), by=almaz.party)
    say(
        wote.party,
        Process(
            at=NOON,
            site=wote.site,
            step="cherry_to_green",
            inputs=(line("DAY", 200), line("A", 50)),
            outputs=(new("G", 45, Form.GREEN),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=205 * KG),),
        ),
    )

    clean(lot("G", Form.GREEN))
    clean(lot("A"))
    clean(lot("X7"))


def test_a_correction_that_waits_for_the_next_checkpoint(log, clean, almaz, nadia):
    harvest(almaz, "A", 50)
    milled = say(
        almaz.party,
        Process(
            at=NOON,
            site=almaz.site,
            step="cherry_to_green",
            inputs=(line("A", 50),),
            outputs=(new("G", 9, Form.GREEN),),
            losses=(Difference(kind=LossKind.WATER, mass_mg=41 * KG),),
        ),
    )
    publish(log)
    say(
        almaz.party,
        Correct(
            original=parse(bytes(milled.statement)).event,
            original_act="process",
            declared_at=NOON,
            reason="did_not_occur",
        ),
    )

    report = checked(log, Reader.of(nadia), lot("G", Form.GREEN))

    assert report.faults == []
    assert report.notes == []


def test_a_revocation_from_a_leaf_that_is_not_there_yet(clean, almaz, wote):
    harvest(almaz, "A", 50)
    kid = Key.objects.get(party=almaz.party).kid
    registry.revoke_key(RevokeKey(kid=kid, since=NOON, from_index=10**9, reason="stolen"), by=almaz.party)

    clean(lot("A"))


def test_a_load_of_which_a_part_was_lost_on_its_way(clean, almaz, wote):
    harvest(almaz, "A", 50)
    sent = dispatch(almaz, wote, line("A", 50))
    receive(wote, sent, line("A", 30))
    say(almaz.party, Dispose(at=NOON, site=sent.event_id, lines=(line("A", 20),), reason="theft"))

    assert Handover.objects.get(dispatch=sent).state == "received"
    clean(lot("A"))
