from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """
    Somebody who logs in. What they may do stands in their memberships, not here.

    No telephone, no address, no photograph: what is not kept cannot leak. A farmer's real name belongs to the trail's
    sealed disclosures, where it can be erased.
    """


class Membership(models.Model):
    """
    One row for each role a person has in a party.

    The party is named by its URI, not by a foreign key: parties are projections of the trail and may be rebuilt at any
    time, while a membership is this site's own decision and stays.
    """

    class Role(models.TextChoices):
        FARMER = "farmer", "farmer"
        COLLECTOR = "collector", "collector"
        STATION = "station", "washing station"
        MILL = "mill", "mill"
        EXPORTER = "exporter", "exporter"
        IMPORTER = "importer", "importer"
        ROASTER = "roaster", "roaster"
        AUDITOR = "auditor", "auditor"
        OFFICER = "officer", "officer"
        OPERATOR = "operator", "operator"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    party_uri = models.CharField("party", max_length=200)
    role = models.CharField(max_length=12, choices=Role.choices)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "party_uri", "role"],
                name="membership_once",
                violation_error_message="This person already has this role in this party.",
            ),
            # A role outside the list would silently mean "no rights" at every door.
            models.CheckConstraint(
                condition=models.Q(
                    role__in=[
                        "farmer",
                        "collector",
                        "station",
                        "mill",
                        "exporter",
                        "importer",
                        "roaster",
                        "auditor",
                        "officer",
                        "operator",
                    ]
                ),
                name="membership_role_known",
            ),
        ]
        indexes = [
            # Who works for this party: the admin's search and the notices to a party's people.
            models.Index(fields=["party_uri"], name="membership_party"),
        ]

    def __str__(self) -> str:
        return f"{self.user} is {self.get_role_display()} of {self.party_uri}"
