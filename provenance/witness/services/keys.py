"""The keys with which this installation cosigns: made once, sealed under the master key."""

from functools import lru_cache

from django.db import IntegrityError, transaction

from provenance.keyring import seal_secret, unseal_secret
from provenance.tlog.keys import (
    Ed25519Signer,
    KeyType,
    MLDSA44Signer,
    NamedSigner,
    VerifierKey,
    check_name,
    parse_vkey,
)
from provenance.witness.errors import WitnessError
from provenance.witness.models import WitnessKey

Role = WitnessKey.Role
Kind = WitnessKey.Kind

TYPES = {Kind.ED25519: KeyType.COSIGNATURE_ED25519, Kind.ML_DSA_44: KeyType.COSIGNATURE_MLDSA44}
SIGNERS = {Kind.ED25519: Ed25519Signer, Kind.ML_DSA_44: MLDSA44Signer}


def create(name: str, role: Role = Role.WITNESS) -> list[VerifierKey]:
    """Make a cosigner's two keys; raises ``WitnessError`` where it has some, ``MalformedKey`` for an unusable name."""
    check_name(name)
    made = [NamedSigner(name, TYPES[kind], SIGNERS[kind].generate()) for kind in Kind]
    try:
        with transaction.atomic():
            for kind, signer in zip(Kind, made, strict=True):
                WitnessKey.objects.create(
                    role=role,
                    kind=kind,
                    name=name,
                    vkey=signer.verifier.vkey,
                    sealed=seal_secret(signer.signer.seed, _bound_to(role, kind, name)),
                )
    except IntegrityError:
        holder = WitnessKey.objects.filter(role=role).values_list("name", flat=True).first()
        raise WitnessError(f"This installation is the {role} {holder} already. Its keys are never made anew.") from None
    return [signer.verifier for signer in made]


def verifiers(role: Role = Role.WITNESS) -> list[VerifierKey]:
    """The public halves, Ed25519 first; empty before ``create``."""
    return [
        parse_vkey(vkey)
        for vkey in WitnessKey.objects.filter(role=role).order_by("kind").values_list("vkey", flat=True)
    ]


def signers(role: Role = Role.WITNESS) -> list[NamedSigner]:
    """Who cosigns, Ed25519 first; empty before ``create``. Raises ``Unsealable``."""
    return [
        _open(role, key.kind, key.name, bytes(key.sealed))
        for key in WitnessKey.objects.filter(role=role).order_by("kind")
    ]


@lru_cache(maxsize=8)
def _open(role: str, kind: str, name: str, sealed: bytes) -> NamedSigner:
    seed = unseal_secret(sealed, _bound_to(role, kind, name))
    return NamedSigner(name, TYPES[Kind(kind)], SIGNERS[Kind(kind)](seed))


def _bound_to(role: str, kind: str, name: str) -> str:
    return f"{role} key {kind} {name}"
