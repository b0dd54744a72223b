// The log: Merkle proofs (RFC 9162, 2.1.3.2) and signed checkpoints (C2SP signed-note, tlog-checkpoint).
import { equal, hex, join, readBase64, refuse, sha256, utf8 } from "./bytes.js";
import { isGoodKey, verifySignature } from "./ed25519.js";

export const leafHash = (entry) => sha256(join([0], entry));
export const nodeHash = (left, right) => sha256(join([1], left, right));

/** The nodes that are proved to be in a tree, by level and number. The Python twin is provenance/pack/bundle/tree.py. */
export class Tree {
  constructor(size, root) {
    this.size = size;
    let height = 0;
    for (let last = size - 1; last > 0; last = Math.floor(last / 2)) height += 1;
    this.nodes = { [`${height}/0`]: root };
  }

  /** Takes the leaf and its way in. The proof leads just to a node that was proved before: at first that is the root. */
  async prove(index, hash, proof) {
    if (!Number.isSafeInteger(index) || index < 0 || index >= this.size) refuse("proof");
    const found = {};
    const rest = [...proof];
    let [level, node, last, place] = [0, index, this.size - 1];
    while (!this.nodes[(place = `${level}/${node}`)]) {
      found[place] = hash;
      const right = node % 2;
      // The last node has no sibling where it is a left one: the level above has its hash.
      if (right || node < last) {
        const sibling = rest.shift() ?? refuse("proof");
        found[`${level}/${right ? node - 1 : node + 1}`] = sibling;
        hash = await (right ? nodeHash(sibling, hash) : nodeHash(hash, sibling));
      }
      [level, node, last] = [level + 1, Math.floor(node / 2), Math.floor(last / 2)];
    }
    if (rest.length || !equal(hash, this.nodes[place])) refuse("proof");
    Object.assign(this.nodes, found);
  }
}

/** 32-byte hashes, joined in base64. */
export function readHashes(text) {
  const bytes = readBase64(text);
  if (bytes.length % 32) refuse("proof");
  return Array.from({ length: bytes.length / 32 }, (_, at) => bytes.slice(32 * at, 32 * at + 32));
}

export async function readVkey(vkey) {
  const [, name, id, data] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? refuse("form");
  const key = readBase64(data);
  if (hex(await keyId(name, key)) !== id) refuse("form");
  return { name, id, type: key[0], raw: key.slice(1) };
}
// Signature types of signed-note and tlog-cosignature.
export const [ED25519, COSIGNATURE, ML_DSA] = [1, 4, 6];

const keyId = async (name, key) => (await sha256(join(utf8(name), [10], key))).slice(0, 4);

function readLine(line) {
  const [, name, text] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? refuse("form");
  const bytes = readBase64(text);
  if (bytes.length <= 4) refuse("form");
  return { name, id: hex(bytes.slice(0, 4)), bytes: bytes.slice(4) };
}

/** Whether the line says that it was made with this key. */
export const claims = ({ name, id }, key) => name === key.name && id === key.id;

/** {note, origin, size, root, text, lines} of this log's checkpoint, once each of its Ed25519 keys has signed it. */
export async function openCheckpoint(note, log, vkeys) {
  const [, text, signed] = /^([^]*\n)\n((?:.+\n)+)$/.exec(note) ?? refuse("form");
  const [, origin, size, root] = /^(.+)\n(0|[1-9]\d{0,14})\n(\S{44})\n$/.exec(text) ?? refuse("form");
  const lines = signed.trimEnd().split("\n").map(readLine);
  const keys = (await Promise.all(vkeys.map(readVkey))).filter(({ name, type }) => name === log && type === ED25519);
  const opened = { note, origin, size: Number(size), root: readBase64(root), text, lines };
  if (origin !== log) refuse("another_log");
  if (!keys.length) refuse("checkpoint_unsigned");
  for (const key of keys) {
    const own = lines.filter((line) => claims(line, key));
    if (own.length !== 1 || !isGoodKey(key.raw) || !(await verifySignature(key.raw, own[0].bytes, utf8(text)))) refuse("checkpoint_unsigned");
  }
  return opened;
}
