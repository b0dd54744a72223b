"""
Pictures and papers: made clean, stored sealed, tied to the statement that names them, shown to who may see them.

    cleaning  what may be kept of a file that somebody sends
    taking    what a person has sent and not signed yet
    storing   where the bytes lie, sealed, and what is removed again
    tying     which files belong to an event, in the transaction that records it
    showing   which pictures a page may show, and their bytes, checked against what was signed
"""
