"""Packs that somebody made to cost their reader dear, and an honest one that is as large as it may be."""

import tracemalloc
import zipfile
from io import BytesIO

import pytest

from provenance.coffee.acts import Form, Harvest, NewLot, RevokeKey
from provenance.coffee.statement import thumbprint
from provenance.coffee.statement.disclosures import WITHHELD
from provenance.pack.format import EPCIS, MANIFEST, UnusablePack
from provenance.pack.read import PackFile
from provenance.pack.tests.small_log import ALMAZ, CHERRY, FARM, KG, NOON, PARCHMENT, signer_of, told
from provenance.pack.trust import parse_trust
from provenance.pack.verify import verify
from provenance.tlog.errors import MalformedPolicy


def rewritten(pack: BytesIO, name: str, pieces) -> BytesIO:
    """The pack with one file of it written anew."""
    made = BytesIO()
    with zipfile.ZipFile(pack) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in old.namelist():
            with archive.open(member, "w", force_zip64=True) as file:
                for piece in pieces(old.read(member)) if member == name else [old.read(member)]:
                    file.write(piece)
    return made


def test_a_statement_with_everything_withheld_at_full_length_can_be_checked():
    log = told()
    output = NewLot(lot=f"{CHERRY}-long", mass_mg=KG, form=Form.CHERRY)
    log.say(ALMAZ, Harvest(at=NOON, site=FARM, output=output), **dict.fromkeys(WITHHELD, "x" * 65_000))

    with PackFile(log.pack()) as pack:
        report = verify(pack, log.trust)

    assert report.faults == []
    assert report.disclosures >= len(WITHHELD)


def test_an_epcis_file_that_unpacks_to_gigabytes_costs_no_memory():
    bomb = rewritten(told().pack(), EPCIS, lambda body: [body[:-1], *[b" " * 2**20] * 256, body[-1:]])
    assert len(bomb.getvalue()) < 2**20

    tracemalloc.start()
    try:
        with PackFile(bomb) as pack, pytest.raises(UnusablePack, match="epcis.jsonld"):
            verify(pack, None)
        assert tracemalloc.get_traced_memory()[1] < 32 * 2**20
    finally:
        tracemalloc.stop()


def test_other_software_cannot_be_shown_another_event_under_a_name_said_twice():
    def twice(body: bytes):
        return [body.replace(b'"epcisBody":{', b'"epcisBody":{"eventList":[]},"epcisBody":{', 1)]

    with PackFile(rewritten(told().pack(), EPCIS, twice)) as pack, pytest.raises(UnusablePack, match="twice"):
        verify(pack, None)


def test_a_lot_in_the_manifest_cannot_write_on_the_readers_screen():
    def clear_screen(body: bytes):
        return [body.replace(b'"lots": [', b'"lots": ["\\u001b[2JChecked: all is well.", ', 1)]

    with PackFile(rewritten(told().pack(), MANIFEST, clear_screen)) as pack, pytest.raises(UnusablePack, match="lots"):
        verify(pack, None)


def test_a_pack_that_traces_less_than_its_lot_came_from_is_a_fault():
    log = told()
    with PackFile(log.pack(traced=(PARCHMENT,))) as pack:
        faults = verify(pack, log.trust).faults

    assert f"The pack does not say that it holds all statements about the lot {CHERRY}." in [f.what for f in faults]


@pytest.mark.parametrize("body", [b"[]", b"1", b'{"epcisBody":[]}', b'{"epcisBody":{"eventList":{}}}', b"9" * 5000])
def test_an_epcis_file_of_another_shape_is_refused_with_a_reason(body):
    with (
        PackFile(rewritten(told().pack(), EPCIS, lambda _: [body])) as pack,
        pytest.raises(UnusablePack, match="epcis"),
    ):
        verify(pack, None)


def test_what_a_stolen_key_signed_is_told_to_whoever_checks():
    log = told()
    kid = thumbprint(signer_of(ALMAZ).public.raw)
    log.say(ALMAZ, RevokeKey(kid=kid, since=NOON, from_index=8, reason="stolen"))

    with PackFile(log.pack()) as pack:
        report = verify(pack, log.trust)

    assert report.faults == []
    disputed = [note for note in report.notes if "DISPUTED" in note]
    assert len(disputed) == 1 and log.ids[8] in disputed[0]


@pytest.mark.parametrize("saved", [lambda data: data.replace(b"\n", b"\r\n"), lambda data: b"\xef\xbb\xbf" + data])
def test_a_trust_file_that_an_editor_saved_its_own_way_is_refused_with_the_reason(saved):
    with pytest.raises(MalformedPolicy, match="plain text"):
        parse_trust(saved(told().trust_file))
