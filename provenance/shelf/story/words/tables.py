"""The trade's words for what the trail says in codes."""

from django.utils.translation import gettext_lazy as _

from provenance.coffee.evidence import Grade, Reason

FORMS = {
    "CHERRY": _("cherry"),
    "FLOATERS": _("floaters"),
    "DRIED_CHERRY": _("dried cherry"),
    "WET_PARCHMENT": _("wet parchment"),
    "DRY_PARCHMENT": _("dry parchment"),
    "WET_GREEN": _("wet green coffee"),
    "GREEN_UNGRADED": _("green coffee, not graded yet"),
    "GREEN": _("green coffee"),
    "GREEN_DECAF": _("decaffeinated green coffee"),
    "ROASTED": _("roasted coffee"),
    "GROUND": _("ground coffee"),
    "PACKED": _("coffee in bags"),
    "PULP": _("pulp"),
    "PARCHMENT_HUSK": _("parchment husk"),
    "CHERRY_HUSK": _("cherry husk"),
    "TRIAGE": _("triage"),
    "CHAFF": _("chaff"),
    "SWEEPINGS": _("sweepings"),
}

STEPS = {
    "sort_cherry": _("{who} sorted the cherry"),
    "pulp": _("{who} pulped the cherry"),
    "wash": _("{who} fermented and washed the parchment"),
    "dry_parchment": _("{who} dried the parchment"),
    "wash_and_dry": _("{who} washed and dried the coffee"),
    "honey": _("{who} dried the coffee in its honey"),
    "natural": _("{who} dried the cherry whole"),
    "hull_natural": _("{who} hulled the dried cherry"),
    "hull_washed": _("{who} hulled the parchment"),
    "wet_hull": _("{who} hulled the parchment wet"),
    "dry_green": _("{who} dried the green coffee"),
    "sort_green": _("{who} sorted and graded the green coffee"),
    "cherry_to_green": _("{who} made green coffee from cherry"),
    "store": _("{who} stored the coffee"),
    "blend": _("{who} blended the coffee"),
    "decaf": _("{who} took the caffeine out"),
    "roast": _("{who} roasted the coffee"),
    "grind": _("{who} ground the coffee"),
}

# Steps as works, where nobody is named who does them.
WORKS = {
    "cherry_to_green": _("from cherry to green coffee"),
    "hull_natural": _("hulling of dried cherry"),
    "dry_parchment": _("drying of parchment"),
    "hull_washed": _("hulling of parchment"),
    "sort_green": _("sorting of green coffee"),
    "roast": _("roasting"),
}

# What stands before the variety: "Washed Caturra".
PROCESSES = {
    "washed": _("Washed"),
    "natural": _("Natural"),
    "honey": _("Honey"),
    "wet-hulled": _("Wet-hulled"),
    "anaerobic": _("Anaerobic"),
}

SPECIES = {
    "arabica": _("Arabica"),
    "robusta": _("Robusta"),
    "liberica": _("Liberica"),
    "excelsa": _("Excelsa"),
    "racemosa": _("Racemosa"),
    "stenophylla": _("Stenophylla"),
    "eugenioides": _("Eugenioides"),
}

ROLES = {
    "farmer": _("a farmer"),
    "collector": _("a collector"),
    "station": _("a washing station"),
    "mill": _("a mill"),
    "exporter": _("an exporter"),
    "importer": _("an importer"),
    "roaster": _("a roaster"),
    "warehouse": _("a warehouse"),
    "shop": _("a shop"),
    "laboratory": _("a laboratory"),
    "auditor": _("an auditor"),
    "officer": _("an officer"),
    "operator": _("the operator of this site"),
}

SITES = {
    "farm": _("a farm"),
    "collection_point": _("a collection point"),
    "washing_station": _("a washing station"),
    "dry_mill": _("a dry mill"),
    "warehouse": _("a warehouse"),
    "port": _("a port"),
    "roastery": _("a roastery"),
    "shop": _("a shop"),
    "laboratory": _("a laboratory"),
}

LOSSES = {
    "water": _("water"),
    "mucilage": _("mucilage"),
    "roast_gas": _("water and gases of roasting"),
    "spillage": _("spilled"),
    "sample": _("samples"),
    "reject": _("rejected"),
    "theft": _("stolen"),
    "weighing_difference": _("difference between two scales"),
    "unexplained": _("not explained"),
}

GRADES = {
    Grade.BOTH_SIDES: _("Both sides say so"),
    Grade.INSTRUMENT: _("An instrument measured it"),
    Grade.THIRD_PARTY: _("A third party checked it"),
    Grade.ONE_SIDE: _("One side says so"),
    Grade.NOBODY: _("Nobody says so"),
}

# There is no other side to ask.
OWN_WORK = _("Said by the one who did it")

WHY = {
    Reason.UNCONFIRMED: _("the other side has not confirmed it"),
    Reason.DISPUTED: _("the key was revoked, and what it signed then is disputed"),
    Reason.NOT_RECORDED: _("what came before is not recorded"),
    Reason.CORRECTED: _("its signer took it back"),
}

BOTH_BUT = {
    Reason.ONE_INSTALLATION: _("Both sides say so, but one operator holds both keys"),
    Reason.SERVER_KEY: _("Both sides say so, but the operator holds the key of one"),
    Reason.KEY_BY_OTHER: _("Both sides say so, but one registered the key of the other"),
}

FLAGS = {
    "above_ceiling": _("{kg} more came out than this step can give: that part counts as of unknown origin."),
    "above_usual": _("More came out than this step usually gives."),
    "below_usual": _("Less came out than this step usually gives."),
    "step_unusual": _("These forms of coffee do not usually go into, or come out of, this step."),
    "close_differs": _("The seal of the day’s lot states something else than was poured into it: {kg} differ."),
    "pool": _("It was poured onto {kg} that were still there: a mixed store."),
    "form_differs": _("It was poured into a lot of another form."),
    "shortfall": _("{kg} more were used than anybody had said were there."),
}

# What the same flags say of coffee that was handed over, and not made into something else.
FLAGS_OF_RECEIPTS = {
    "above_ceiling": _("{kg} more were weighed than had been sent: that part counts as of unknown origin."),
    "above_usual": _("{kg} more were weighed than had been sent."),
    "below_usual": _("{kg} less were weighed than had been sent."),
}

REASONS = {
    "quality": _("its quality"),
    "weight": _("its weight"),
    "moisture": _("its moisture"),
    "documents": _("its papers"),
    "not_ordered": _("it was not ordered"),
    "contamination": _("contamination"),
    "foreign_body": _("something is in the coffee that does not belong there"),
    "allergen": _("an allergen"),
    "labelling": _("a wrong label"),
    "other": _("another reason"),
    "spoiled": _("it spoiled"),
    "contaminated": _("contamination"),
    "expired": _("it is too old"),
    "composted": _("it was composted"),
    "theft": _("it was stolen"),
}

CORRECTED = {"did_not_occur": _("it did not happen"), "incorrect_data": _("a figure was wrong")}

DOCUMENTS = {
    "certificate": _("a certificate"),
    "contract": _("a contract"),
    "dds": _("a due diligence statement"),
    "ico_certificate": _("an ICO certificate of origin"),
    "cupping_report": _("a cupping report"),
    "photo": _("a photograph"),
    "invoice": _("an invoice"),
    "other": _("a document"),
}

# A statement as a thing that somebody can take back, confirm or contest.
NOUNS = {
    "harvest": _("a harvest"),
    "dispatch": _("a dispatch"),
    "receive": _("a receipt"),
    "refuse": _("a refusal"),
    "transfer_title": _("a change of owner"),
    "close": _("the seal of a day’s lot"),
    "process": _("a step of making"),
    "split": _("a division"),
    "pack": _("a packing"),
    "grade": _("an examination"),
    "sample": _("a sample"),
    "attach_document": _("a document"),
    "sell": _("a sale"),
    "dispose": _("a disposal"),
    "recall": _("a recall"),
    "lift_recall": _("the end of a recall"),
    "pay": _("a payment"),
    "confirm": _("a confirmation"),
    "contest": _("a contest"),
    "certify": _("a certificate"),
    "withdraw": _("the end of a certificate"),
}

FIELDS = {
    "name": _("name"),
    "owner_name": _("the owner’s name"),
    "phone": _("telephone"),
    "place": _("place"),
    "plot": _("boundary of the plot"),
    "producer": _("producer"),
    "counterparty": _("trading partner"),
    "buyer": _("buyer"),
    "mill": _("mill"),
    "price": _("price"),
    "recipe": _("recipe"),
    "lot_number": _("own lot number"),
    "ico_mark": _("ICO mark"),
    "photo": _("photograph"),
    "note": _("note"),
    "entered": _("figures as entered"),
    "source_row": _("row of the file"),
    "words": _("in their own words"),
    "payee": _("who was paid"),
    "amount": _("amount"),
    "certificate": _("number of the certificate"),
}

MEASURED = {
    "score_centi": _("cup score"),
    "aroma_centi": _("aroma"),
    "flavour_centi": _("flavour"),
    "aftertaste_centi": _("aftertaste"),
    "acidity_centi": _("acidity"),
    "body_centi": _("body"),
    "balance_centi": _("balance"),
    "uniformity_centi": _("uniformity"),
    "clean_cup_centi": _("clean cup"),
    "sweetness_centi": _("sweetness"),
    "overall_centi": _("overall impression"),
    "moisture_permille": _("moisture"),
    "screen_15_up_permille": _("screen 15 and above"),
    "peaberry_permille": _("peaberry"),
    "water_activity_milli": _("water activity"),
    "density_g_per_l": _("density"),
    "defects": _("defects"),
    "primary_defects": _("primary defects"),
    "secondary_defects": _("secondary defects"),
    "quakers": _("quakers"),
    "agtron": _("roast colour (Agtron)"),
}

BASES = {"weighed": _("weighed"), "computed": _("computed"), "estimated": _("estimated")}

UNITS = {"P1": _("{figure} %"), "GL": _("{figure} g/l")}

CONTESTED = {
    "weight": _("the weight is wrong"),
    "quality": _("the quality is wrong"),
    "price": _("the price is wrong"),
    "not_paid": _("it was not paid"),
    "not_mine": _("it was not theirs"),
    "did_not_happen": _("it did not happen"),
    "date": _("the date is wrong"),
    "place": _("the place is wrong"),
    "claim": _("what is claimed is wrong"),
    "other": _("it is not so"),
}

PAYMENTS = {
    "advance": _("an advance"),
    "first": _("a first payment"),
    "second": _("a second payment"),
    "bonus": _("a bonus"),
    "premium": _("a premium"),
    "dividend": _("a dividend"),
    "deduction": _("a deduction"),
    "loan_repayment": _("a loan’s repayment"),
}

CHAINS = {
    "identity_preserved": _("kept apart, farm by farm"),
    "segregated": _("kept apart from other coffee"),
    "mass_balance": _("mass balance: the certified coffee need not be in this bag"),
}
