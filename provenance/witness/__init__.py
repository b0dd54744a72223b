"""
A witness (C2SP tlog-witness): remembers how far it saw each log grow, and cosigns nothing that contradicts it.

It knows checkpoints and proofs, and no coffee. It runs beside a trail or, with ``WITNESS_ONLY=true``, alone.
"""
