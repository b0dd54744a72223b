"""
Calls to other people's servers: witnesses, mirrors, the public face of our own log.

Addresses come from an operator's file, and still none may lead into the operator's own network (OWASP ASVS 5.0 15.3.2).
"""

from provenance.outside.calling import Answer, fetch, post
from provenance.outside.errors import OutsideError, Refused, Unreachable

__all__ = ["Answer", "OutsideError", "Refused", "Unreachable", "fetch", "post"]
