"""Transparency log: Merkle tree, signed notes, checkpoints, witnesses and proofs, after RFC 6962 and C2SP.

Plain values in, plain values out: nothing here knows of a database, of HTTP or of coffee. Every refusal is a
:class:`provenance.tlog.errors.TlogError`.
"""
