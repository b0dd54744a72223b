"""
The check's modules as one script. On a slow line a dozen answers, each with its headers, take longer than one; and
compressed together they are smaller by a fourth.

Each module becomes a function that is called once and gives what it exports. Only the forms of ``import`` and
``export`` that stand in the modules are understood; whatever else there is, is an error when the script is asked for.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from django.templatetags.static import static

FOLDER = Path(__file__).resolve().parent.parent / "static" / "shelf"
# Each after those that it imports.
MODULES = (
    *("bytes", "ed25519", "log", "growth", "law", "statement", "form"),
    *("complete", "shown", "quorum", "standing", "verify", "page"),
)
_IMPORT = re.compile(r'^import (\{[\w, ]+\}) from "\./(\w+)\.js";$', re.M)
_LATER = re.compile(r'\bimport\("\./([\w/-]+)\.js"\)')
_EXPORT = re.compile(r"^export (?=(?:async function|function|class|const) (\w+|\[[\w, ]+\]))", re.M)
_LEFT = re.compile(r"^(?:import|export)\b.*", re.M)


@dataclass(frozen=True)
class Script:
    text: str
    digest: str

    @property
    def path(self) -> str:
        """Without a slash before it. Another text has another path."""
        return f"check.{self.digest}.js"


def check_script() -> Script:
    """The check as it stands in the files now, and as files are named now."""
    return _joined(max((FOLDER / f"{name}.js").stat().st_mtime_ns for name in MODULES), static("shelf/page.js"))


@lru_cache(maxsize=1)
def _joined(changed: int, named: str) -> Script:
    text = "".join(function_of(name, (FOLDER / f"{name}.js").read_text()) for name in MODULES)
    return Script(text, sha256(text.encode()).hexdigest()[:12])


def function_of(name: str, text: str) -> str:
    exported = ", ".join(found.strip("[]") for found in _EXPORT.findall(text))
    text = _EXPORT.sub("", _IMPORT.sub(r"const \1 = $\2;", text))
    if left := _LEFT.search(text):
        raise ValueError(f"{name}.js: the check's modules cannot be joined: {left[0]}")
    return f"const ${name} = (() => {{\n{_LATER.sub(_later, text)}\nreturn {{ {exported} }};\n}})();\n"


def _later(found: re.Match[str]) -> str:
    """What is loaded only when it is needed: here already, or a file of its own."""
    name = found[1]
    return f"Promise.resolve(${name})" if name in MODULES else f'import("{static(f"shelf/{name}.js")}")'
