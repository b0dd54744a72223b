"""
The closed vocabulary of acts: what somebody can say happened to coffee.

An act is what a form, an import or a phone produces; ``epcis`` turns it into the EPCIS 2.0 event that is signed,
and back. Every quantity is an integer of milligrams, every time carries its offset, every reference is a URI.
What is personal or commercial never stands in an act: it travels beside it as a withheld field (``statement``).
"""

from provenance.coffee.acts.base import (
    MG_PER_KG,
    NOTHING_SAID,
    Act,
    Attributes,
    Basis,
    Difference,
    FileRow,
    Form,
    LossKind,
    LotMass,
    NewLot,
    check_lines,
)
from provenance.coffee.acts.ending import Dispose, LiftRecall, Recall, Sell
from provenance.coffee.acts.looking import AttachDocument, Grade, Sample
from provenance.coffee.acts.making import Close, Pack, Process, Split
from provenance.coffee.acts.money import Pay
from provenance.coffee.acts.movement import Dispatch, Harvest, Receive, Refuse, TransferTitle
from provenance.coffee.acts.registry import (
    Erased,
    Genesis,
    Index,
    RegisterKey,
    RegisterParty,
    RegisterPlot,
    RegisterSite,
    RevokeKey,
    Succession,
)
from provenance.coffee.acts.voice import Certify, Confirm, Contest, Correct, Withdraw

__all__ = [
    "ACTS",
    "LOG_ACTS",
    "MG_PER_KG",
    "NOTHING_SAID",
    "REGISTRY_ACTS",
    "Act",
    "AttachDocument",
    "Attributes",
    "Basis",
    "Certify",
    "Close",
    "Confirm",
    "Contest",
    "Correct",
    "Difference",
    "Dispatch",
    "Dispose",
    "Erased",
    "FileRow",
    "Form",
    "Genesis",
    "Grade",
    "Harvest",
    "Index",
    "LiftRecall",
    "LossKind",
    "LotMass",
    "NewLot",
    "Pack",
    "Pay",
    "Process",
    "Recall",
    "Receive",
    "Refuse",
    "RegisterKey",
    "RegisterParty",
    "RegisterPlot",
    "RegisterSite",
    "RevokeKey",
    "Sample",
    "Sell",
    "Split",
    "Succession",
    "TransferTitle",
    "Withdraw",
    "check_lines",
]

ACTS: dict[str, type[Act]] = {
    act.name: act
    for act in (
        Genesis,
        RegisterParty,
        RegisterSite,
        RegisterPlot,
        RegisterKey,
        RevokeKey,
        Erased,
        Index,
        Succession,
        Harvest,
        Dispatch,
        Receive,
        Refuse,
        TransferTitle,
        Close,
        Process,
        Split,
        Pack,
        Grade,
        Sample,
        AttachDocument,
        Sell,
        Dispose,
        Recall,
        LiftRecall,
        Pay,
        Confirm,
        Contest,
        Certify,
        Withdraw,
        Correct,
    )
}

REGISTRY_ACTS = frozenset(
    {
        "genesis",
        "register_party",
        "register_site",
        "register_plot",
        "register_key",
        "revoke_key",
        "erased",
        "index",
        "succession",
    }
)
# What the log says about itself: no door takes these in.
LOG_ACTS = frozenset({"genesis", "index", "succession"})
