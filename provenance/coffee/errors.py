"""What can be wrong with a statement, told in the words of the person who made it."""


class CoffeeError(ValueError):
    """Base of every refusal in this package; ``str()`` of it is a sentence for the person at the form."""

    def __init__(self, message: str, *, field: str = "") -> None:
        super().__init__(message)
        self.field = field


class MalformedAct(CoffeeError):
    """An act or its EPCIS event breaks the closed vocabulary; ``field`` names the part that does."""


class LinesDoNotAddUp(MalformedAct):
    """Inputs + gains differ from outputs + losses; the message states the difference in kilograms."""


class MalformedStatement(CoffeeError):
    """The signed envelope is not in its one written form."""


class BadDisclosure(CoffeeError):
    """A disclosure does not belong to the statement, or to the field, it is shown with."""


class NotAuthorised(CoffeeError):
    """The signer may not say this about that lot, site or party."""


class UnknownIdentifier(CoffeeError):
    """An identifier is not in the form its standard gives it, or its check digit is wrong."""
