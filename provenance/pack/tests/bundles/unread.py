"""Bundles of which nothing can be said: never fraud."""

from provenance.pack.tests.bundles.cases import unchecked
from provenance.pack.tests.bundles.world import OTHER, WOTE, Case, cherry, honest, new_cherry


@unchecked("waiting", kept=True)
def not_in_the_log_yet() -> Case:
    log = cherry()
    log.index()
    log.state(WOTE, new_cherry(OTHER), logged=False)
    return {"bundle": log.bundle()}


@unchecked("not_published")
def nothing_published_yet() -> Case:
    return {"bundle": {**honest().bundle(), "checkpoint": None}}


@unchecked("not_published")
def no_statements() -> Case:
    return {"bundle": {**honest().bundle(), "statements": []}}


@unchecked("bundle_form")
def no_bundle_at_all() -> Case:
    return {"bundle": None}


@unchecked("bundle_form")
def an_error_page_instead() -> Case:
    return {"bundle": {"detail": "Not found."}}


@unchecked("bundle_form")
def a_bundle_of_a_later_version() -> Case:
    return {"bundle": {**honest().bundle(), "v": 4}}


@unchecked("bundle_form")
def a_bundle_of_an_earlier_version() -> Case:
    return {"bundle": {**honest().bundle(), "v": 2}}


@unchecked("bundle_form")
def a_place_that_is_no_whole_number() -> Case:
    bundle = honest().bundle()
    bundle["statements"][4]["index"] = 4.5
    return {"bundle": bundle}


@unchecked("bundle_form")
def a_statement_without_a_proof() -> Case:
    bundle = honest().bundle()
    del bundle["statements"][4]["path"]
    return {"bundle": bundle}


@unchecked("bundle_form")
def a_bundle_without_lists_of_the_index() -> Case:
    bundle = honest().bundle()
    del bundle["index"]
    return {"bundle": bundle}


@unchecked("bundle_form")
def a_list_instead() -> Case:
    return {"bundle": []}
