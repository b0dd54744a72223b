from django.contrib.auth.forms import AuthenticationForm


class LogInForm(AuthenticationForm):
    """Says what to do, and not whether the name or the password was wrong."""

    error_messages = {
        **AuthenticationForm.error_messages,
        "invalid_login": (
            "This name and this password do not belong together. Look at capital and small letters, and try again. "
            "Who gave you the log-in can give you a new password."
        ),
    }
