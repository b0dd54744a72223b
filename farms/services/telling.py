"""An act in one sentence and a few facts: read back before it is signed, and again on its receipt."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from farms import words
from farms.services.business import Business
from farms.services.deliveries import masses_of
from farms.services.saying import say
from provenance.coffee.acts import (
    Act,
    AttachDocument,
    Correct,
    Dispatch,
    Harvest,
    Process,
    Receive,
    Refuse,
    RegisterKey,
    RegisterParty,
    RegisterPlot,
    RegisterSite,
)
from provenance.coffee.identifiers import lot_code_of
from provenance.coffee.photos import Photo, read_photo
from provenance.coffee.statement import Disclosure, parse
from provenance.trail.models import Disclosure as SealedValue
from provenance.trail.models import Event, Key
from provenance.trail.services.queries import AUDITORS, PARTNERS, PUBLIC, disclosures_of

READERS = {
    PUBLIC: "everybody, also who buys a bag of it",
    PARTNERS: "only those who trade here, and auditors",
}


@dataclass(frozen=True)
class Told:
    """``title``: what it is. ``sentence``: who did what. ``facts``: label and value, for a list."""

    title: str
    sentence: str
    facts: list[tuple[str, str]] = field(default_factory=list)
    picture: Photo | None = None


@dataclass(frozen=True)
class Receipt:
    """One event that names the grower."""

    event: Event
    told: Told
    signer: str
    own: bool
    server_key: bool


def receipt_of(business: Business, event: Event) -> Receipt:
    statement = parse(bytes(event.statement))
    own = statement.iss == business.party
    audiences = [PUBLIC, PARTNERS, business.party, *([AUDITORS] if own else [])]
    shown: list[Disclosure] = disclosures_of([event], audiences)[event.pk]
    key = Key.objects.filter(log__name=event.log.name, kid=event.kid).first()
    return Receipt(
        event=event,
        told=tell(
            statement.body,
            business,
            {one.name: one.value for one in shown},
            by=statement.iss,
            audience=SealedValue.objects.filter(event=event).values_list("audience", flat=True).first(),
        ),
        signer=business.own_name if own else business.name(statement.iss),
        own=own,
        server_key=key is not None and key.custody == "server",
    )


def tell(
    act: Act,
    business: Business,
    withheld: Mapping[str, str],
    *,
    by: str | None = None,
    audience: str | None = None,
) -> Told:
    """
    ``withheld``: what the reader may see of it; ``audience``: who else may. ``by``: who signs, the business itself
    where None.
    """
    name = _Names(business)
    who = name.of(by or business.party)
    match act:
        case Harvest():
            return _harvest(act, who, name, withheld)
        case Dispatch():
            return _dispatch(act, who, name, business, withheld)
        case Process(outputs=(_,)):
            # What a station typed at its scale names all its lots: of others' steps the kilograms are enough.
            return _step(act, who, name, business, withheld if by in (None, business.party) else {})
        case Receive() | Refuse():
            return _answer(act, who, name, business)
        case RegisterSite():
            return _site(act, who, withheld, audience)
        case RegisterPlot():
            return _plot(act, who, name, withheld)
        case AttachDocument(kind="photo"):
            return _picture(act, who, name, withheld, audience)
        case Correct():
            return _correction(act, who)
        case RegisterParty(country=country):
            facts = [("Country", words.country(country))] if country else []
            return Told("Registered", f"{who} registers {name.of(act.party)}.", facts)
        case RegisterKey(custody=custody):
            held = "this server keeps it" if custody == "server" else "it lies in a phone"
            return Told("Key registered", f"{who} registers a key for {name.of(act.party)}.", [("The key", held)])
    if said := say(act, who, name.of, withheld):
        return Told(*said)
    return Told(act.name.replace("_", " ").capitalize(), f"{who} signed something that names you.")


class _Names:
    """Names as this reader may know them; one's own is never withheld."""

    def __init__(self, business: Business) -> None:
        self.business = business
        # Farms bring their names with them.
        self.farms = {farm.uri: farm.name for farm in business.farms}

    def of(self, uri: str) -> str:
        if uri == self.business.party:
            return self.business.own_name
        return self.farms.get(uri) or self.business.name(uri)


def _harvest(act: Harvest, who: str, name: _Names, withheld: Mapping[str, str]) -> Told:
    said = act.output.attributes
    mass = _mass(act.output.mass_mg, withheld)
    facts = [
        ("Weight", mass),
        ("Coffee", words.form(act.output.form)),
        ("Farm", name.of(act.site)),
        ("When", words.when(act.at)),
        ("Lot", lot_code_of(act.output.lot)),
    ]
    if said.variety:
        facts.append(("Variety", ", ".join(said.variety)))
    if said.harvest_start and said.harvest_end:
        days = [words.date_of(said.harvest_start), words.date_of(said.harvest_end)]
        facts.append(("Picked", " to ".join(dict.fromkeys(days))))
    sentence = f"{who} picked {mass} of {words.form(act.output.form)} at {name.of(act.site)}, {words.when(act.at)}."
    return Told("Harvest", sentence, facts)


def _step(act: Process, who: str, name: _Names, business: Business, withheld: Mapping[str, str]) -> Told:
    forms = business.forms_of(line.lot for line in act.inputs)
    in_mg = sum(line.mass_mg for line in act.inputs)
    [made] = act.outputs
    given = f"{words.kg(in_mg)} of {words.form(forms.get(act.inputs[0].lot, ''))}"
    out = f"{_mass(made.mass_mg, withheld)} of {words.form(made.form)}"
    facts = [
        ("Went in", given),
        ("Came out", out),
        ("Not weighed (skin, mucilage, water)", words.difference(made.mass_mg - in_mg)),
        ("From lots", ", ".join(lot_code_of(line.lot) for line in act.inputs)),
        ("New lot", lot_code_of(made.lot)),
        ("When", words.when(act.at)),
    ]
    did = words.STEPS.get(act.step, "processed")
    return Told("Step", f"{who} {did} {given}: {out}, at {name.of(act.site)}, {words.when(act.at)}.", facts)


def _dispatch(act: Dispatch, who: str, name: _Names, business: Business, withheld: Mapping[str, str]) -> Told:
    forms = business.forms_of(line.lot for line in act.lines)
    form = words.form(forms.get(act.lines[0].lot, ""))
    mass = _mass(sum(line.mass_mg for line in act.lines), withheld)
    to = name.of(act.to_party)
    facts = [
        ("Weight", mass),
        ("Coffee", form),
        ("Lot", ", ".join(lot_code_of(line.lot) for line in act.lines)),
        ("To", _place(act, name)),
        ("When", words.when(act.at)),
        ("Whose it is then", f"{to}'s, once taken in" if act.title else "it stays yours"),
    ]
    if act.bags:
        facts.append(("Bags", str(act.bags)))
    return Told("Delivery", f"{who} sends {to} {mass} of {form}, {words.when(act.at)}.", facts)


def _place(act: Dispatch, name: _Names) -> str:
    party, site = name.of(act.to_party), name.of(act.to_site) if act.to_site else words.WITHHELD
    if site == words.WITHHELD or party.casefold() in site.casefold():
        return party if site == words.WITHHELD else site
    return f"{site} ({party})"


def _answer(act: Receive | Refuse, who: str, name: _Names, business: Business) -> Told:
    forms = business.forms_of(line.lot for line in act.lines)
    form = words.form(forms.get(act.lines[0].lot, ""))
    if isinstance(act, Refuse):
        mass = words.kg(sum(line.mass_mg for line in act.lines))
        reason = words.REFUSED_FOR[act.reason]
        facts = [("Sent back", mass), ("Because of", reason), ("When", words.when(act.at))]
        return Told("Refusal", f"{who} sends {mass} of {form} back because of {reason}, {words.when(act.at)}.", facts)
    sent_mg, weighed_mg = masses_of(act)
    facts = [("Weighed there", words.kg(weighed_mg))]
    if act.dispatch:
        facts += [("You sent", words.kg(sent_mg)), ("Difference", words.difference(weighed_mg - sent_mg))]
    facts.append(("When", words.when(act.at)))
    if act.moisture_permille is not None:
        facts.append(("Moisture", f"{act.moisture_permille / 10:g} %"))
    if act.bags:
        facts.append(("Bags", str(act.bags)))
    return Told("Receipt", f"{who} received {words.kg(weighed_mg)} of {form}, {words.when(act.at)}.", facts)


def _site(act: RegisterSite, who: str, withheld: Mapping[str, str], audience: str | None) -> Told:
    name = withheld.get("name", words.WITHHELD)
    where = ", ".join(part for part in (withheld.get("place"), words.country(act.country or "")) if part)
    facts = [("Farm", name), ("Where", where), ("Rough position, open to all", _rough(act.geo))]
    if audience in READERS:
        facts.append(("Who may read name and place", READERS[audience]))
    return Told("Farm", f"{who} registers the farm {name}{f', {where}' if where else ''}.", facts)


def _plot(act: RegisterPlot, who: str, name: _Names, withheld: Mapping[str, str]) -> Told:
    area = words.hectares(act.area_m2)
    called = withheld.get("name", "a plot")
    drawn = "an outline" if '"Polygon"' in withheld.get("plot", "") else "a point"
    facts = [
        ("Plot", called),
        ("Farm", name.of(act.site)),
        ("Area, open to all", area),
        ("Rough position, open to all", _rough(act.geo)),
        ("Exact place", f"{drawn}, sealed: only auditors may read it"),
    ]
    return Told("Plot", f"{who} registers {called} of {area} at {name.of(act.site)}.", facts)


def _picture(act: AttachDocument, who: str, name: _Names, withheld: Mapping[str, str], audience: str | None) -> Told:
    if "photo" not in withheld:
        return Told("Picture", f"{who} attached a picture, which is withheld or erased.")
    photo = read_photo(withheld["photo"])
    lots = ", ".join(lot_code_of(lot) for lot in act.lots)
    what = {
        "harvest": f"the harvest {lots}",
        "portrait": "a portrait",
        "plot": f"a plot of {name.of(act.site or '')}",
        "farm": name.of(act.site or ""),
    }.get(photo.shows, "the coffee")
    seen_by = READERS.get(audience or "", "nobody but you")
    facts = [("Who may see it", seen_by), ("When", words.when(act.at))]
    if photo.caption:
        facts.insert(0, ("Words under it", photo.caption))
    return Told("Picture", f"{who} shows a picture: {what}.", facts, photo)


def _correction(act: Correct, who: str) -> Told:
    what = words.ACTS.get(act.original_act, act.original_act)
    why = {"did_not_occur": "it did not happen", "incorrect_data": "its weight was wrong"}[act.reason]
    facts = [("What", what), ("Why", why), ("When noticed", words.when(act.declared_at))]
    return Told("Correction", f"{who} takes back {what}: {why}.", facts)


def _mass(mass_mg: int, withheld: Mapping[str, str]) -> str:
    """As at the scale, and in kilograms where the scale shows another unit."""
    mass, entered = words.kg(mass_mg), withheld.get("entered", "")
    return mass if entered in ("", mass) else f"{entered} ({mass})"


def _rough(geo: str | None) -> str:
    return f"{geo.removeprefix('geo:').replace(',', ', ')}, to about 11 km" if geo else "not given"
