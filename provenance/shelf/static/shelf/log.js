// The log: Merkle proofs (RFC 9162, 2.1.3.2 and 2.1.4.2) and signed checkpoints (C2SP signed-note, tlog-checkpoint).
import { equal, hex, join, readBase64, refuse, sha256, utf8 } from "./bytes.js";
import { isGoodKey, verifySignature } from "./ed25519.js";

export const leafHash = (entry) => sha256(join([0], entry));
const nodeHash = (left, right) => sha256(join([1], left, right));

export async function checkInclusion(index, size, leaf, proof, root) {
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) refuse("it is not in the log");
  let [node, last, computed] = [BigInt(index), BigInt(size) - 1n, leaf];
  for (const sibling of proof) {
    if (last === 0n || sibling.length !== 32) refuse("its proof does not lead to the log's checkpoint");
    if (node & 1n || node === last) {
      computed = await nodeHash(sibling, computed);
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else computed = await nodeHash(computed, sibling);
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(computed, root)) refuse("its proof does not lead to the log's checkpoint");
}

export async function checkConsistency(oldSize, oldRoot, newSize, newRoot, proof) {
  const broken = "the log does not prove that it only grew since your last visit";
  if (!(oldSize > 0 && oldSize < newSize) || !proof.length || proof.some((hash) => hash.length !== 32)) refuse(broken);
  let [node, last] = [BigInt(oldSize) - 1n, BigInt(newSize) - 1n];
  while (node & 1n) [node, last] = [node >> 1n, last >> 1n];
  // A tree of 2**k leaves is itself a node of the new tree, so its root is not sent.
  const [seed, ...path] = node === 0n ? [oldRoot, ...proof] : proof;
  let [before, after] = [seed, seed];
  for (const sibling of path) {
    if (last === 0n) refuse(broken);
    if (node & 1n || node === last) {
      [before, after] = [await nodeHash(sibling, before), await nodeHash(sibling, after)];
      while (!(node & 1n) && node) [node, last] = [node >> 1n, last >> 1n];
    } else after = await nodeHash(after, sibling);
    [node, last] = [node >> 1n, last >> 1n];
  }
  if (last !== 0n || !equal(before, oldRoot) || !equal(after, newRoot)) refuse(broken);
}

export async function readVkey(vkey) {
  const [, name, id, data] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? refuse("its key cannot be read");
  const key = readBase64(data);
  if (hex(await keyId(name, key)) !== id) refuse("its key does not bear its own number");
  return { name, id, type: key[0], raw: key.slice(1) };
}
const keyId = async (name, key) => (await sha256(join(utf8(name), [10], key))).slice(0, 4);

/** {origin, size, root, text, signatures} of a note, once each Ed25519 key of its log (of those vkeys) has signed it. */
export async function openCheckpoint(note, vkeys) {
  const [, text, lines] = /^([^]*?\n)\n((?:\u2014 \S+ \S+\n)+)$/.exec(note) ?? refuse("it is not a signed note");
  const [, origin, size, root] = /^(\S+)\n(0|[1-9]\d{0,14})\n(\S{44})\n$/.exec(text) ?? refuse("it is not a checkpoint");
  const signatures = [...lines.matchAll(/\u2014 (\S+) (\S+)\n/g)].map(([, name, line]) => [name, readBase64(line)]);
  const keys = (await Promise.all(vkeys.map(readVkey))).filter(({ name, type }) => name === origin && type === 1);
  if (!keys.length) refuse("the log has no key that a browser can check");
  for (const key of keys) {
    const own = signatures.filter(([name, bytes]) => name === key.name && hex(bytes.slice(0, 4)) === key.id);
    if (own.length !== 1 || !isGoodKey(key.raw) || !(await verifySignature(key.raw, own[0][1].slice(4), utf8(text))))
      refuse("the log's own key did not sign it");
  }
  return { origin, size: Number(size), root: readBase64(root), text, signatures };
}
