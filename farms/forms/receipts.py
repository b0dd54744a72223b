"""What is typed about receipts: a code and the figures of a paper, and the telephone that texts go to."""

from decimal import Decimal

from django import forms

from farms.forms.base import AskForm
from farms.forms.fields import NumberField
from farms.services.plans import Refused
from farms.services.telephones import read_number
from provenance.coffee.acts import MG_PER_KG
from provenance.coffee.check_code import read_check_code
from provenance.coffee.errors import UnknownIdentifier


class CodeForm(AskForm):
    code = forms.CharField(
        label="Check code",
        max_length=40,
        help_text="It stands under the square: 13 letters and digits, like 0123-4567-89ABT.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "class": "big"}),
    )

    def clean_code(self) -> str:
        try:
            return read_check_code(self.cleaned_data["code"])
        except UnknownIdentifier as error:
            raise forms.ValidationError(f"{error} Look at it again, letter by letter.") from None


class PaperForm(AskForm):
    """What the paper says. The weight is compared to the gram."""

    weight = NumberField(label="How many kilograms does your paper say?", unit="kg", big=True)
    money = NumberField(
        label="Which price, or how much paid?",
        required=False,
        help_text="Leave it empty where your paper names none. Only the number, like 412.50.",
    )

    @property
    def mass_mg(self) -> int:
        return int(self.cleaned_data["weight"] * MG_PER_KG)

    @property
    def amount(self) -> Decimal | None:
        money: Decimal | None = self.cleaned_data["money"]
        return money


class TelephoneForm(AskForm):
    number = forms.CharField(
        label="Telephone for receipts",
        max_length=30,
        help_text="With its country, like +251 911 234 567. It is sealed, and can be erased.",
        widget=forms.TextInput({"type": "tel", "autocomplete": "off"}),
    )

    def clean_number(self) -> str:
        try:
            return read_number(self.cleaned_data["number"])
        except Refused as error:
            raise forms.ValidationError(str(error)) from None
