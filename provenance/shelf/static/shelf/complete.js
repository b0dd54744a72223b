// Whether a bundle leaves anything out: its statements against the log's own index (docs/trail-format.md, 5).
// The Python twin is provenance/pack/bundle/completeness.py.
import { Unchecked, equal, hex, join, readBase64, readBase64url, refuse, sha256, utf8 } from "./bytes.js";
import { checkInclusion, leafHash, readHashes } from "./log.js";
import { namesOf } from "./statement.js";

const WHOLE_LOG = ["recall", "lift_recall", "revoke_key"].map((act) => `act\0${act}`);
const [RECORD, BUCKETS, PATH, MOST] = [72, 65536, 16, 1024 * 1024];

const told = (name) => {
  const [kind, id] = name.split(/\0([^]*)/);
  return { kind, id };
};

const bigEndian = (number) => {
  const bytes = new DataView(new ArrayBuffer(8));
  bytes.setBigUint64(0, BigInt(number));
  return new Uint8Array(bytes.buffer);
};

/** The lot and all that it came from, by the statements that were not taken back. */
export function ancestry(lot, statements, corrected) {
  const parents = new Map();
  for (const { jti, makes, uses } of statements)
    if (!corrected.has(jti)) for (const each of makes) parents.set(each, new Set([...(parents.get(each) ?? []), ...uses]));
  const found = new Set([lot]);
  // It grows while it is read.
  for (const each of found) for (const parent of parents.get(each) ?? []) found.add(parent);
  return found;
}

/** {count, head} of a key in its bucket; `null` for a key that the index does not hold. */
async function recordOf(key, { bucket, path }, root) {
  const number = (key[0] << 8) | key[1];
  const refuseProof = () => refuse("list_not_proved");
  const [records, hashes] = [readBase64(bucket), readHashes(path)];
  if (records.length % RECORD || records.length > MOST || hashes.length !== PATH) refuseProof();
  let found = null;
  let last = "";
  for (let at = 0; at < records.length; at += RECORD) {
    const record = records.slice(at, at + RECORD);
    const name = hex(record.slice(0, 32));
    const count = new DataView(record.buffer).getBigUint64(32);
    if (name <= last || ((record[0] << 8) | record[1]) !== number || !count) refuseProof();
    if (name === hex(key)) found = { count, head: record.slice(40) };
    last = name;
  }
  await checkInclusion(number, BUCKETS, await leafHash(records), hashes, root).catch(refuseProof);
  return found;
}

async function checkList(name, listing, held, root, blame) {
  const { kind, id } = told(name);
  const record = await recordOf(await sha256(utf8(name)), listing, root).catch((error) => {
    Object.assign(error.params ?? {}, { kind, id });
    throw error;
  });
  const { leaves } = listing;
  for (const leaf of leaves)
    if (!held.has(leaf)) {
      blame(leaf);
      refuse("left_out", { leaf, kind, id });
    }
  let head = new Uint8Array(32);
  for (const leaf of leaves) head = await sha256(join(head, bigEndian(leaf), held.get(leaf)));
  const [count, signed] = record ? [record.count, record.head] : [0n, new Uint8Array(32)];
  if (count !== BigInt(leaves.length) || !equal(head, signed)) refuse("list_wrong", { kind, id });
  for (const leaf of held.keys())
    if (!leaves.includes(leaf)) {
      blame(leaf);
      refuse("index_wrong", { leaf, kind, id });
    }
}

/** Every statement on every list of the log's index has to be there. `index`: the leaf that the checkpoint ends in. */
export async function checkComplete(listings, index, statements, standing, blame) {
  const version = String(index.subject.v);
  if (version !== "1" && version !== "2") throw new Unchecked("index_version");
  const root = readBase64url(String(index.subject.root));
  const named = statements.map((said) => [said, namesOf(said)]);
  const namings = new Map();
  for (const [said, names] of named)
    if (said.log === index.log && said.index !== null && said.index < index.index)
      for (const name of names) namings.set(name, (namings.get(name) ?? new Map()).set(said.index, said.leaf));
  const given = new Map(listings.map((listing) => [`${listing.kind}\0${listing.id}`, listing]));
  const registered = version === "1" ? [] : [...new Set(standing.registered)].sort().map((id) => `registered\0${id}`);
  const lots = [...standing.lots].sort().map((id) => `lot\0${id}`);
  // A certificate of a place is on no lot's list, nor is its end, which names its id.
  const isAlone = ([{ payload }, names]) => "event" in payload && ![...names].some((name) => name.startsWith("lot\0"));
  const events = named.filter(isAlone).map(([{ jti }]) => `event\0${jti}`).sort();
  for (const name of [...lots, ...events, ...registered, ...WHOLE_LOG]) {
    const listing = given.get(name) ?? refuse("list_missing", told(name));
    await checkList(name, listing, namings.get(name) ?? new Map(), root, blame);
  }
}
