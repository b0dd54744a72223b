from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from rest_framework.throttling import BaseThrottle

from provenance.members.attempts import Attempts


class LimitedLogIn(AuthenticationForm):
    """Bears only so many wrong guesses; after them even the right password has to wait."""

    def clean(self) -> dict[str, Any]:
        attempts = Attempts(self.cleaned_data.get("username", ""), self._address())
        if attempts.used_up():
            raise ValidationError("This was tried too often. Wait a quarter of an hour, then try again.")
        try:
            return super().clean()
        except ValidationError:
            attempts.failed()
            raise

    def _address(self) -> str:
        # The API counts by the same address: it knows how many proxies stand before the site.
        return BaseThrottle().get_ident(self.request) if self.request else ""


class LogInForm(LimitedLogIn):
    """Says what to do, and not whether the name or the password was wrong."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": (
            "This name and this password do not belong together. Look at capital and small letters, and try again. "
            "Who gave you the log-in can give you a new password."
        ),
    }
