"""
Judges a bundle: what a page's phone checks by itself, in Python.

``judge`` gives the very verdict that ``static/shelf/verify.js`` gives: both read the same law (``law``), and the
bundles in ``provenance/pack/tests/testdata/bundles`` hold them together. What a bundle is: docs/trail-format.md, 7.
"""

from provenance.pack.bundle.judging import Verdict, judge

__all__ = ["Verdict", "judge"]
