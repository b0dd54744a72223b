"""One statement's entry, while it is being made: what it takes from where, what it puts where, what comes of what."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from provenance.coffee.acts import Form, LotMass, NewLot
from provenance.coffee.ledger.apportion import apportion
from provenance.coffee.ledger.books import (
    BalanceKey,
    Books,
    Edge,
    Effects,
    Flag,
    FlagKind,
    Handover,
    LotFact,
    Signed,
    is_transit,
)
from provenance.coffee.ledger.gains import with_gain


class Entry:
    """
    Collects postings, edges, facts and flags against unchanged Books; ``booking.apply`` then carries them out.

    Nothing here refuses: what is not there is taken all the same, and the row falls below zero.
    """

    def __init__(self, books: Books, statement: Signed, index: int | None, effects: Effects) -> None:
        self.books = books
        self.jti = statement.jti
        self.signer = statement.iss
        self.kid = statement.kid
        self.index = index
        self.effects = effects
        self.masses: defaultdict[BalanceKey, int] = defaultdict(int)  # signed
        self.edges: list[Edge] = []
        self.flags: list[Flag] = []

    # --- balances ----------------------------------------------------------------------------------------------------

    def balance(self, key: BalanceKey) -> int:
        return self.books.balances.get(key, 0) + self.masses.get(key, 0)

    def post(self, key: BalanceKey, mass_mg: int) -> None:
        self.masses[key] += mass_mg

    def put(self, lot: str, site: str, custodian: str, owners: Mapping[str, int]) -> None:
        """
        Credit a lot at a site to several owners.

        What an owner lacks there is made good first (in transit, where only one load lies: whoever lacks it).
        """
        for owner, mass_mg in owners.items():
            key = BalanceKey(lot, site, owner, custodian)
            lacking = [
                other
                for other in {key, *self.books.balances.rows(lot), *self.masses}
                if (other.lot, other.site) == (lot, site)
                and (other.owner == owner or is_transit(site))
                and self.balance(other) < 0
            ]
            for other in sorted(lacking, key=lambda other: (other != key, other)):
                part = min(-self.balance(other), mass_mg)
                self.post(other, part)
                mass_mg -= part
            self.post(key, mass_mg)

    def take_held(self, line: LotMass, site: str, owner: str | None = None) -> Counter[str]:
        """
        Take from what the signer holds at a site, and what others hold at the signer's own site.

        The named owner's only; else the signer's own first, then the other owners' in URI order. What is not there is
        the named owner's lack, or the single owner's, or the signer's.
        """
        at_home = site in self.books.sites and self.books.sites[site].party == self.signer
        rows = [
            key
            for key in self._stocked(line.lot)
            if key.site == site and (at_home or key.custodian == self.signer) and (owner is None or key.owner == owner)
        ]
        rows.sort(key=lambda key: (key.custodian != self.signer, key.owner != self.signer, key))
        owners = {key.owner for key in rows}
        lacking = owner or (owners.pop() if len(owners) == 1 else self.signer)
        return _by_owner(self._take(line.mass_mg, rows, BalanceKey(line.lot, site, lacking, self.signer)))

    def take_owned(self, line: LotMass, site: str, custodian: str) -> Counter[str]:
        """Take from what the signer owns at a site, first from ``custodian``; returns milligrams by custodian."""
        rows = [key for key in self._stocked(line.lot) if key.site == site and key.owner == self.signer]
        rows.sort(key=lambda key: (key.custodian != custodian, key))
        return _by_custodian(self._take(line.mass_mg, rows, BalanceKey(line.lot, site, self.signer, custodian)))

    def take_from(self, line: LotMass, sender: str, site: str) -> Counter[str]:
        """Take from what ``sender`` holds or owns, wherever that is; what is not there is lacking at ``site``."""
        rows = [
            key for key in self._stocked(line.lot) if not is_transit(key.site) and sender in (key.custodian, key.owner)
        ]
        rows.sort(key=lambda key: (key.site == site, key.custodian != sender, key.owner != sender, key))
        return _by_owner(self._take(line.mass_mg, rows, BalanceKey(line.lot, site, sender, sender)))

    def take_in_transit(self, line: LotMass, dispatch: str, sender: str) -> Counter[str]:
        """Take from what is on the way: the sender's own first."""
        rows = [key for key in self._stocked(line.lot) if key.site == dispatch]
        rows.sort(key=lambda key: (key.owner != sender, key))
        return _by_owner(self._take(line.mass_mg, rows, BalanceKey(line.lot, dispatch, sender, sender)))

    def held_mg(self, lot: str) -> int:
        """What there is of a lot before this statement, everywhere and on the way."""
        return max(0, sum(self.books.balances[key] for key in self.books.balances.rows(lot)))

    def in_transit_mg(self, dispatch: str, lot: str) -> int:
        """What is on the way, with this entry."""
        keys = {key for key in (*self.books.balances.rows(lot), *self.masses) if (key.lot, key.site) == (lot, dispatch)}
        return sum(self.balance(key) for key in keys)

    def _stocked(self, lot: str) -> list[BalanceKey]:
        return [key for key in self.books.balances.rows(lot) if self.balance(key) > 0]

    def _take(self, mass_mg: int, rows: Iterable[BalanceKey], short: BalanceKey) -> dict[BalanceKey, int]:
        """Take from the rows in turn, what they lack from ``short``; returns milligrams by row."""
        self._know(short.lot)
        taken: dict[BalanceKey, int] = {}
        for key in rows:
            taken[key] = min(self.balance(key), mass_mg)
            mass_mg -= taken[key]
        if mass_mg:
            taken[short] = taken.get(short, 0) + mass_mg
        for key, part in taken.items():
            self.post(key, -part)
        return taken

    # --- lots --------------------------------------------------------------------------------------------------------

    def lot(self, uri: str) -> LotFact:
        return self.effects.lots.get(uri) or self.books.lots.get(uri) or LotFact(uri)

    def open(self, lot: str, form: Form | None, said: NewLot | None, *, origin: bool, day_lot: bool = False) -> None:
        """Begin a lot; into one that exists, only note what is remarkable about pouring more."""
        fact = self.lot(lot)
        if fact.made_by is None:
            self.effects.lots[lot] = fact._replace(
                form=form,
                opened_by=fact.opened_by or self.signer,
                made_by=self.jti,
                attributes=said.attributes if said else fact.attributes,
                origin=origin,
                day_lot=day_lot or fact.day_lot,
            )
            return
        if fact.made_by != self.jti and not fact.day_lot and self.held_mg(lot):
            self.flag(FlagKind.POOL, lot, self.held_mg(lot))
        if form != fact.form:
            self.flag(FlagKind.FORM_DIFFERS, lot)

    def pour(self, lot: str, parts: Mapping[str, int], unknown_mg: int = 0, held_mg: int | None = None) -> None:
        """Note where what goes into a lot comes from: milligrams by parent, and those of unknown origin."""
        held = self.held_mg(lot) if held_mg is None else held_mg
        sources: list[tuple[str | None, int]] = [*sorted(parts.items()), (None, unknown_mg)]
        self.edges += [Edge(self.jti, parent, lot, mass_mg, held) for parent, mass_mg in sources if mass_mg]

    def gain(self, lot: str, ppm: int) -> None:
        """Note what part of what went into a lot was gained (``gains``)."""
        before = self.lot(lot)
        after = with_gain(before, ppm, self.jti)
        if after != before:
            self.effects.lots[lot] = after

    def grown(self, masses: Mapping[str, int]) -> int:
        """What of these masses by lot was gained before, in millionths of a milligram."""
        return sum([mass_mg * self.lot(lot).gained_ppm for lot, mass_mg in masses.items()])

    def flag(self, kind: FlagKind, lot: str, mass_mg: int = 0) -> None:
        self.flags.append(Flag(self.jti, lot, kind, mass_mg))

    def _know(self, lot: str) -> None:
        """A lot that is only drawn from is known by name."""
        if lot not in self.books.lots:
            self.effects.lots.setdefault(lot, LotFact(lot))

    # --- making ------------------------------------------------------------------------------------------------------

    def make(
        self, site: str, inputs: Sequence[LotMass], outputs: Sequence[NewLot], owner: str | None, unknown: Sequence[int]
    ) -> None:
        """
        Turn inputs into outputs; ``unknown`` is how much of each output cannot come from them.

        Outputs belong to the named owner, else to the inputs' owners in proportion; the signer holds them.
        """
        given: Counter[str] = Counter()
        owners: Counter[str] = Counter()
        for line in inputs:
            owners += self.take_held(line, site, owner)
            given[line.lot] += line.mass_mg
        for output, unknown_mg in zip(outputs, unknown, strict=True):
            self.open(output.lot, output.form, output, origin=False)
            self.put(output.lot, site, self.signer, divide(output.mass_mg, owners))
            self.pour(output.lot, divide(output.mass_mg - unknown_mg, given), unknown_mg)

    # --- handovers ---------------------------------------------------------------------------------------------------

    def handover(self, dispatch: str) -> Handover | None:
        """The dispatch, unless it is not recorded (yet) or was corrected away."""
        found = self.books.handovers.get(dispatch)
        return None if found is None or found.withdrawn else found

    def pass_title(self, owners: Mapping[str, int], sender: str, receiver: str) -> Counter[str]:
        """What the sender owned, or somebody whose guardian the sender is, becomes the receiver's; nothing else."""
        after: Counter[str] = Counter()
        for owner, mass_mg in owners.items():
            party = self.books.parties.get(owner)
            own = owner == sender or (party is not None and party.guardian == sender)
            after[receiver if own else owner] += mass_mg
        return after


def divide(mass_mg: int, weights: Mapping[str, int]) -> dict[str, int]:
    """``apportion`` by name, in the names' order."""
    if len(weights) == 1:
        return dict.fromkeys(weights, mass_mg)
    names = sorted(weights)
    return dict(zip(names, apportion(mass_mg, [weights[name] for name in names]), strict=True))


def _by_owner(taken: Mapping[BalanceKey, int]) -> Counter[str]:
    owners: Counter[str] = Counter()
    for key, mass_mg in taken.items():
        if mass_mg:
            owners[key.owner] += mass_mg
    return owners


def _by_custodian(taken: Mapping[BalanceKey, int]) -> Counter[str]:
    custodians: Counter[str] = Counter()
    for key, mass_mg in taken.items():
        if mass_mg:
            custodians[key.custodian] += mass_mg
    return custodians
