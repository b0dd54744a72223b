from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from provenance.trail.services import registry
from provenance.trail.services.closure import closure
from provenance.trail.tests import story
from provenance.trail.tests.story import ALMAZ, CHERRY, PARTY, act

pytestmark = pytest.mark.django_db


def test_the_operator_of_a_lots_past_is_the_one_whom_genesis_names(log):
    """Another party may be registered as an operator too: that gives it no right over this log."""
    deputy = PARTY + "deputy"
    registry.register_party(kind="organisation", roles=("operator",), name="Deputy", party=deputy)
    act(ALMAZ, story.harvest())
    act(ALMAZ, replace(story.dispatch(), to_party=deputy, to_site=None))

    books = closure([CHERRY]).books

    assert {uri for uri, party in books.parties.items() if "operator" in party.roles} == {deputy}
    assert books.operator == log.operator


@pytest.mark.parametrize("down", [False, True])
def test_a_trace_reads_what_its_lots_lead_to_and_never_all_that_was_said(log, down):
    """Tables that grow with every statement are entered by key: a scan takes seconds in a log of a million."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL plans by what it has counted, and scans what is small")
    act(ALMAZ, story.harvest())
    with CaptureQueriesContext(connection) as captured:
        closure([CHERRY], down=down)
    [query] = captured.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
        steps = [row[3] for row in cursor.fetchall()]

    # The aliases of events, subjects, leaves, lots, edges and handovers in the query.
    scanned = [step for step in steps if step.split()[0] == "SCAN" and step.split()[1] in "vsflehg"]
    assert len(steps) > 20
    assert scanned == []
