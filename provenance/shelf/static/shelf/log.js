// The log: Merkle proofs (RFC 9162, 2.1.3.2 and 2.1.4.2) and signed checkpoints (C2SP signed-note, tlog-checkpoint).
import { equal, hex, join, readBase64, refuse, sha256, utf8 } from "./bytes.js";
import { isGoodKey, verifySignature } from "./ed25519.js";

export const leafHash = (entry) => sha256(join([0], entry));
export const nodeHash = (left, right) => sha256(join([1], left, right));

export async function checkInclusion(index, size, leaf, proof, root) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) refuse("proof");
  let [node, last, computed] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n || sibling.length !== 32) refuse("proof");
    if (node & 1n || node === last) {
      computed = await nodeHash(sibling, computed);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else computed = await nodeHash(computed, sibling);
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(computed, root)) refuse("proof");
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
