"""Hypothesis strategies: any act that may be signed."""

from datetime import date, datetime, timedelta, timezone

from hypothesis import strategies as st

from provenance.coffee import words
from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Attributes,
    Basis,
    Certify,
    Close,
    Confirm,
    Contest,
    Correct,
    Difference,
    Dispatch,
    Dispose,
    FileRow,
    Form,
    Grade,
    Harvest,
    LiftRecall,
    LossKind,
    LotMass,
    NewLot,
    Pack,
    Pay,
    Process,
    Recall,
    Receive,
    Refuse,
    Sample,
    Sell,
    Split,
    TransferTitle,
    Withdraw,
)
from provenance.coffee.epcis import MEASUREMENTS, event_of
from provenance.coffee.epcis.checks import HARVESTED
from provenance.coffee.identifiers import check_digit, gs1_lot_uri, lot_uri, party_uri, site_uri
from provenance.coffee.steps import PROCESS_STEPS, STEPS

HOST = "localhost:8000"
MOST_MG = 10**13  # so that a few of them still fit into one weight

offsets = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.builds(
    lambda ms, zone: datetime(1971, 1, 1, tzinfo=zone) + timedelta(milliseconds=ms), st.integers(0, 10**13), offsets
)
days = st.dates(date(1990, 1, 1), date(2100, 1, 1))
masses = st.integers(1, MOST_MG)
ids = st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=1, max_size=26)
parties = ids.map(lambda id: party_uri(HOST, id))
sites = ids.map(lambda id: site_uri(HOST, id))
lot_codes = st.text("!\"%&'()*+,-./0123456789:;<=>?ABCXYZ_abcxyz", min_size=1, max_size=20)
own_lots = st.builds(lambda form, code: lot_uri(HOST, form, code), st.sampled_from(Form), lot_codes)
gtins = st.text("0123456789", min_size=12, max_size=12).map(lambda digits: f"1{digits}{check_digit('1' + digits)}")
lots = own_lots | st.builds(gs1_lot_uri, gtins, lot_codes)
event_ids = st.builds(
    lambda uuid, version: f"urn:uuid:{uuid[:14]}{version}{uuid[15:]}",
    st.uuids(version=4).map(str),
    st.sampled_from("47"),
)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
texts = st.sampled_from(
    ["Sidama", "SL28", "74110 / 74112", "Caturra, Castillo", "ሲዳማ", "Huehuetenango", "São José", "A"]
)
maybe = st.none
attributes = st.builds(
    Attributes,
    country=maybe() | st.sampled_from(sorted(words.COUNTRIES)),
    region=maybe() | texts,
    species=maybe() | st.sampled_from(sorted(words.SPECIES)),
    variety=st.lists(texts, unique=True, max_size=3).map(tuple),
    process=maybe() | texts,
    grade=maybe() | texts,
    altitude_m=maybe() | st.tuples(st.integers(0, 2000), st.integers(2000, 4000)),
    harvest_start=maybe() | days.filter(lambda day: day < date(2020, 1, 1)),
    harvest_end=maybe() | days.filter(lambda day: day >= date(2020, 1, 1)),
    roast_degree=maybe() | texts,
    best_before=maybe() | days,
    claims=st.lists(texts, unique=True, max_size=2).map(tuple),
)
lines = st.lists(
    st.builds(LotMass, lot=lots, mass_mg=masses), min_size=1, max_size=4, unique_by=lambda line: line.lot
).map(tuple)
differences = st.lists(
    st.builds(Difference, kind=st.sampled_from(LossKind), mass_mg=st.integers(1, 10**9), basis=st.sampled_from(Basis)),
    max_size=3,
).map(tuple)
file_rows = st.builds(FileRow, sha256=digests, row=st.integers(1, 10**6))
counts = st.integers(1, 1000)


def total(items: tuple[LotMass | NewLot | Difference, ...]) -> int:
    return sum(item.mass_mg for item in items)


def balanced(
    came_mg: int, went_mg: int, losses: tuple[Difference, ...], gains: tuple[Difference, ...]
) -> tuple[tuple[Difference, ...], tuple[Difference, ...]]:
    """The losses and gains, with one more that makes the lines add up."""
    rest_mg = came_mg + total(gains) - went_mg - total(losses)
    rest = Difference(kind=LossKind.UNEXPLAINED, mass_mg=abs(rest_mg)) if rest_mg else None
    if rest is None:
        return losses, gains
    return ((*losses, rest), gains) if rest_mg > 0 else (losses, (*gains, rest))


@st.composite
def new_lots(draw: st.DrawFn, forms: st.SearchStrategy[Form], without: tuple[LotMass, ...]) -> tuple[NewLot, ...]:
    taken = {line.lot for line in without}
    named = draw(st.lists(lots.filter(lambda lot: lot not in taken), min_size=1, max_size=3, unique=True))
    return tuple(NewLot(lot=lot, mass_mg=draw(masses), form=draw(forms), attributes=draw(attributes)) for lot in named)


@st.composite
def harvests(draw: st.DrawFn) -> Harvest:
    form = st.sampled_from(sorted(HARVESTED))
    output = NewLot(lot=draw(lots), mass_mg=draw(masses), form=draw(form), attributes=draw(attributes))
    return Harvest(at=draw(times), site=draw(sites), output=output, owner=draw(maybe() | parties))


dispatches = st.builds(
    Dispatch,
    at=times,
    site=sites,
    lines=lines,
    to_party=parties,
    to_site=maybe() | sites,
    title=st.booleans(),
    owner=maybe() | parties,
    bags=maybe() | counts,
)


@st.composite
def receipts(draw: st.DrawFn) -> Receive:
    received = draw(lines)
    dispatch = draw(maybe() | event_ids)
    taken = draw(lines) if dispatch and draw(st.booleans()) else ()
    losses, gains = balanced(total(taken or received), total(received), draw(differences), draw(differences))
    into = None
    if draw(st.booleans()):
        lot = draw(lots.filter(lambda lot: lot not in {line.lot for line in received}))
        into = NewLot(lot=lot, mass_mg=total(received), form=draw(st.sampled_from(Form)), attributes=draw(attributes))
    begins = tuple(
        NewLot(lot=line.lot, mass_mg=line.mass_mg, form=draw(st.sampled_from(Form)), attributes=draw(attributes))
        for line in received
        if not dispatch and draw(st.booleans())
    )
    return Receive(
        at=draw(times),
        site=draw(sites),
        lines=received,
        from_party=draw(maybe() | parties),
        dispatch=dispatch,
        taken=taken,
        into=into,
        begins=begins,
        losses=losses,
        gains=gains,
        title=draw(st.booleans()),
        bags=draw(maybe() | counts),
        moisture_permille=draw(maybe() | st.integers(1, 1000)),
        declared_from=draw(maybe() | file_rows),
    )


refusals = st.builds(
    Refuse, at=times, site=sites, dispatch=event_ids, lines=lines, reason=st.sampled_from(sorted(words.REFUSE_REASONS))
)
titles = st.builds(TransferTitle, at=times, site=sites, lines=lines, to_party=parties, custodian=maybe() | parties)
closings = st.builds(Close, at=times, site=sites, lot=lots, receipts=counts, mass_mg=masses, receipts_root=digests)


@st.composite
def processes(draw: st.DrawFn) -> Process:
    step = STEPS[draw(st.sampled_from(sorted(PROCESS_STEPS)))]
    inputs = draw(lines)
    one_form = draw(st.sampled_from(sorted(step.outputs)))
    forms = {one_form} | step.byproducts if step.same_form else step.outputs | step.byproducts
    outputs = draw(new_lots(st.sampled_from(sorted(forms)), inputs))
    losses, gains = balanced(total(inputs), total(outputs), draw(differences), draw(differences))
    return Process(
        at=draw(times),
        site=draw(sites),
        step=step.name,
        inputs=inputs,
        outputs=outputs,
        losses=losses,
        gains=gains,
        owner=draw(maybe() | parties),
    )


@st.composite
def splits(draw: st.DrawFn) -> Split:
    lot = draw(lots)
    outputs = draw(new_lots(st.just(draw(st.sampled_from(Form))), (LotMass(lot=lot, mass_mg=1),)))
    return Split(
        at=draw(times),
        site=draw(sites),
        input=LotMass(lot=lot, mass_mg=total(outputs)),
        outputs=outputs,
        owner=draw(maybe() | parties),
    )


@st.composite
def packings(draw: st.DrawFn) -> Pack:
    inputs = draw(lines)
    gtin = draw(maybe() | gtins)
    packed = own_lots if gtin is None else st.builds(gs1_lot_uri, st.just(gtin), lot_codes) | own_lots
    count, net_mg = draw(counts), draw(st.integers(1, 10**9))
    output = NewLot(
        lot=draw(packed.filter(lambda lot: lot not in {line.lot for line in inputs})),
        mass_mg=count * net_mg,
        form=Form.PACKED,
        attributes=draw(attributes),
    )
    losses, gains = balanced(total(inputs), output.mass_mg, draw(differences), draw(differences))
    return Pack(
        at=draw(times),
        site=draw(sites),
        inputs=inputs,
        output=output,
        count=count,
        net_mg=net_mg,
        serials_root=draw(digests),
        gtin=gtin,
        losses=losses,
        gains=gains,
        owner=draw(maybe() | parties),
    )


@st.composite
def results(draw: st.DrawFn) -> tuple[tuple[str, int], ...]:
    names = draw(st.lists(st.sampled_from(sorted(MEASUREMENTS)), unique=True, max_size=5))
    return tuple((name, draw(st.integers(0, MEASUREMENTS[name].most))) for name in names)


gradings = st.builds(
    Grade,
    at=times,
    site=sites,
    lot=lots,
    protocol=texts,
    results=results(),
    conformant=maybe() | st.booleans(),
    declared_from=maybe() | file_rows,
)
samples = st.builds(
    Sample,
    at=times,
    site=sites,
    line=st.builds(LotMass, lot=lots, mass_mg=masses),
    into=maybe() | ids.map(lambda id: lot_uri(HOST, Form.GREEN, "sample-" + id[:10])),
    owner=maybe() | parties,
)


@st.composite
def documents(draw: st.DrawFn) -> AttachDocument:
    named = tuple(draw(st.lists(lots, unique=True, max_size=3)))
    kind = draw(st.sampled_from(sorted(words.DOCUMENT_KINDS)))
    return AttachDocument(
        at=draw(times),
        site=draw(maybe() | sites) if named else draw(sites),
        lots=named,
        kind=kind,
        sha256=draw(maybe() | digests) if kind == "photo" else draw(digests),
        media_type=draw(st.sampled_from(["application/pdf", "image/jpeg"])),
        scheme=draw(maybe() | texts),
        valid_from=draw(maybe() | days.filter(lambda day: day < date(2020, 1, 1))),
        valid_to=draw(maybe() | days.filter(lambda day: day >= date(2020, 1, 1))),
    )


sales = st.builds(Sell, at=times, site=sites, lines=lines, owner=maybe() | parties)
disposals = st.builds(
    Dispose,
    at=times,
    site=sites,
    lines=lines,
    reason=st.sampled_from(sorted(words.DISPOSE_REASONS)),
    owner=maybe() | parties,
)
some_lots = st.lists(lots, unique=True, min_size=1, max_size=4).map(tuple)
recalls = st.builds(Recall, at=times, site=sites, lots=some_lots, reason=st.sampled_from(sorted(words.RECALL_REASONS)))
lifts = st.builds(LiftRecall, at=times, site=sites, lots=some_lots, recall=event_ids)

any_lots = st.lists(lots, unique=True, max_size=4).map(tuple)
payments = st.builds(
    Pay,
    at=times,
    kind=st.sampled_from(sorted(words.PAYMENT_KINDS)),
    deliveries=st.lists(event_ids, unique=True, min_size=1, max_size=3).map(tuple),
    lots=any_lots,
    form=st.sampled_from(Form),
    mass_mg=masses,
    final=st.booleans(),
)
confirmations = st.builds(Confirm, at=times, event=event_ids, lots=any_lots)
contests = st.builds(
    Contest, at=times, event=event_ids, lots=any_lots, reason=st.sampled_from(sorted(words.CONTEST_REASONS))
)
scopes = st.one_of(
    some_lots.map(lambda named: {"lots": named}),
    sites.map(lambda uri: {"site": uri}),
    parties.map(lambda uri: {"party": uri}),
)
certificates = st.builds(
    lambda scope, first, last, **said: Certify(valid_from=min(first, last), valid_to=max(first, last), **said, **scope),
    scopes,
    days,
    days,
    at=times,
    scheme=texts,
    chain=st.sampled_from(sorted(words.CHAIN_MODELS)),
)
withdrawals = st.builds(
    lambda scope, **said: Withdraw(**said, **scope),
    scopes,
    at=times,
    certificate=event_ids,
    since=days,
    reason=st.sampled_from(sorted(words.WITHDRAW_REASONS)),
)

correctable: tuple[st.SearchStrategy[Act], ...] = (
    harvests(),
    dispatches,
    receipts(),
    refusals,
    titles,
    closings,
    processes(),
    splits(),
    packings(),
    gradings,
    samples,
    documents(),
    sales,
    disposals,
    recalls,
    lifts,
    payments,
    confirmations,
    contests,
    certificates,
    withdrawals,
)


@st.composite
def corrections(draw: st.DrawFn) -> Correct:
    original = draw(st.one_of(correctable))
    event_id, *corrected_by = draw(st.lists(event_ids, unique=True, min_size=1, max_size=3))
    reason = "incorrect_data" if corrected_by else draw(st.sampled_from(sorted(words.CORRECT_REASONS)))
    return Correct(
        original=event_of(original, event_id=event_id),
        original_act=original.name,
        declared_at=draw(times),
        reason=reason,
        corrected_by=tuple(corrected_by),
    )


event_acts = st.one_of(*correctable, corrections())
