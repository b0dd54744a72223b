"""The map of a page: coasts and borders of Natural Earth, and blurred places on them, drawn on the server."""

from provenance.shelf.map.drawing import Drawing, draw, place_of

__all__ = ["Drawing", "draw", "place_of"]
