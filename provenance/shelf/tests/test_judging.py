"""The one sentence of how sure one can be: of what has two sides both are asked, of one's own work there is one."""

import pytest

from provenance.coffee import evidence
from provenance.shelf.story import words
from provenance.shelf.story.judging import verdict
from provenance.shelf.story.sentences import sentence
from provenance.shelf.story.values import Evidence, Step

BOTH = Evidence("both_sides", "●", words.GRADES[evidence.Grade.BOTH_SIDES], "")
ONE = Evidence("one_side", "◐", words.GRADES[evidence.Grade.ONE_SIDE], "")
ONE_HAND = Evidence("one_side", "◐", words.BOTH_BUT[evidence.Reason.SERVER_KEY], "")
OWN = Evidence("one_side", "◐", words.OWN_WORK, "")
NOBODY = Evidence("nobody", "○", words.GRADES[evidence.Grade.NOBODY], "")

ALONE = "For picking, roasting and other work there is only the word of whoever did it."


def step(kind: str, found: Evidence) -> Step:
    return Step(kind, sentence(kind), None, None, None, (), (), found, "")


HANDED = [step("dispatch", BOTH), step("receive", BOTH)]


@pytest.mark.parametrize(
    ("steps", "code", "first", "more", "reasons"),
    [
        (HANDED, "agreed", "Each time the coffee changed hands, both sides said so.", [], []),
        (
            [step("harvest", OWN), *HANDED, step("process", OWN)],
            "agreed",
            "Each time the coffee changed hands, both sides said so.",
            [ALONE],
            [],
        ),
        (
            [step("harvest", OWN), *HANDED, step("transfer_title", ONE)],
            "one_side",
            "1 of 3 records of handovers is one side’s word only.",
            [],
            [ALONE],
        ),
        (
            [*HANDED, step("dispatch", ONE_HAND), step("receive", ONE_HAND), step("transfer_title", ONE)],
            "one_side",
            "3 of 5 records of handovers are one side’s word only.",
            [],
            ["In 2 of these steps both sides spoke, but not each with a key of its own."],
        ),
        ([step("harvest", OWN), step("process", OWN)], "one_side", "Every step is one side’s word.", [], []),
        ([step("dispatch", ONE), step("receive", ONE)], "one_side", "Every step is one side’s word.", [], []),
    ],
)
def test_what_could_have_two_sides_is_counted_and_own_work_is_named(steps, code, first, more, reasons):
    said = verdict(steps)

    assert (said.code, str(said.words)) == (code, first)
    assert ([str(each) for each in said.more], [str(each) for each in said.reasons]) == (more, reasons)


def test_own_work_that_counts_for_nothing_spoils_the_verdict():
    said = verdict([*HANDED, step("process", NOBODY)])

    assert (said.code, str(said.words)) == ("one_side", "1 step counts for nothing.")
