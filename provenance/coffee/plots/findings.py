"""What the gate finds in a plot, in the words of somebody who has to mend it."""

from dataclasses import dataclass

from provenance.coffee.plots.measuring import Position


@dataclass(frozen=True, kw_only=True)
class Finding:
    """
    ``wrong`` says what and where, ``mend`` what to do. Where ``refuses`` is false, the rule only flags.

    ``at`` is the spot on the plot, where there is one; ``rule`` names the rule in tests and papers (``docs/plots.md``).
    """

    rule: str
    wrong: str
    mend: str
    refuses: bool = True
    at: Position | None = None


def flag(rule: str, wrong: str, mend: str, at: Position | None = None) -> Finding:
    """Nothing that the EU's system refuses, but something to look at."""
    return Finding(rule=rule, wrong=wrong, mend=mend, refuses=False, at=at)


# --- what every reader may find --------------------------------------------------------------------------------------

NO_SHAPE = Finding(
    rule="no-shape",
    wrong="No shape is drawn for this plot.",
    mend="Draw its outline, or set a point, and export again.",
)
LINE = Finding(
    rule="line", wrong="This is a line. A line encloses no land.", mend="Draw it as a polygon that ends where it began."
)
SEVERAL = Finding(
    rule="several",
    wrong="These are several shapes under one name.",
    mend="Give each piece of land a plot of its own. Do not cut one plot into pieces.",
)
