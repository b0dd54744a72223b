"""
Three stories of coffee, told through the same services as any real one: no row is written directly.

Every act has a name, and from it an event id; an act that is on the trail already is not told again. So the demo can
be run twice, and finishes what a killed run left half told. All people, places and businesses are made up.
"""
