from dataclasses import replace

import pytest

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
