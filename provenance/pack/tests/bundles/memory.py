"""Bundles against what the phone saw of the log before."""

from provenance.pack.tests.bundles.cases import checked, mismatch, unchecked
from provenance.pack.tests.bundles.world import OTHER, WOTE, BundleLog, Case, b64, honest, new_cherry, without


def grown(leaves: int = 3) -> BundleLog:
    """Leaf 5 is an index; others follow, and an index again."""
    log = honest()
    for number in range(leaves):
        log.leaves.append(f"somebody else's business {number}".encode())
    log.index()
    return log


@checked()
def nothing_new_since_the_last_visit() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": log.memory()}


@checked()
def grown_since_the_last_visit() -> Case:
    log = grown()
    return {"bundle": log.bundle(), "memory": log.memory(6), "tiles": log.tiles()}


@checked()
def grown_from_one_leaf() -> Case:
    log = grown()
    return {"bundle": log.bundle(), "memory": log.memory(1), "tiles": log.tiles()}


@checked()
def grown_from_a_power_of_two() -> Case:
    log = grown()
    return {"bundle": log.bundle(), "memory": log.memory(4), "tiles": log.tiles()}


@checked()
def grown_beyond_a_tile() -> Case:
    log = grown(300)
    return {"bundle": log.bundle(), "memory": log.memory(6), "tiles": log.tiles()}


@checked()
def grown_while_its_tile_was_filled() -> Case:
    """The log has grown further since the bundle: of the tile only the full one is kept."""
    log = grown()
    bundle = log.bundle()
    memory = log.memory(6)
    for number in range(260):
        log.leaves.append(f"later {number}".encode())
    return {"bundle": bundle, "memory": memory, "tiles": log.tiles()}


@mismatch("another_history", "checkpoint")
def same_size_with_another_root() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": log.memory(root=b64(log.root(4)))}


@mismatch("another_log_than_before", "checkpoint")
def another_first_entry_than_remembered() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": log.memory(genesis="00" * 32)}


def forked() -> tuple[BundleLog, BundleLog]:
    """Two logs that the operator signed alike: one has an entry that the other has not."""
    seen, served = honest(), honest()
    seen.leaves.append(b"what one phone was shown")
    for log in (seen, served):
        log.state(WOTE, new_cherry(OTHER))
        log.index()
    served.leaves.append(b"more")
    served.index()
    return seen, served


@mismatch("another_history", "checkpoint")
def history_rewritten_since_the_last_visit() -> Case:
    seen, served = forked()
    return {"bundle": served.bundle(), "memory": seen.memory(), "tiles": served.tiles()}


@mismatch("another_history", "checkpoint")
def history_rewritten_below_a_power_of_two() -> Case:
    seen, served = forked()
    return {"bundle": served.bundle(), "memory": seen.memory(8), "tiles": served.tiles()}


@unchecked("growth_not_proved")
def history_rewritten_and_tiles_of_the_old_one_served() -> Case:
    """Tiles that are not the new checkpoint's prove nothing: that could be a cache, or a fault on the way."""
    seen, served = forked()
    tiles = dict(zip(served.tiles(), seen.tiles().values(), strict=True))
    tiles = {path: (tile + "00" * 32 * 9)[: 64 * served.size] for path, tile in tiles.items()}
    return {"bundle": served.bundle(), "memory": seen.memory(), "tiles": tiles}


@unchecked("growth_not_proved")
def tiles_that_cannot_be_had() -> Case:
    log = grown()
    return {"bundle": log.bundle(), "memory": log.memory(6)}


@unchecked("growth_not_proved")
def tile_cut_short() -> Case:
    log = grown()
    tiles = {path: tile[:-64] for path, tile in log.tiles().items()}
    return {"bundle": log.bundle(), "memory": log.memory(6), "tiles": tiles}


@unchecked("growth_not_proved")
def tile_longer_than_asked_for() -> Case:
    log = grown()
    tiles = {path: tile + "00" * 32 for path, tile in log.tiles().items()}
    return {"bundle": log.bundle(), "memory": log.memory(6), "tiles": tiles}


@unchecked("growth_not_proved")
def tile_with_a_bit_changed() -> Case:
    log = grown()
    tiles = {path: ("1" if tile[0] == "0" else "0") + tile[1:] for path, tile in log.tiles().items()}
    return {"bundle": log.bundle(), "memory": log.memory(6), "tiles": tiles}


@unchecked("entries_withheld")
def smaller_than_remembered() -> Case:
    log = honest()
    return {"bundle": log.bundle(), "memory": log.memory() | {"size": 7}, "tiles": log.tiles()}


@unchecked("not_indexed")
def not_indexed_and_so_not_remembered() -> Case:
    log = honest()
    log.state(WOTE, new_cherry(OTHER))
    bundle = log.bundle()
    return {"bundle": without(bundle, 6), "memory": log.memory(6), "tiles": log.tiles()}
