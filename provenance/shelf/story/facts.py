"""The facts of a step: what was measured, described, lost and gained, as it was signed."""

from collections.abc import Mapping
from decimal import Decimal

from provenance.coffee import acts
from provenance.coffee.epcis import MEASUREMENTS
from provenance.shelf.story import words
from provenance.shelf.story.values import Fact, Opened


def facts_of(act: acts.Act, opened: Mapping[str, Opened]) -> tuple[Fact, ...]:
    """What an act says beyond its weights, and what is disclosed beside it."""
    facts = [Fact(words.FIELDS[name], one.value, digest=one.digest) for name, one in opened.items()]
    match act:
        case acts.Grade(results=results):
            facts += [_result(name, number) for name, number in results]
        case acts.Receive(moisture_permille=moisture) if moisture is not None:
            facts.append(_result("moisture_permille", moisture))
        case acts.Correct(reason=reason):
            facts.append(Fact("why", words.CORRECTED[reason]))
        case acts.AttachDocument(sha256=digest):
            facts.append(Fact("SHA-256 of the file", digest, said=digest))
    declared = getattr(act, "declared_from", None)
    if declared is not None:
        facts.append(Fact(f"declared from record {declared.row} of the file", declared.sha256, said=declared.sha256))
    for output in _described(act):
        facts += _attributes(output.attributes)
    return tuple(facts)


def differences_of(act: acts.Act) -> tuple[Fact, ...]:
    """The losses and gains that an act names."""
    return tuple(
        Fact(
            f"{way}: {words.LOSSES[one.kind]}",
            f"{words.exact(one.mass_mg)}, {one.basis}",
            said=words.said_kg(one.mass_mg),
        )
        for way, named in (("lost", "losses"), ("gained", "gains"))
        for one in getattr(act, named, ())
    )


def _described(act: acts.Act) -> list[acts.NewLot]:
    match act:
        case acts.Harvest(output=output) | acts.Pack(output=output):
            return [output]
        case acts.Process(outputs=outputs) if len(outputs) == 1:
            return list(outputs)
        case acts.Receive(begins=begins) if len(begins) == 1:
            return list(begins)
    return []


def _attributes(said: acts.Attributes) -> list[Fact]:
    facts = [
        Fact(word, value, said=value)
        for word, value in (
            ("region", said.region),
            ("species", said.species),
            ("process", said.process),
            ("grade", said.grade),
            ("roast", said.roast_degree),
        )
        if value
    ]
    if said.variety:
        facts.append(Fact("variety", words.listed(list(said.variety))))
    if said.altitude_m:
        low, high = said.altitude_m
        facts.append(Fact("altitude", f"{low:,} m" if low == high else f"{low:,}–{high:,} m"))
    if said.claims:
        facts.append(Fact("claimed", words.listed(list(said.claims))))
    return facts


def _result(name: str, number: int) -> Fact:
    measured = MEASUREMENTS[name]
    value = Decimal(number).scaleb(-measured.places)
    text = format(value, "f")
    said = text.rstrip("0").rstrip(".") if "." in text else text
    word = name.removesuffix("_centi").removesuffix("_permille").removesuffix("_milli").replace("_", " ")
    unit = {"P1": " %", "GL": " g/l"}.get(measured.uom or "", "")
    return Fact(word, f"{said}{unit}", said=said)
