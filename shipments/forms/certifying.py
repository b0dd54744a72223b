"""Certify lots, a place or a party, and withdraw that. For auditors."""

from typing import Any

from django import forms
from django.urls import reverse

from provenance.coffee import words as closed
from provenance.trail.models import Event, Site
from shipments import words
from shipments.forms.base import ActForm
from shipments.forms.fields import reason_choices
from shipments.services import certifying
from shipments.services.desk import Desk, Role
from shipments.services.plans import Plan, Refused

DAY = {"type": "date"}


class CertifyingForm(ActForm):
    roles = (Role.AUDITOR,)
    window = ("admin:shipments_issuedcertificate_changelist", "Certificates")

    @classmethod
    def afterwards(cls, event: Event) -> str:
        return reverse(cls.window[0])


class CertifyForm(CertifyingForm):
    slug = "certify"
    title = "Certify"
    sign = "Sign the certificate"
    intro = (
        "You say that lots, a place or a business keep to a scheme. Everybody reads it on the coffee’s page, with your "
        "name, for as long as it holds. The number is sealed."
    )

    lots = forms.CharField(
        label="Lots",
        required=False,
        max_length=8_000,
        help_text="Their codes, one a line.",
        widget=forms.Textarea({"rows": 3}),
    )
    whole = forms.ChoiceField(label="Or a place or business as a whole", required=False)
    address = forms.CharField(
        label="Or a grower or farm by its address",
        required=False,
        max_length=200,
        help_text="As it stands on the trail: https://…",
        widget=forms.URLInput({"size": 60}),
    )
    scheme = forms.CharField(max_length=60, help_text="For example organic, Fairtrade.")
    chain = forms.ChoiceField(
        label="How the coffee is kept",
        choices=reason_choices(closed.CHAIN_MODELS, words.CHAINS.__getitem__),
        help_text="Mass balance says nothing of what is in a bag.",
    )
    valid_from = forms.DateField(widget=forms.DateInput(DAY))
    valid_to = forms.DateField(label="Valid until", widget=forms.DateInput(DAY))
    number = forms.CharField(label="Number of the certificate", max_length=60)

    def prepare(self) -> None:
        businesses = self.desk.businesses
        sites = Site.objects.filter(party__uri__in=businesses).order_by("event").values_list("uri", "party__uri")
        self.desk.learn(uri for uri, _ in sites)
        self.fields["whole"].choices = [  # type: ignore[attr-defined]
            ("", "—"),
            ("Businesses", [(uri, self.desk.name(uri)) for uri in businesses]),
            ("Places", [(uri, f"{self.desk.name(uri)} · {self.desk.name(party)}") for uri, party in sites]),
        ]

    def clean(self) -> None:
        given = [name for name in ("lots", "whole", "address") if (self.cleaned_data.get(name) or "").strip()]
        if len(given) != 1:
            self.add_error(given[1] if given else "lots", "Say what it is about: lots, or a place, or a business.")
            return
        try:
            self.about = certifying.about(given[0], self.cleaned_data[given[0]])
        except Refused as error:
            self.tell(error)

    @property
    def sealed(self) -> list[tuple[str, str]]:
        return [("Number of the certificate", self.cleaned_data["number"])]

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return certifying.certify(
            party=self.desk.party,
            at=answers["at"],
            scheme=answers["scheme"],
            chain=answers["chain"],
            valid_from=answers["valid_from"],
            valid_to=answers["valid_to"],
            number=answers["number"],
            note=answers["note"],
            **self.about,
        )


class WithdrawForm(CertifyingForm):
    slug = "withdraw"
    title = "Withdraw a certificate"
    sign = "Sign: it holds no longer"
    intro = "The certificate and its end both stay on the trail. The coffee’s page shows it no longer."
    about = "certificate"

    since = forms.DateField(label="Holds no longer from", widget=forms.DateInput(DAY))
    reason = forms.ChoiceField(choices=reason_choices(closed.WITHDRAW_REASONS, words.reason))

    @classmethod
    def find(cls, desk: Desk, ref: str) -> Any:
        return certifying.standing(desk.party).filter(uuid=ref).first()

    @property
    def answers_to(self) -> str:
        return certifying.told(self.subject, self.desk.name)

    def plan(self) -> Plan:
        answers = self.cleaned_data
        return certifying.withdraw(
            party=self.desk.party,
            at=answers["at"],
            certificate=self.subject,
            since=answers["since"],
            reason=answers["reason"],
            note=answers["note"],
        )
