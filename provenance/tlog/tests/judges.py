"""
Judges: each takes the code it judges and returns what the code got wrong, so that planted bugs can be put before the
same judges as the real thing.
"""

from base64 import b64decode
from types import ModuleType
from typing import Any

from provenance.tlog.errors import TlogError
from provenance.tlog.tests import reference
from provenance.tlog.tests.vectors import TESTDATA, hashes, load


def accepts(check: Any, *arguments: Any) -> bool:
    try:
        check(*arguments)
    except TlogError:
        return False
    return True


def wrong_on_vectors(proofs: ModuleType) -> list[str]:
    """The files among the 196 published vectors that get another answer than they ask for."""
    wrong = []
    for case in load(TESTDATA / "rfc6962/inclusion.json"):
        arguments = (case["leafIdx"], case["treeSize"], b64decode(case["leafHash"]), hashes(case["proof"]))
        if accepts(proofs.check_inclusion, *arguments, b64decode(case["root"])) == case["wantErr"]:
            wrong.append(case["file"])
    for case in load(TESTDATA / "rfc6962/consistency.json"):
        old, new = (case["size1"], b64decode(case["root1"])), (case["size2"], b64decode(case["root2"]))
        if accepts(proofs.check_consistency, *old, *new, hashes(case["proof"])) == case["wantErr"]:
            wrong.append(case["file"])
    return wrong


def wrong_on_demo_log(proofs: ModuleType) -> list[str]:
    """The proofs of the demo log that are refused."""
    wrong = []
    log = load(TESTDATA / "demo-log/vectors.json")
    for case in log["inclusion"]:
        leaf = reference.sha256(b"\x00" + b64decode(case["leaf"])).digest()
        arguments = (case["index"], case["size"], leaf, hashes(case["proof"]), b64decode(case["root"]))
        if not accepts(proofs.check_inclusion, *arguments):
            wrong.append(f"leaf {case['index']} of {case['size']}")
    for case in log["consistency"]:
        old, new = (case["old"], b64decode(case["root1"])), (case["new"], b64decode(case["root2"]))
        if not accepts(proofs.check_consistency, *old, *new, hashes(case["proof"])):
            wrong.append(f"{case['old']} to {case['new']}")
    return wrong


def wrong_on_reference(proofs: ModuleType, sizes: range) -> list[str]:
    """Proofs that come out other than the reference writes them, or that are refused although it wrote them."""
    wrong = []
    for size in sizes:
        root = reference.mth(0, size)
        if proofs.frontier_at(size, reference.get_hash).root() != root:
            wrong.append(f"root of {size}")
        for index in reference.samples(size):
            expected = reference.path(index, 0, size)
            made = proofs.inclusion_proof(index, size, reference.get_hash)
            checked = accepts(proofs.check_inclusion, index, size, reference.LEAVES[index], expected, root)
            if made != expected or not checked:
                wrong.append(f"leaf {index} of {size}")
        for old in [number + 1 for number in reference.samples(size)]:
            expected = reference.proof(old, size)
            made = proofs.consistency_proof(old, size, reference.get_hash)
            checked = accepts(proofs.check_consistency, old, reference.mth(0, old), size, root, expected)
            if made != expected or not checked:
                wrong.append(f"{old} to {size}")
    return wrong


def wrongly_accepted_forgeries(proofs: ModuleType) -> list[str]:
    """
    False proofs that are accepted: every hash altered, dropped, doubled or cut, a byte moved from one hash into its
    neighbour, every size and index off by one, a half of the tree not told of, and roots exchanged.
    """
    return _inclusion_forgeries(proofs) + _consistency_forgeries(proofs) + _moved_bytes(proofs)


SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 11, 16, 20)


def _inclusion_forgeries(proofs: ModuleType) -> list[str]:
    accepted = []
    for size in SIZES:
        for index in range(size):
            leaf, root, proof = reference.LEAVES[index], reference.mth(0, size), reference.path(index, 0, size)
            forgeries = {
                **{name: (index, size, leaf, altered, root) for name, altered in _altered(proof).items()},
                "leaf": (index, size, _flip(leaf), proof, root),
                "root": (index, size, leaf, proof, _flip(root)),
                "leaf as root": (index, size, root, proof, leaf) if size > 1 else (1, 1, leaf, proof, root),
                "index + 1": (index + 1, size, leaf, proof, root),
                "index - 1": (index - 1, size, leaf, proof, root),
                "index beyond": (index + 2 * size, size, leaf, proof, root),
                "empty tree": (index, 0, leaf, proof, root),
                "negative": (-1, size, leaf, proof, root),
            }
            half = reference.k(size)
            if index >= half:
                forgeries["left half not told"] = (index - half, size - half, leaf, proof, root)
            accepted += [
                f"{name}: leaf {index} of {size}"
                for name, forgery in forgeries.items()
                if accepts(proofs.check_inclusion, *forgery)
            ]
    return accepted


def _consistency_forgeries(proofs: ModuleType) -> list[str]:
    accepted = []
    for new in SIZES:
        for old in range(1, new + 1):
            old_root, new_root, proof = reference.mth(0, old), reference.mth(0, new), reference.proof(old, new)
            forgeries = {
                **{name: (old, old_root, new, new_root, altered) for name, altered in _altered(proof).items()},
                "old root": (old, _flip(old_root), new, new_root, proof),
                "new root": (old, old_root, new, _flip(new_root), proof),
                "backwards": (new + 1, old_root, new, old_root, proof),
                "from nothing": (0, old_root, new, new_root, proof),
                "nothing to nothing": (0, old_root, 0, old_root, []),
                "negative": (-1, old_root, new, new_root, proof),
            }
            if old != new:
                halves = [reference.mth(reference.k(new), new), reference.mth(0, reference.k(new))]
                forgeries["one root at a smaller size"] = (new, new_root, new - 1, new_root, halves)
                forgeries["roots exchanged"] = (old, new_root, new, old_root, proof)
                forgeries["same size"] = (new, old_root, new, new_root, [])
                forgeries["no proof"] = (old, old_root, new, new_root, [])
                if old > (half := reference.k(new)):
                    forgeries["left half not told"] = (old - half, old_root, new - half, new_root, proof)
                forgeries["rewritten history"] = (old, _flip(old_root), new, _flip(new_root), proof)
            accepted += [
                f"{name}: {old} to {new}"
                for name, forgery in forgeries.items()
                if accepts(proofs.check_consistency, *forgery)
            ]
    return accepted


def _moved_bytes(proofs: ModuleType) -> list[str]:
    """Without a check of lengths, 31 + 33 bytes hash like 32 + 32, and a leaf that never was gets a proof."""
    left, right, root = reference.LEAVES[0], reference.LEAVES[1], reference.mth(0, 2)
    moved = {
        "leaf one byte short": (proofs.check_inclusion, 0, 2, left[:31], [left[31:] + right], root),
        "leaf one byte long": (proofs.check_inclusion, 0, 2, left + right[:1], [right[1:]], root),
        "old root one byte short": (proofs.check_consistency, 1, left[:31], 2, root, [left[31:] + right]),
        "old root one byte long": (proofs.check_consistency, 1, left + right[:1], 2, root, [right[1:]]),
        "empty leaf as empty root": (proofs.check_inclusion, 0, 1, b"", [], b""),
    }
    return [name for name, (check, *arguments) in moved.items() if accepts(check, *arguments)]


def _altered(proof: list[bytes]) -> dict[str, list[bytes]]:
    altered = {"one hash more": [*proof, bytes(32)], "one hash before": [bytes(32), *proof]}
    for at, value in enumerate(proof):
        before, after = proof[:at], proof[at + 1 :]
        for byte in range(len(value)):
            altered[f"hash {at} byte {byte}"] = [*before, _flip(value, byte), *after]
        altered[f"hash {at} dropped"] = [*before, *after]
        altered[f"hash {at} doubled"] = [*before, value, value, *after]
        altered[f"hash {at} cut"] = [*before, value[:-1], *after]
        altered[f"hash {at} longer"] = [*before, value + b"\0", *after]
        if after and after[0] != value:
            altered[f"hashes {at} and {at + 1} exchanged"] = [*before, after[0], value, *after[1:]]
    return altered


def _flip(value: bytes, byte: int = 0) -> bytes:
    return value[:byte] + bytes([value[byte] ^ 1]) + value[byte + 1 :]
