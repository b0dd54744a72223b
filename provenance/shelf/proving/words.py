"""
All that the phone's check says, in one place: ``verify.js`` answers codes, the page brings the words for them.

``outcome`` frames a sentence, ``step`` names where something does not match, ``code`` says why; ``vouched`` tells who
stands behind a check that went well. What stands in braces is put in by ``page.js``: numbers and dates as the reader's
language writes them.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

WORDS: dict[str, str | Promise] = {
    "checking": _("Checking on your phone…"),
    "outcome.checked": _("Checked on your phone just now: {reason}."),
    "outcome.mismatch": _("Does not match: {step}: {reason}."),
    "outcome.unchecked": _("Could not check: {reason}."),
    "save": _("Save both checkpoints: together they prove it"),
    # --- where ---
    "step.genesis": _("the log’s first entry"),
    "step.checkpoint": _("the log’s checkpoint"),
    "step.witnesses": _("the log’s witnesses"),
    "step.statement": _("entry {index} of the log"),
    "step.index": _("what was left out"),
    "step.page": _("this page"),
    # --- what was found, where all is well ---
    "code.checked": _("{statements} signed statements, none changed and none left out; {vouched}"),
    "code.checked_anew": _(
        "{statements} signed statements, none changed and none left out since entry {first}, where the log was begun "
        "anew; of what is older the operator alone says so; {vouched}"
    ),
    "vouched.witnessed": _("witnessed by {names} on {at} UTC"),
    "vouched.none": _("no witness is asked for, so the operator alone says that there is one history"),
    "vouched.not_yet": _("not witnessed yet, so the operator alone says that there is one history"),
    "vouched.beyond": _("not witnessed yet, or by {names} only, whose ML-DSA a browser cannot check"),
    # --- why it could not be checked ---
    "code.not_arrived": _("the statements did not arrive (no network?)"),
    "code.no_file": _("this is not a proof file, or it did not arrive whole"),
    "code.no_crypto": _("this browser offers no cryptography here (it needs https)"),
    "code.bundle_form": _("the answer is not one that this page can read"),
    "code.not_published": _("nothing of this is in the log yet; look again in a minute"),
    "code.waiting": _(
        "{waiting} of {statements} statements are recorded, but not yet in the log; look again in a minute"
    ),
    "code.not_indexed": _("the log has not shown yet that nothing was left out; look again in a minute"),
    "code.index_version": _("the log’s index is of a version that this page does not know"),
    "code.act_unknown": _("a statement is of a kind that this page does not know ({act})"),
    "code.growth_not_proved": _("the proof that the log only grew since your last visit did not arrive"),
    "code.entries_withheld": _("the log withholds entries that your phone saw before: it shows {size} of {remembered}"),
    "code.successor_withheld": _("the log withholds the one that succeeded it, which your phone saw before"),
    "code.policy_weaker": _(
        "the log asks for fewer or other witnesses than before, and those from before did not sign"
    ),
    "code.proof_withheld": _("the log has withheld proof since {since} UTC, when its witnesses last signed"),
    "code.page_old": _("this page is older than the log; load it again"),
    "code.copy_older": _(
        "this kept copy is older than what your phone saw of the log: it holds {size} of {remembered} entries"
    ),
    "code.broke_off": _("the check itself broke off on this browser"),
    # --- why it does not match ---
    "code.form": _("it is not written in the one form that it has to have"),
    "code.another_log": _("it belongs to another log"),
    "code.another_log_than_before": _("this is not the log that your phone saw before"),
    "code.another_history": _("the log shows another history than your phone saw before"),
    "code.checkpoint_unsigned": _("the log’s own key did not sign it"),
    "code.not_handed_over": _("its operator did not hand it over"),
    "code.cosignature": _("the witness {name} did not sign it"),
    "code.policy": _("the list of witnesses cannot be read"),
    "code.proof": _("its proof does not lead to the log’s checkpoint"),
    "code.stands_twice": _("it stands twice"),
    "code.key_unknown": _("its key is not registered in the log"),
    "code.key_of_another": _("its key belongs to somebody else"),
    "code.key_ended": _("its key had ended"),
    "code.key_weak": _("the key that it registers is weak or misnamed"),
    "code.key_taken": _("the key that it registers belongs to somebody already"),
    "code.key_pop": _("the key that it registers did not agree"),
    "code.signature": _("its signature is wrong"),
    "code.not_allowed": _("whoever signed it had no right to say it"),
    "code.not_registered": _("it speaks of somebody or somewhere that is not registered"),
    "code.registered_twice": _("it registers what was registered before"),
    "code.lot_of_another": _("it adds to a lot of somebody else"),
    "code.correction": _("it does not repeat what it takes back"),
    "code.disclosure": _("the field {name} that is shown is not the one that was signed"),
    "code.disclosure_form": _("a shown field cannot be read"),
    "code.lot_missing": _("a lot that it was made from is missing: {lot}"),
    "code.left_out": _("entry {leaf} of the log is missing"),
    "code.index_wrong": _("the index that the log signed denies its entry {leaf}"),
    "code.list_missing": _("the log’s list of {id} is missing"),
    "code.list_not_proved": _("the log’s list of {id} is not proved"),
    "code.bundle_of_another_log": _("its statements are of another log"),
    "code.page_of_another_lot": _("it is about another lot than the statements"),
    "code.page_step": _("“{title}” is not what was signed"),
    "code.page_says": _("“{text}” does not stand in what was signed ({title})"),
    "code.page_leaves_out": _("it leaves out entry {leaf} of the log"),
    "code.page_shows": _("“{text}” is not what was signed"),
}


def told() -> dict[str, str]:
    """The words in the language of the request."""
    return {key: str(text) for key, text in WORDS.items()}
