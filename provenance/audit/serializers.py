"""What may be asked of the list of events, and how it is refused."""

from rest_framework import serializers

from provenance.coffee.acts import ACTS, REGISTRY_ACTS

EVENT_ACTS = sorted(ACTS.keys() - REGISTRY_ACTS)


class EventQuery(serializers.Serializer):
    """Filters and cursor of ``GET /api/events``."""

    lot = serializers.CharField(required=False, max_length=200, help_text="URI of a lot that the event names.")
    party = serializers.CharField(required=False, max_length=200, help_text="URI of a party that the event names.")
    site = serializers.CharField(required=False, max_length=200, help_text="URI of a site that the event names.")
    act = serializers.ChoiceField(EVENT_ACTS, required=False, help_text="What happened, in our word.")
    since = serializers.DateTimeField(required=False, help_text="Recorded at or after this time.")
    until = serializers.DateTimeField(required=False, help_text="Recorded before this time.")
    after = serializers.UUIDField(required=False, help_text="The cursor: id of the last event of the page before.")
    limit = serializers.IntegerField(required=False, min_value=1, max_value=500, default=100)


class TrailQuery(serializers.Serializer):
    """Which way to follow a lot."""

    direction = serializers.ChoiceField(["up", "down"], default="up", help_text="up: made from; down: made into.")
    uri = serializers.CharField(
        required=False, max_length=200, help_text="The lot's URI, where its code is not enough."
    )
