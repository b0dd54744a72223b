"""Why a call to another server brought no answer. ``str(error)`` is a sentence for the operator."""


class OutsideError(Exception):
    """
    The call brought no answer that may be used.

    ``asked``: whether the request may have reached the other server all the same. Where not, nothing was sent.
    """

    asked = False


class Refused(OutsideError):
    """Our own rules forbid the call or its answer; trying again changes nothing."""


class Unreachable(OutsideError):
    """The network or the other server failed; it may work later."""
