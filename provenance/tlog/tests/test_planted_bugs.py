"""Each bug planted in the code must be found by a judge that finds nothing wrong with the code as it is."""

import sys
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib import import_module
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

from provenance.tlog import canonical, checkpoint, cosignature, hashing, keys, note, policy, proofs, tiles
from provenance.tlog.errors import TlogError
from provenance.tlog.keys import Ed25519Signer, KeyType, NamedSigner
from provenance.tlog.tests import judges
from provenance.tlog.tests.vectors import TESTDATA, load

TREE = {
    "leaves without a prefix": (hashing, r'b"\x00" + entry', "entry"),
    "nodes without a prefix": (hashing, r'b"\x01" + left + right', "left + right"),
    "left and right swapped": (hashing, "+ left + right", "+ right + left"),
    "subtrees folded from the left": (hashing, "reversed(hashes[:-1])", "hashes[:-1]"),
    "a frontier that joins too much": (hashing, "ones >>= 1", "ones = 0"),
    "a frontier that forgets its size": (hashing, "size += 1", "size += 2"),
    "subtrees cut too large": (hashing, ".bit_length() - 1\n", ".bit_length()\n"),
}

MAKER = {
    "a tree split in the middle": (proofs, "1 << (size - 1).bit_length() - 1", "size // 2"),
    "the leaf beside the middle": (proofs, "if index < middle", "if index <= middle"),
    "the old tree up to the middle": (proofs, "if old <= middle", "if old < middle"),
    "the old subtree left out": (proofs, "if start > 0:", "if False:"),
    "the old root sent as well": (proofs, "if start > 0:", "if True:"),
    "the path from the root down": (proofs, "return path[::-1]", "return path"),
}

CHECKER = {
    "the index is not bounded": (proofs, "0 <= index < size <= MAX_SIZE", "0 <= index"),
    "a negative index": (proofs, "0 <= index < size <= MAX_SIZE", "index < size <= MAX_SIZE"),
    "hash lengths are not checked for inclusion": (proofs, "    _check_hashes(leaf_hash, root, *proof)\n", ""),
    "hash lengths are not checked for consistency": (proofs, "    _check_hashes(old_root, new_root, *proof)\n", ""),
    "the audit path alone is checked for length": (
        proofs,
        "_check_hashes(leaf_hash, root, *proof)",
        "_check_hashes(*proof)",
    ),
    "siblings swapped": (proofs, "node_hash(computed, sibling)", "node_hash(sibling, computed)"),
    "siblings swapped at the edge": (proofs, "node_hash(sibling, computed)", "node_hash(computed, sibling)"),
    "the right edge forgotten": (proofs, "if node & 1 or node == last:", "if node & 1:"),
    "a proof that is too long": (proofs, "if last == 0:", "if False:"),
    "a proof that is too short": (proofs, "if last != 0:", "if False:"),
    "the root is not compared": (proofs, "if computed != root:", "if False:"),
    "the old root is not compared": (proofs, "if old_computed != old_root:", "if False:"),
    "the new root is not compared": (proofs, "if new_computed != new_root:", "if False:"),
    "the old hash goes the wrong way": (proofs, "node_hash(sibling, old_computed)", "node_hash(old_computed, sibling)"),
    "the new hash goes the wrong way": (proofs, "node_hash(new_computed, sibling)", "node_hash(sibling, new_computed)"),
    "the old root always stands in for a node": (proofs, "old_size.bit_count() == 1", "True"),
    "the old root never stands in for a node": (proofs, "old_size.bit_count() == 1", "False"),
    "an empty proof": (proofs, "if not proof:", "if False:"),
    "a proof from size 0": (
        proofs,
        "if not 0 < old_size <=",
        "if old_size == 0:\n        return\n    if not 0 < old_size <=",
    ),
    "the empty tree twice": (proofs, "if not 0 < old_size <=", "if old_size + new_size and not 0 < old_size <="),
    "a proof backwards": (proofs, "0 < old_size <= new_size <= MAX_SIZE", "0 < old_size"),
    "one size with two roots": (proofs, "if proof or old_root != new_root:", "if proof:"),
    "one size with a proof": (proofs, "if proof or old_root != new_root:", "if old_root != new_root:"),
}

TILES = {
    "full tiles one too late": (tiles, "// HASH_SIZE < TILE_WIDTH:", "// HASH_SIZE <= TILE_WIDTH:"),
    "the partial tile forgotten": (tiles, "        if width:\n", "        if False:\n"),
    "every batch at index 0": (tiles, "Tile(level, index + at // tile_bytes)", "Tile(level, at // tile_bytes)"),
    "no tiles above the leaves": (tiles, 'level, size, hashes = level + 1, index, b"".join(roots)', "break"),
    "children swapped": (
        tiles,
        "hashes[at : at + pair])",
        "hashes[at + pair // 2 : at + pair] + hashes[at : at + pair // 2])",
    ),
    "the wrong neighbours": (tiles, "len(hashes) - pair + 1, pair)", "len(hashes) - pair + 1, pair // 2)"),
    "an edge that is not proven": (tiles, "if frontier_at(size, reader.hash).root() != root:", "if False:"),
    "a full tile that is not proven": (tiles, "if nodes[TILE_HEIGHT] != root:", "if False:"),
    "the wrong place in the tile": (tiles, "[position * HASH_SIZE : (position + 1) * HASH_SIZE]", "[:HASH_SIZE]"),
}

SIGNED = {
    "any signature will do": (keys, "sodium.crypto_sign_open(signature + message, self.raw)", "pass"),
    "any post-quantum signature will do": (keys, ".verify(signature, message, context)", ""),
    "vkeys with any key ID": (keys, "if key.key_id.hex() != key_id:", "if False:"),
    "key IDs without the type": (keys, "+ bytes([self.type]) + self.raw).digest()", "+ self.raw).digest()"),
    "base64 with stray bits": (canonical, "if format_base64(data) != text:", "if False:"),
    "decimals of any spelling": (canonical, "not _DECIMAL.fullmatch(text) or", ""),
    "lines of known keys unread": (note, "for s in note.signatures if (s.name, s.key_id) in known", "for s in ()"),
    "a time that is not signed": (cosignature, r"time {timestamp}\n", r"time\n"),
    "a time that is not signed by the second kind": (cosignature, 'timestamp.to_bytes(8, "big"),\n', ""),
    "a size that is not signed": (cosignature, 'checkpoint.size.to_bytes(8, "big"),\n', ""),
    "a cosigner's name that is not signed": (cosignature, "_opaque(cosigner),\n", ""),
    "one key of two": (checkpoint, "if every_key and missing:", "if False:"),
    "another log's origin": (checkpoint, "if origin is not None and checkpoint.origin != origin:", "if False:"),
    "an unsigned checkpoint": (checkpoint, "if not lines:", "if False:"),
    "a policy that asks no log": (policy, "if not log_lines:", "if False:"),
    "a log for any origin": (policy, " if log.key.name == checkpoint.origin]", "]"),
    "a policy that asks no quorum": (policy, "if not self.has_quorum(times):", "if False:"),
    "a threshold one too low": (policy, ">= group.threshold", ">= group.threshold - 1"),
    "a witness in two groups": (policy, "if member in self.members:", "if False:"),
    "a witness listed twice": (policy, "if any(key.raw == other.key.raw for other in others):", "if False:"),
}

PACKAGE = "provenance.tlog"
ORDER = ["canonical", "hashing", "proofs", "tiles", "keys", "note", "cosignature", "checkpoint", "policy"]


def planted(module: ModuleType, old: str, new: str, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], ModuleType]:
    """The package with one altered module; whoever imports that module gets the altered one."""
    source = Path(str(module.__file__)).read_text()
    assert old in source, "the code has changed; plant this bug anew"
    for name in ORDER:
        full = f"{PACKAGE}.{name}"
        original = import_module(full)
        fresh = module_from_spec(spec_from_loader(full, loader=None))
        fresh.__file__ = original.__file__
        text = Path(str(original.__file__)).read_text()
        if original is module:
            text = text.replace(old, new)
        monkeypatch.setitem(sys.modules, full, fresh)
        exec(compile(text, str(original.__file__), "exec"), fresh.__dict__)
        monkeypatch.setattr(import_module(PACKAGE), name, fresh)
    return lambda name: import_module(f"{PACKAGE}.{name}")


def wrong_tree(package: Callable[[str], ModuleType]) -> Iterator[str]:
    made = package("hashing")
    tree = load(TESTDATA / "rfc6962/tree8.json")
    leaves = [made.leaf_hash(bytes.fromhex(entry)) for entry in tree["leaf_inputs_hex"]]
    for size, root in enumerate(tree["roots_by_size"]):
        if made.root_of(leaves[:size]).hex() != root:
            yield f"root of {size}"
    yield from judges.wrong_on_reference(package("proofs"), range(1, 40))


def wrong_proofs(package: Callable[[str], ModuleType]) -> Iterator[str]:
    yield from judges.wrong_on_reference(package("proofs"), range(1, 40))


def wrong_checks(package: Callable[[str], ModuleType]) -> Iterator[str]:
    made = package("proofs")
    yield from judges.wrong_on_vectors(made)
    yield from judges.wrong_on_reference(made, range(1, 20))
    yield from judges.wrongly_accepted_forgeries(made)


def wrong_tiles(package: Callable[[str], ModuleType]) -> Iterator[str]:
    made, leaves = package("tiles"), [sha256(b"%d" % number).digest() for number in range(1_200)]
    roots = [hashing.root_of(leaves[at : at + 256]) for at in range(0, 1_024, 256)]

    def read_hashes(level: int, index: int, width: int) -> bytes:
        return b"".join((leaves, roots)[level][index * 256 : index * 256 + width])

    stored = {}
    for begin, end in ((0, 255), (255, 256), (256, 300), (300, 511), (511, 1_200)):
        completed = made.complete_tiles(begin, leaves[begin:end], read_hashes)
        stored |= {(tile.level, tile.index): data for tile, data in completed}
    if stored != {(0, index): read_hashes(0, index, 256) for index in range(4)}:
        yield "level 0"
    above = [hashing.leaf_hash(bytes([number])) for number in range(255)]
    completed = made.complete_tiles(65_280, leaves[:256], lambda level, index, width: b"".join(above[:width]))
    if [tile.level for tile, _ in completed] != [0, 1]:
        yield "level 1"
    reader = made.TileReader(1_200, read_hashes)
    if proofs.frontier_at(1_200, reader.hash).root() != hashing.root_of(leaves):
        yield "root"
    if judges.accepts(made.proven_edge, 1_200, bytes(32), read_hashes):
        yield "another tree's edge"
    if judges.accepts(made.proven_nodes, 0, 1, roots[0], read_hashes):
        yield "another tile"


def wrong_signatures(package: Callable[[str], ModuleType]) -> Iterator[str]:
    """What is accepted and must not be, or refused and must not be, of vectors and of forgeries."""
    log = load(TESTDATA / "demo-log/vectors.json")
    data = (TESTDATA / "demo-log/checkpoint.300").read_bytes()
    made = package("checkpoint")
    try:
        known = [package("keys").parse_vkey(vkey) for vkey in log["vkeys"].values()]
        made.open_checkpoint(data, known, origin=log["origin"], every_key=True)
    except TlogError as error:
        yield f"the demo log: {error}"
        return
    lines = data.split(b"\n")
    forgeries = {
        "size": data.replace(b"\n300\n", b"\n301\n", 1),
        "extension": data.replace(b"\n\n", b"\nextension\n\n", 1),
        "spelling": data.replace(b"\n300\n", b"\n+300\n", 1),
        "end": data[:-1],
        "stray bits": data.replace(b"=\n", b"\x00", 1)[:-1] + b"\n",
        **{f"line {at}": b"\n".join([*lines[:at], _altered_line(lines[at]), *lines[at + 1 :]]) for at in range(4, 8)},
        **{f"line {at} left out": b"\n".join([*lines[:at], *lines[at + 1 :]]) for at in range(4, 8)},
    }
    for name, forged in forgeries.items():
        if judges.accepts(lambda note: made.open_checkpoint(note, known, every_key=True), forged):
            yield name
    if judges.accepts(lambda: made.open_checkpoint(data, known, origin="other")):
        yield "origin"
    if judges.accepts(made.open_checkpoint, data, []):
        yield "no key"
    if judges.accepts(package("canonical").parse_base64, "AB==", "text", TlogError):
        yield "base64"
    if judges.accepts(package("canonical").parse_decimal, "03", "text", TlogError):
        yield "decimal"
    if judges.accepts(package("keys").parse_vkey, log["vkeys"]["log"].replace("a97da226", "a97da227")):
        yield "vkey"
    yield from _wrong_policies(package, log, data)


def _altered_line(line: bytes) -> bytes:
    """The signature line with one bit of its time, or of its signature where it has none, turned over."""
    at = line.rindex(b" ") + 1 + 12
    return line[:at] + (b"B" if line[at : at + 1] == b"A" else b"A") + line[at + 1 :]


def _wrong_policies(package: Callable[[str], ModuleType], log: dict, data: bytes) -> Iterator[str]:
    made, vkeys = package("policy"), log["vkeys"]
    lines = data.decode().split("\n")
    head, witnessed = f"log {vkeys['log']}\nwitness w {vkeys['w1']}\n", "\n".join([*lines[:5], lines[6], ""]).encode()
    other = NamedSigner("other", KeyType.COSIGNATURE_ED25519, Ed25519Signer(bytes(32))).verifier
    both = f"{head}witness o {other}\ngroup g all w o\nquorum g\n"
    if not judges.accepts(made.parse_policy(f"{head}quorum w\n".encode()).check, witnessed):
        yield "a witnessed checkpoint"
    if judges.accepts(made.parse_policy(both.encode()).check, witnessed):
        yield "one witness of two"
    unsigned = "\n".join([*lines[:4], lines[6], ""]).encode()
    if judges.accepts(made.parse_policy(f"{head}quorum w\n".encode()).check, unsigned):
        yield "unsigned"
    stranger = NamedSigner("stranger", KeyType.ED25519, Ed25519Signer(bytes(32)))
    signed = checkpoint.sign_checkpoint(checkpoint.Checkpoint("coffee.example", 1, bytes(32)), [stranger], 0)
    if judges.accepts(made.parse_policy(f"log {stranger.verifier}\nquorum none\n".encode()).check, signed):
        yield "another origin"
    for extra in ("group g any w\ngroup h any w g\nquorum h\n", f"witness v {vkeys['w1']}\nquorum w\n"):
        if judges.accepts(made.parse_policy, (head + extra).encode()):
            yield extra


TABLES = [
    *((name, bug, wrong_tree) for name, bug in TREE.items()),
    *((name, bug, wrong_proofs) for name, bug in MAKER.items()),
    *((name, bug, wrong_checks) for name, bug in CHECKER.items()),
    *((name, bug, wrong_tiles) for name, bug in TILES.items()),
    *((name, bug, wrong_signatures) for name, bug in SIGNED.items()),
]


@pytest.mark.parametrize("judge", [wrong_tree, wrong_proofs, wrong_checks, wrong_tiles, wrong_signatures])
def test_a_judge_finds_nothing_wrong_with_the_code_as_it_is(judge):
    assert list(judge(lambda name: import_module(f"{PACKAGE}.{name}"))) == []


@pytest.mark.parametrize(("bug", "judge"), [pytest.param(bug, judge, id=name) for name, bug, judge in TABLES])
def test_a_planted_bug_is_found(bug, judge, monkeypatch):
    package = planted(*bug, monkeypatch)

    assert any(_found(judge, package))


def _found(judge: Callable[[Callable[[str], ModuleType]], Iterator[str]], package: Callable) -> Iterator[str]:
    """What the judge finds; code that breaks down before it has an answer is found out too."""
    try:
        yield from judge(package)
    except Exception as error:
        yield f"{type(error).__name__}: {error}"
