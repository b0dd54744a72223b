"""A cooperative enrols a grower."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password

from farms import words
from farms.forms.base import AskForm
from farms.forms.land import country_field, readers_field
from provenance.members.models import User


class EnrolForm(AskForm):
    """Who it is. The password is asked for last, on the page that reads this back, and never travels in a page."""

    name = forms.CharField(
        max_length=100,
        label="What is the grower called?",
        help_text="The name is sealed: it never stands in the signed words, and can be erased.",
    )
    readers = readers_field("Who may read the name?", "Ask the grower.")
    country = country_field()
    username = forms.CharField(
        label="Log-in name",
        max_length=150,
        help_text="Letters, digits and . _ - only. It need not be the real name.",
        validators=[User.username_validator],
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "none"}),
    )

    def clean_username(self) -> str:
        username: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError("Somebody has this log-in name already. Choose another.")
        return username

    def facts(self) -> list[tuple[str, str]]:
        answers = self.cleaned_data
        readers = dict(self.fields["readers"].choices)[answers["readers"]]
        return [
            ("Name", answers["name"]),
            ("Who may read it", readers),
            ("Country", words.country(answers["country"])),
            ("Log-in name", answers["username"]),
        ]


class PasswordForm(AskForm):
    """The grower types it, not the officer."""

    password = forms.CharField(
        label="Password",
        strip=False,
        help_text="Hand the phone to the grower: at least 10 characters, known to nobody else.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any = None, *, username: str = "") -> None:
        self.username = username
        super().__init__(data)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(username=self.username))
        return password
