"""Why a check ends early: it does not match, or it could not be found out. Codes, whose words are a page's."""


class Outcome(Exception):
    """``code`` and its parameters; the words for them are in ``shelf/proving/words.py``."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


class Mismatch(Outcome):
    """Something contradicts what was signed, proved or seen earlier."""


class Unchecked(Outcome):
    """It could not be found out."""
