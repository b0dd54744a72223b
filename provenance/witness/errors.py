"""What a witness refuses: each refusal with the status that C2SP tlog-witness gives it, and a sentence."""


class WitnessError(Exception):
    """``str(error)`` is a sentence for the reader."""


class Refusal(WitnessError):
    """An add-checkpoint request that is answered with an error status and no cosignature."""

    status = 500
    content_type = "text/plain; charset=utf-8"

    @property
    def body(self) -> str:
        return f"{self}\n"


class Malformed(Refusal):
    """Not in the form of an add-checkpoint request, or its old size is beyond the checkpoint's."""

    status = 400


class TooLong(Refusal):
    """More bytes than any add-checkpoint request has."""

    status = 413


class NotSigned(Refusal):
    """No key that the operator trusts for this log has signed the checkpoint."""

    status = 403


class UnknownLog(Refusal):
    """The operator does not watch this log."""

    status = 404


class Succeeded(UnknownLog):
    """A later log of the same series was cosigned here: this one has ended."""


class OtherSize(Refusal):
    """The old size is not that of the latest checkpoint cosigned, which is told."""

    status = 409
    content_type = "text/x.tlog.size"

    def __init__(self, size: int) -> None:
        super().__init__(f"The latest cosigned size is {size}.")
        self.size = size

    @property
    def body(self) -> str:
        return f"{self.size}\n"


class Contradicts(Refusal):
    """The same size with another root than the one cosigned: the log has two histories."""

    status = 409


class NotConsistent(Refusal):
    """The proof does not lead from the latest checkpoint cosigned to this one."""

    status = 422


class NotReady(Refusal):
    """The witness itself cannot sign just now."""

    status = 503
