// Whether a log only grew since an earlier checkpoint, from its tiles (C2SP tlog-tiles), which anybody can fetch.
// The Python twin is provenance/pack/bundle/growth.py.
import { Unchecked, equal } from "./bytes.js";
import { nodeHash } from "./log.js";

const WIDTH = 256;
const notProved = () => {
  throw new Unchecked("growth_not_proved");
};

/** The largest power of two below `width`. */
function split(width) {
  let half = 1;
  while (half * 2 < width) half *= 2;
  return half;
}

function tilePath(row, number, width) {
  const groups = [String(number % 1000).padStart(3, "0")];
  for (let rest = Math.floor(number / 1000); rest; rest = Math.floor(rest / 1000)) groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  return `tile/${row}/${groups.join("/")}${width === WIDTH ? "" : `.p/${width}`}`;
}

class Tiles {
  #read = new Map();

  constructor({ origin, size }, readTile) {
    Object.assign(this, { origin, size, readTile });
  }

  /** The root of the tree over the leaves [low, high); a complete subtree at least as wide begins at `low`. */
  async root(low, high) {
    const half = split(high - low);
    if (high - low > 1 && half * 2 !== high - low) return nodeHash(await this.root(low, low + half), await this.root(low + half, high));
    let [row, below] = [0, high - low];
    for (; below >= WIDTH; below /= WIDTH) row += 1;
    const [first, whole] = [low / WIDTH ** row, await this.#tile(row, Math.floor(low / WIDTH ** (row + 1)))];
    let nodes = Array.from({ length: below }, (_, at) => whole.slice(32 * ((first % WIDTH) + at), 32 * ((first % WIDTH) + at + 1)));
    while (nodes.length > 1) nodes = await Promise.all(nodes.filter((_, at) => at % 2 === 0).map((left, at) => nodeHash(left, nodes[2 * at + 1])));
    return nodes[0];
  }

  #tile(row, number) {
    const name = `${row}/${number}`;
    if (!this.#read.has(name)) this.#read.set(name, this.#fetch(row, number));
    return this.#read.get(name);
  }

  async #ask(path) {
    try {
      return await this.readTile(path);
    } catch {
      return null;
    }
  }

  async #fetch(row, number) {
    const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** row) - number * WIDTH);
    // A log that has grown since may keep the full tile only.
    for (const asked of new Set([width, WIDTH])) {
      const tile = await this.#ask(`${this.origin}/${tilePath(row, number, asked)}`);
      if (tile?.length === 32 * asked) return tile;
    }
    return notProved();
  }
}

/** Of the tree over [low, high): the root over the leaves below `size`, and over all (RFC 9162, 2.1.4.1). */
async function roots(tiles, size, low, high) {
  if (size === high) {
    const whole = await tiles.root(low, high);
    return [whole, whole];
  }
  const middle = low + split(high - low);
  if (size <= middle) {
    const [before, left] = await roots(tiles, size, low, middle);
    return [before, await nodeHash(left, await tiles.root(middle, high))];
  }
  const left = await tiles.root(low, middle);
  const [before, after] = await roots(tiles, size, middle, high);
  return [await nodeHash(left, before), await nodeHash(left, after)];
}

/**
 * The root over the first `size` leaves of the newer checkpoint's own tree. It could not be found out unless the tiles
 * are that tree's: then they hash to its root, and whoever saw another root over as many leaves saw another history.
 */
export async function earlierRoot(newer, size, readTile) {
  const [before, after] = await roots(new Tiles(newer, readTile), size, 0, newer.size);
  return equal(after, newer.root) ? before : notProved();
}
