"""A second registration, made against the law, in a pack that keeps quiet about the first."""

from collections.abc import Callable
from typing import NamedTuple

import pytest

from provenance.coffee.acts import Form, Harvest, NewLot, RegisterParty, RegisterPlot, RegisterSite
from provenance.coffee.statement import thumbprint
from provenance.pack import completeness
from provenance.pack.__main__ import FAULTS, NOT_COMPLETE, main
from provenance.pack.format import Entry, Listing
from provenance.pack.read import PackFile
from provenance.pack.replay import Replay, ReplayRefused
from provenance.pack.tests.small_log import ALMAZ, FARM, HOST, KG, NOON, OPERATOR, ORIGIN, WOTE, SmallLog, signer_of
from provenance.pack.verify import Report, verify

MALLORY, STALL, PLOT = f"{HOST}/party/mallory", f"{HOST}/loc/stall", f"{HOST}/loc/plot"
LOT = f"{HOST}/class/cherry.MALLORY"


def harvest_at(site: str) -> Harvest:
    return Harvest(at=NOON, site=site, output=NewLot(lot=LOT, mass_mg=KG, form=Form.CHERRY))


class Fraud(NamedTuple):
    """``hidden``: leaves that the pack keeps quiet about, the ``first`` registration among them; ``second`` is void."""

    hidden: tuple[int, ...]
    name: str
    first: int
    second: int
    why: str


def takes_her_farm(log: SmallLog) -> Fraud:
    """Almaz' farm is registered as Mallory's, who harvests there."""
    log.enrol(ALMAZ, "farmer", FARM, "farm")
    log.enrol(MALLORY, "farmer", FARM, "farm")
    log.say(MALLORY, harvest_at(FARM))
    return Fraud((1, 2, 3), FARM, 3, 6, "This site is registered already.")


def becomes_her_guardian(log: SmallLog) -> Fraud:
    """Mallory registers Almaz as his ward, gives her a key of his own making, and speaks as her."""
    log.enrol(MALLORY, "collector", STALL, "farm")
    log.say(OPERATOR, RegisterParty(party=ALMAZ, kind="person", roles=("farmer",), country="ET"))
    log.say(MALLORY, RegisterParty(party=ALMAZ, kind="person", roles=("farmer",), country="ET", guardian=MALLORY))
    mask = signer_of(f"{HOST}/party/mask")
    log.bind_key(ALMAZ, mask, by=MALLORY)
    log.say(ALMAZ, RegisterSite(site=FARM, party=ALMAZ, kind="farm", country="ET"), key=mask)
    log.say(ALMAZ, harvest_at(FARM), key=mask)
    return Fraud((4,), ALMAZ, 4, 5, "This party is registered already.")


def signs_with_a_key_of_anothers(log: SmallLog) -> Fraud:
    """Wote's key is registered as Mallory's, too: what it signs for him, Wote need not answer for."""
    log.enrol(WOTE, "station", STALL, "warehouse")
    log.say(OPERATOR, RegisterParty(party=MALLORY, kind="person", roles=("farmer",), country="ET"))
    log.bind_key(MALLORY, signer_of(WOTE))
    log.say(MALLORY, RegisterSite(site=FARM, party=MALLORY, kind="farm", country="ET"), key=signer_of(WOTE))
    log.say(MALLORY, harvest_at(FARM), key=signer_of(WOTE))
    kid = thumbprint(signer_of(WOTE).public.raw)
    return Fraud((1, 2, 3), kid, 2, 5, "This key is registered already: a key belongs to one party for ever.")


def takes_her_plot(log: SmallLog) -> Fraud:
    """Almaz' plot is registered as one of Mallory's."""
    log.enrol(ALMAZ, "farmer", FARM, "farm")
    log.say(ALMAZ, RegisterPlot(plot=PLOT, site=FARM, country="ET", area_m2=5_000))
    log.enrol(MALLORY, "farmer", STALL, "farm")
    log.say(MALLORY, RegisterPlot(plot=PLOT, site=STALL, country="ET", area_m2=90_000))
    log.say(MALLORY, harvest_at(STALL))
    return Fraud((1, 2, 3, 4), PLOT, 4, 8, "This plot is registered already.")


FRAUDS = [takes_her_farm, becomes_her_guardian, signs_with_a_key_of_anothers, takes_her_plot]


class Told(NamedTuple):
    log: SmallLog
    fraud: Fraud

    @property
    def shown(self) -> list[Entry]:
        return [entry for entry in self.log.entries() if entry.index not in self.fraud.hidden]

    def report(self, entries: list[Entry] | None = None, listings: list[Listing] | None = None) -> Report:
        given = {} if listings is None else {"listings": listings}
        pack = self.log.pack(entries or self.shown, lots=(LOT,), traced=(LOT,), **given)
        with PackFile(pack) as opened:
            return verify(opened, self.log.trust)


def tell(commit: Callable[[SmallLog], Fraud], version: int = 2, forgotten: bool = False) -> Told:
    log = SmallLog()
    fraud = commit(log)
    log.index((fraud.first,) if forgotten else (), version)
    return Told(log, fraud)


@pytest.fixture(params=FRAUDS, ids=lambda commit: commit.__name__)
def told(request) -> Told:
    return tell(request.param)


def whats(report: Report) -> list[tuple[int | None, str]]:
    return [(fault.index, fault.what) for fault in report.faults]


def check_that_the_hidden_registration_is_missed(told: Told) -> None:
    report = told.report()

    what = f"It belongs to the list of registrations of {told.fraud.name} and is not in the pack."
    assert whats(report) == [(told.fraud.first, what)]
    assert report.complete is None


def check_that_no_other_list_helps(told: Told) -> None:
    listings = told.log.listings(told.shown, (LOT,))
    (told_away,) = [each for each in listings if each.name == told.fraud.name]

    for given, complaint in (
        (listings, "in the pack is not the log's. The log's index counts 2 leaves, not 1."),
        ([each for each in listings if each != told_away], "is not in the pack: statements may have been left out."),
    ):
        report = told.report(listings=given)
        assert whats(report) == [(None, f"The list of registrations of {told.fraud.name} {complaint}")]
        assert report.complete is None


def check_that_the_first_registration_counts(told: Told) -> None:
    report = told.report(told.log.entries())

    assert (told.fraud.second, told.fraud.why) in whats(report)


def test_the_hidden_registration_is_missed(told):
    check_that_the_hidden_registration_is_missed(told)


def test_no_other_list_helps(told):
    check_that_no_other_list_helps(told)


def test_the_first_registration_counts(told):
    check_that_the_first_registration_counts(told)


def test_what_nobody_registered_is_proved_to_be_so():
    told = tell(takes_her_farm)
    names = {each.name: each.leaves for each in told.log.listings(told.shown, (LOT,))}
    assert names[FARM] == (6,) and names[LOT] == (7,)
    stranger = f"{HOST}/party/stranger"
    log = SmallLog()
    log.enrol(MALLORY, "farmer", FARM, "farm")
    log.say(MALLORY, RegisterParty(party=MALLORY, kind="person", roles=("farmer",), country="ET", guardian=stranger))
    log.index()

    assert {each.name: each.leaves for each in log.listings(log.entries(), (LOT,))}[stranger] == ()
    absent = [each for each in log.listings(log.entries(), (LOT,)) if each.name != stranger]
    report = Told(log, Fraud((), stranger, 0, 0, "")).report(listings=absent)
    what = f"The list of registrations of {stranger} is not in the pack: statements may have been left out."
    assert (None, what) in whats(report)


def test_whoever_replays_the_log_refuses_the_second_registration(told):
    replay = Replay(ORIGIN)
    with pytest.raises(ReplayRefused, match=f"^Leaf {told.fraud.second} of .* {told.fraud.why}$"):
        for leaf in told.log.leaves:
            replay.add(leaf)


def test_an_index_that_forgets_the_first_is_left_to_whoever_replays_the_log():
    """The pack passes; the signed index is proof of fraud for a mirror, which stops at the void leaf before it."""
    told = tell(takes_her_farm, forgotten=True)
    assert told.report(listings=told.log.listings(told.shown, (LOT,))).complete == 8

    honest = SmallLog()
    honest.enrol(ALMAZ, "farmer", FARM, "farm")
    honest.index(forgotten=(3,))
    replay = Replay(ORIGIN)
    with pytest.raises(ReplayRefused, match="Its index is not what the leaves before it name"):
        for leaf in honest.leaves:
            replay.add(leaf)


def test_under_an_index_of_version_1_the_fraud_is_not_seen_and_nothing_is_promised():
    told = tell(takes_her_farm, version=1)
    report = told.report()

    assert report.faults == [] and report.complete is None
    assert "which does not say what was registered" in report.not_proved


def test_the_command_ends_accordingly(tmp_path, capsys):
    for version, status, said in (
        (2, FAULTS, f"FAULT leaf 3: It belongs to the list of registrations of {FARM}"),
        (1, NOT_COMPLETE, "Completeness not proved. Its log's index was of version 1"),
    ):
        told = tell(takes_her_farm, version)
        (tmp_path / "lot.zip").write_bytes(told.log.pack(told.shown, lots=(LOT,), traced=(LOT,)).getvalue())
        (tmp_path / "trust").write_bytes(told.log.trust_file)

        assert main(["verify", str(tmp_path / "lot.zip"), "--trust", str(tmp_path / "trust")]) == status
        assert said in capsys.readouterr().out


# --- a log goes on from one version of the map to the next ----------------------------------------------------------


def grown(*versions: int) -> SmallLog:
    """A log that ends in an index leaf of each of these versions, with registrations before every one."""
    log = SmallLog()
    for number, version in enumerate(versions):
        log.enrol(f"{HOST}/party/p{number}", "farmer", f"{HOST}/loc/l{number}", "farm")
        log.index(version=version)
    return log


def replayed(log: SmallLog) -> Replay:
    replay = Replay(ORIGIN)
    for leaf in log.leaves:
        replay.add(leaf)
    return replay


@pytest.mark.parametrize("versions", [(1,), (2,), (1, 1, 2), (1, 2, 2), (2, 2)])
def test_an_index_goes_on_from_version_1_to_2(versions):
    log = grown(*versions)

    assert replayed(log).indexed == len(log.leaves) == 1 + 4 * len(versions)


def test_and_never_back():
    log = grown(1, 2, 1)

    with pytest.raises(ReplayRefused, match="Its index is of an earlier version than the one before it"):
        replayed(log)


# --- planted bugs: each must be caught by a test above ---------------------------------------------------------------


def demands_no_registrations(patch):
    patch.setattr(completeness, "rests_on", lambda statements: set())


def forgets(kind: str) -> Callable[[pytest.MonkeyPatch], None]:
    def plant(patch):
        real = completeness.needs
        patch.setattr(completeness, "needs", lambda statement: real(statement)._replace(**{kind: frozenset()}))

    plant.__name__ = f"forgets_{kind}"
    return plant


def asks_of_the_last_registration_only(patch):
    real = completeness.check_list
    patch.setattr(completeness, "check_list", lambda record, namings: real(record, namings) if not namings else None)


PLANTED = [
    demands_no_registrations,
    forgets("parties"),
    forgets("sites"),
    forgets("plots"),
    forgets("kids"),
    asks_of_the_last_registration_only,
]


def every_check() -> None:
    for commit in FRAUDS:
        told = tell(commit)
        check_that_the_hidden_registration_is_missed(told)
        check_that_no_other_list_helps(told)
        check_that_the_first_registration_counts(told)


def test_without_a_planted_bug_every_check_passes():
    every_check()


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__)
def test_a_planted_bug_is_caught(plant, monkeypatch):
    plant(monkeypatch)
    with pytest.raises((AssertionError, ValueError)):
        every_check()
