import pytest
from provenance.audit.tests.test_awkward_trails import *
from provenance.trail.services.verifying import verify_trail
from provenance.trail.services import recording, registry
from provenance.trail.services.acting import sign_drafts, held_key, Draft, Withheld
from provenance.trail.models import Log, ServerKey, Lot, Balance
from provenance.coffee.acts import RegisterKey, RegisterParty, RegisterSite, Dispose
from provenance.coffee import identifiers
pytestmark = pytest.mark.django_db

def test_two_logs(log, almaz, settings, monkeypatch):
    other = registry.found_log("second", "Second operator", country="ET")
    from provenance.trail.services.logs import active_log
    print("ACTIVE", active_log())
    # operator of the second log registers a site for a party known in the first only
    act = RegisterSite(site=SITES_NEW, party=almaz.party, kind="farm")
    try:
        ev = recording.record(sign_drafts(other, other.operator, [Draft(act)]))
        print("RECORDED in second", ev)
        publish(other)
        print("VERIFY", [str(f.what) for f in verify_trail(other)])
    except Exception as e:
        print("REFUSED", type(e), e)
SITES_NEW = "https://localhost:8000/epcis/loc/new"

def test_long_lot_code(log, almaz):
    uri = "https://localhost:8000/epcis/class/cherry." + "A"*150
    say(almaz.party, Harvest(at=NOON, site=almaz.site, output=NewLot(lot=uri, mass_mg=KG, form=Form.CHERRY)))
    l = Lot.objects.get(uri=uri); print("CODELEN", len(l.code), l.code[:20])
    for uri in ("https://localhost:8000/a", "https://localhost:8000/epcis/class/cherry.%00x", "https://localhost:8000/epcis/class/cherry.%FF%FE", "https://localhost:8000/epcis/class/cherry.%3Cscript%3E", almaz.site, almaz.party, "https://localhost:8000/epcis/class/cherry.%E2%80%AEevil"):
        try:
            say(almaz.party, Harvest(at=NOON, site=almaz.site, output=NewLot(lot=uri, mass_mg=KG, form=Form.CHERRY)))
            print("LOT", uri, repr(Lot.objects.get(uri=uri).code))
        except Exception as e: print("REF", uri, type(e).__name__, e)

def test_overflow(log, almaz):
    MAX = 999_999_999_999_999
    for n in range(12):
        drafts = [Draft(Harvest(at=NOON, site=almaz.site, output=NewLot(lot=lot("BIG"), mass_mg=MAX, form=Form.CHERRY))) for _ in range(1000)]
        try:
            from provenance.trail.services.acting import record_acts
            record_acts(almaz.party, drafts)
        except Exception as e:
            print("OVER", n, type(e).__name__, str(e)[:100]); break
    print("BAL", Balance.objects.filter(lot__uri=lot("BIG")).values_list("mg", flat=True))

def test_disclosure_audience(log, almaz):
    for aud in ("everyone", "x"*300, "", "public\n"):
        try:
            record_acts(almaz.party, [Draft(Harvest(at=NOON, site=almaz.site, output=new("Q",1)), {"note": Withheld("hi", aud)})])
            print("AUD accepted", repr(aud[:20]))
        except Exception as e: print("AUD", type(e).__name__, e)

def test_times(log, almaz, clean):
    from datetime import timezone, timedelta
    for at in (datetime(9999,12,31,23,59,59,tzinfo=timezone(timedelta(hours=-14))), datetime(1970,1,1,tzinfo=timezone(timedelta(hours=14))), datetime(9999,12,31,23,59,tzinfo=UTC)):
        try:
            say(almaz.party, Harvest(at=at, site=almaz.site, output=new("T",1)))
            print("TIME ok", at)
        except Exception as e: print("TIME", at, type(e).__name__, e)
    clean(lot("T"))

def test_verify_trail_of_awkward(log, almaz, wote, kofi):
    harvest(almaz, "A", 50)
    sent = dispatch(almaz, wote, line("A", 50), to_site=kofi.site)
    say(almaz.party, Dispose(at=NOON, site=sent.event_id, lines=(line("A", 20),), reason="theft"))
    receive(wote, sent, line("A", 30))
    receive(wote, sent, line("A", 30))
    publish(log)
    print("VT", [f.what for f in verify_trail(log)])
