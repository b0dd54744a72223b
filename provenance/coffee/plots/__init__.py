"""
Plots of land. ``drawing`` takes one plot at a form; ``reading`` and ``gate`` take a file of them and judge each by the
EU's rules; ``measuring`` knows areas. Nothing is repaired in silence.
"""

from provenance.coffee.plots.drawing import MAX_BYTES, MAX_POINTS, BadPlot, Boundary, area_m2, centre, parse_geojson
from provenance.coffee.plots.measuring import M2_PER_HECTARE, blur

__all__ = [
    "M2_PER_HECTARE",
    "MAX_BYTES",
    "MAX_POINTS",
    "BadPlot",
    "Boundary",
    "area_m2",
    "blur",
    "centre",
    "parse_geojson",
]
