"""A GS1-Conformant resolver (1.2) for the links on our bags: which links there are, and which a request gets."""
