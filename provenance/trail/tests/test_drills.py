"""The drills on the operators' page name commands that exist, and each kind of trouble that the software tells."""

import re
import shlex
from pathlib import Path

import pytest
from django.core.management import load_command_class

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "operations.md").read_text()
DRILLS = PAGE.partition("\n## Drills\n")[2].partition("\n## ")[0]
LINES = sorted(set(re.findall(r"python manage\.py ([^\n`]+)", DRILLS)))
SERVICES = Path(__file__).resolve().parents[1] / "services"


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_a_drill_is_taken_as_it_is_written(line):
    name, *arguments = shlex.split(line)
    parser = load_command_class("provenance.trail", name).create_parser("manage.py", name)

    assert vars(parser.parse_args(arguments))["name"] == "main"


def test_every_command_that_recovers_has_its_drill():
    assert {line.split()[0] for line in LINES} == {"fence", "thaw", "recover", "succeed", "verify_trail"}


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ("an old copy", "guarding.py"),
        ("another root was released", "guarding.py"),
        ("is gone", "guarding.py"),
        ("cannot be read", "fence.py"),
        ("None of the witnesses answered", "guarding.py"),
        ("The copy ends at", "recovering/refilling.py"),
        ("was recorded here again with another signature", "recovering/refilling.py"),
    ],
)
def test_what_an_operator_reads_on_the_page_is_what_the_software_says(told, said):
    # As the sentence reads once Python has joined its pieces.
    source = re.sub(r'"\s*f?"', "", (SERVICES / said).read_text())

    assert told in DRILLS and told in source
