"""
The kept copy: every page that a printed code leads to, with its proofs, as files that any web server can serve at the
same addresses when this site is no more (decision 68).

``asking``: a page asked for by nobody's browser. ``folder``: files written beside the old ones, which they replace at
the end. ``files``: styles and scripts. ``writing``: all that is written.
"""
