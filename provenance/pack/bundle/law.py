"""
What a phone judges of the law: ``coffee.rules`` as far as it needs no weights, as a table.

The law itself is ``coffee.rules``, with the ledger under it. Of that this table holds what follows from the statements
of one bundle alone, and it is never stricter: what the law accepts passes here (a test replays random journeys through
both). ``standing`` reads it in Python; ``static/shelf/law.js`` is the same table, written by
``python -m provenance.pack.bundle.law``, for the phone.

A row says of an act:

    by      who may say it; one of these is enough
    makes   members of the event that name the lots it begins or pours into
    uses    members that name the lots it makes these from
    moves   it passes coffee on: whom it names may have held it from then on
    aside   it may concern another part of a lot than the one in this bag: a page need not show it
    about   it speaks of another event, and belongs beside that one
"""

Row = dict[str, object]

OVERSIGHT = ["auditor", "officer", "operator"]
"""Roles that only the operator gives."""

QUANTITIES = ["quantityList"]
OUT = ["outputQuantityList"]
IN = ["inputQuantityList"]

LAW: dict[str, Row] = {
    "genesis": {"by": ["operator"]},
    "register_party": {"by": ["operator", "guardian named"]},
    "register_site": {"by": ["own"]},
    "register_plot": {"by": ["own"]},
    "register_key": {"by": ["own"]},
    "revoke_key": {"by": ["own"]},
    "erased": {"by": ["operator", "officer"]},
    "index": {"by": ["first key"]},
    "succession": {"by": ["operator"]},
    "harvest": {"by": ["site", "guardian"], "makes": QUANTITIES, "moves": True},
    "dispatch": {"by": ["site", "holder"], "moves": True, "aside": True},
    "receive": {
        "by": ["addressee"],
        "makes": ["coffee:into", "coffee:begins"],
        "uses": QUANTITIES,
        "moves": True,
        "aside": True,
    },
    "refuse": {"by": ["addressee"], "moves": True, "aside": True},
    "transfer_title": {"by": ["site", "holder"], "moves": True, "aside": True},
    "close": {"by": ["site", "holder"]},
    "process": {"by": ["site", "holder"], "makes": OUT, "uses": IN, "moves": True, "aside": True},
    "split": {"by": ["site", "holder"], "makes": OUT, "uses": IN, "moves": True, "aside": True},
    "pack": {"by": ["site", "holder"], "makes": OUT, "uses": IN, "moves": True, "aside": True},
    "grade": {"by": ["holder", "auditor"]},
    "sample": {
        "by": ["site", "holder"],
        "makes": ["coffee:sampleLot"],
        "uses": QUANTITIES,
        "moves": True,
        "aside": True,
    },
    "attach_document": {"by": ["holder", "auditor"]},
    "sell": {"by": ["site", "holder"], "aside": True},
    "dispose": {"by": ["site", "holder"], "aside": True},
    "recall": {"by": ["holder"]},
    "lift_recall": {"by": ["signer"]},
    "correct": {"by": ["signer"], "about": True},
    "pay": {"by": ["holder"], "aside": True},
    "confirm": {"by": ["concerned"], "about": True},
    "contest": {"by": ["concerned"], "about": True},
    "certify": {"by": ["auditor"]},
    "withdraw": {"by": ["signer"]},
}
