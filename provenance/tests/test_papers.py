"""What the papers point at is there."""

import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT: Path = settings.BASE_DIR
PAPERS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "benchmarks").glob("*.md")])


def targets(paper: Path) -> list[str]:
    """Files that a paper links to or shows; without addresses elsewhere and places inside a paper."""
    text = re.sub(r"^```.*?^```", "", paper.read_text(), flags=re.MULTILINE | re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'<img src="([^"]+)"', text)
    return [target.partition("#")[0] for target in found if not re.match(r"[a-z]+:|#", target)]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda paper: str(paper.relative_to(ROOT)))
def test_a_paper_points_only_at_what_is_there(paper):
    assert [target for target in targets(paper) if not (paper.parent / target).exists()] == []


def test_every_paper_can_be_found_from_the_index():
    index = targets(ROOT / "docs" / "README.md")

    papers = {path.name for path in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert papers <= set(index)


def test_every_picture_is_shown_somewhere():
    shown = {Path(target).name for paper in PAPERS for target in targets(paper)}

    assert {path.name for path in (ROOT / "docs" / "screenshots").glob("*.png")} <= shown
