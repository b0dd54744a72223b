"""The closed lists of words that acts may use, and the country codes of ISO 3166-1."""

PARTY_KINDS = frozenset({"person", "group", "organisation"})
ROLES = frozenset(
    {
        "farmer",
        "collector",
        "station",
        "mill",
        "exporter",
        "importer",
        "roaster",
        "warehouse",
        "shop",
        "laboratory",
        "auditor",
        "officer",
        "operator",
    }
)
SITE_KINDS = frozenset(
    {"farm", "collection_point", "washing_station", "dry_mill", "warehouse", "port", "roastery", "shop", "laboratory"}
)
CUSTODY = frozenset({"device", "server"})
ENTRIES_READERS = frozenset({"auditors", "public"})
REVOKE_REASONS = frozenset({"lost", "stolen", "replaced", "ended"})

SPECIES = frozenset({"arabica", "robusta", "liberica", "excelsa", "racemosa", "stenophylla", "eugenioides"})
REFUSE_REASONS = frozenset({"quality", "weight", "moisture", "documents", "not_ordered", "other"})
DISPOSE_REASONS = frozenset({"spoiled", "contaminated", "expired", "composted", "theft", "other"})
RECALL_REASONS = frozenset({"contamination", "foreign_body", "allergen", "labelling", "quality", "other"})
CORRECT_REASONS = frozenset({"did_not_occur", "incorrect_data"})
CONTEST_REASONS = frozenset(
    {"weight", "quality", "price", "not_paid", "not_mine", "did_not_happen", "date", "place", "claim", "other"}
)
CHAIN_MODELS = frozenset({"identity_preserved", "segregated", "mass_balance"})
WITHDRAW_REASONS = frozenset({"suspended", "breach", "ended", "error", "other"})
PAYMENT_KINDS = frozenset({"advance", "first", "second", "bonus", "premium", "dividend", "deduction", "loan_repayment"})
# Of these: what the payee does not get, but owed.
KEPT_BACK = frozenset({"deduction", "loan_repayment"})
DOCUMENT_KINDS = frozenset(
    {"certificate", "contract", "dds", "ico_certificate", "cupping_report", "photo", "invoice", "other"}
)

# ISO 3166-1 alpha-2, officially assigned codes.
_COUNTRY_CODES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR
    GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO
    JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR
    MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO
    RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV
    TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
    """
COUNTRIES = frozenset(_COUNTRY_CODES.split())
