"""Statements as they come in, one or many: what could be read of each, and what is wrong with the others."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from provenance.coffee.errors import BadDisclosure, CoffeeError
from provenance.coffee.identifiers import check_uri
from provenance.coffee.statement import Disclosure, Statement, parse, read_disclosure
from provenance.trail.errors import Problem, RecordRefused
from provenance.trail.services.attaching.tying import Stored, check_named
from provenance.trail.services.disclosing import AUDITORS, PARTNERS, PUBLIC


@dataclass(frozen=True)
class Shown:
    """A disclosure as it travels, and who may read it: "public", "partners", "auditors" or a party's URI."""

    text: str
    audience: str


@dataclass(frozen=True)
class Incoming:
    """A statement as it came in, with what its sender discloses to this server, and the files stored for it."""

    jws: bytes
    disclosures: Sequence[Shown] = ()
    files: Sequence[Stored] = ()


@dataclass
class Batch:
    """Statements by position, as far as they could be read, and what is wrong with the others."""

    statements: dict[int, Statement] = field(default_factory=dict)
    disclosures: dict[int, list[tuple[Disclosure, str]]] = field(default_factory=dict)
    files: dict[int, Sequence[Stored]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    total: int = 0

    def refuse(self, position: int, error: CoffeeError) -> None:
        self.problems.append(Problem(position, error))
        self.statements.pop(position, None)

    def stop_if_refused(self) -> None:
        if self.problems:
            raise RecordRefused(sorted(self.problems, key=lambda problem: problem.position), self.total)

    def fresh(self) -> "Batch":
        """A copy to be judged: what is refused there stays in this one."""
        return replace(self, statements=dict(self.statements), problems=[])


def joined(batches: Sequence[Batch]) -> Batch:
    """Verified batches as one, in their order: the positions of each follow those of the one before."""
    whole = Batch()
    for batch in batches:
        for position, statement in batch.statements.items():
            whole.statements[whole.total + position] = statement
            whole.disclosures[whole.total + position] = batch.disclosures[position]
            whole.files[whole.total + position] = batch.files[position]
        whole.total += batch.total
    return whole


def read(incoming: Sequence[Incoming]) -> Batch:
    """Parse statements and disclosures strictly; nothing is asked of the database."""
    batch = Batch(total=len(incoming))
    for position, each in enumerate(incoming):
        try:
            statement = parse(each.jws)
            shown = [(read_disclosure(one.text, statement), _audience(one)) for one in each.disclosures]
            names = [disclosure.name for disclosure, _ in shown]
            if len(set(names)) != len(names):
                raise BadDisclosure("A withheld field is disclosed once.", field="disclosures")
            check_named(each.files, statement, [disclosure for disclosure, _ in shown])
        except CoffeeError as error:
            batch.refuse(position, error)
        else:
            batch.statements[position] = statement
            batch.disclosures[position] = shown
            batch.files[position] = each.files
    return batch


def _audience(shown: Shown) -> str:
    """Who may read it. A word that nobody knows would hide the value from everybody and say so to nobody."""
    if shown.audience in (PUBLIC, PARTNERS, AUDITORS):
        return shown.audience
    return check_uri(shown.audience, field="audience")
