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


class StatementsQuery(serializers.Serializer):
    """Which leaves of a log."""

    to = serializers.IntegerField(
        required=False, min_value=0, help_text="The leaf to end before; without it, all that is released."
    )

    def get_fields(self) -> dict[str, serializers.Field]:
        # No attribute of a class can be called "from".
        first = serializers.IntegerField(default=0, min_value=0, help_text="Index of the first leaf.")
        return {"from": first, **super().get_fields()}


class StandingAnswer(serializers.Serializer):
    """How far an event has come, as this server says; the proof proves it."""

    state = serializers.ChoiceField(["recorded", "published", "witnessed"], help_text="In the words of the trail.")
    index = serializers.IntegerField(allow_null=True, help_text="Its leaf in the log, once it is published.")
    witnessed_by = serializers.ListField(child=serializers.CharField(), help_text="Who first vouched for its place.")
    witnessed_at = serializers.DateTimeField(allow_null=True, help_text="When the last of them first did.")
