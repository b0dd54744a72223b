"""Rules of the house that no linter knows."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

ROOT: Path = settings.BASE_DIR
APPS = [ROOT / "provenance", ROOT / "farms", ROOT / "shipments"]
CORE = [ROOT / "provenance" / name for name in ("tlog", "coffee", "pack")]
TEMPLATES = sorted([*(ROOT / "templates").rglob("*.html"), *(path for app in APPS for path in app.rglob("*.html"))])
NETWORK = {"socket", "ssl", "http.client", "urllib.request", "asyncio", "sqlite3"}


def sources(*folders: Path) -> list[Path]:
    found = [path for folder in folders for path in folder.rglob("*.py")]
    return sorted(path for path in found if "tests" not in path.parts and "migrations" not in path.parts)


def imported_by(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def modules_after_importing(*modules: str) -> set[str]:
    """What a fresh interpreter has loaded after importing these; a static check cannot see all of it."""
    script = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    return set(
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.split()
    )


def test_importing_the_core_loads_no_framework_and_no_database():
    loaded = modules_after_importing(*(module_name(path) for path in sources(*CORE) if path.name != "__main__.py"))

    assert "provenance.tlog" in loaded
    assert loaded & {"django", "rest_framework", "celery", "redis", "psycopg", "environ", "sqlite3"} == set()


def test_the_pack_verifier_needs_neither_biip_nor_shapely():
    loaded = modules_after_importing("provenance.pack")

    assert loaded & {"biip", "shapely", "numpy", "django"} == set()


@pytest.mark.parametrize("path", sources(*CORE), ids=module_name)
def test_the_core_opens_no_connection(path):
    assert imported_by(path) & NETWORK == set()


def test_the_project_package_imports_nothing_by_itself():
    assert (ROOT / "provenance" / "__init__.py").read_text() == ""


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_page_has_no_inline_script_or_style_and_calls_nobody_else(path):
    page = path.read_text()

    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*type=\"application/(ld\+)?json\")", page)
    assert not re.search(r"<style\b|\sstyle=|\son[a-z]+=|javascript:", page)
    assert not re.search(r"<(script|img|link|iframe)[^>]+(src|href)=[\"']?(https?:)?//", page)


@pytest.mark.parametrize(
    "path", [path for app in APPS for path in app.rglob("static/**/*.css")], ids=lambda path: path.name
)
def test_a_stylesheet_loads_nothing_from_elsewhere(path):
    assert not re.search(r"@import|url\(\s*[\"']?(https?:)?//", path.read_text())


# A form's help text is written by us, never by a visitor.
MAY_SAY_SAFE = {"templates/django/forms/field.html"}


def test_escaping_is_switched_off_nowhere():
    said = {
        str(path.relative_to(ROOT))
        for path in TEMPLATES
        if re.search(r"\|\s*safe\b|autoescape\s+off", path.read_text())
    }
    marked = {
        module_name(path) for path in sources(*APPS) if re.search(r"\bmark_safe\(|\bSafeString\(", path.read_text())
    }

    assert said == MAY_SAY_SAFE
    assert marked == set()


def test_each_model_change_has_its_migration(db):
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-s3.txt", "requirements-dev.txt"])
def test_each_requirement_is_pinned_exactly(name):
    lines = [line for line in (ROOT / name).read_text().splitlines() if line and not line.startswith("#")]

    assert lines
    pinned = re.compile(r"[A-Za-z0-9_.-]+(\[[a-z0-9,-]+\])?==[0-9][0-9a-z.]*")
    assert [line for line in lines if not pinned.fullmatch(line)] == []


def test_a_service_never_schedules_a_task():
    services = [path for path in sources(*APPS) if path.stem == "services" or "services" in path.parts]

    assert services
    assert [module_name(path) for path in services if any(".tasks" in name for name in imported_by(path))] == []
