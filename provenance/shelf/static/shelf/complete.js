// Whether a bundle leaves anything out: its statements against the log's own index (docs/trail-format.md, 5).
// The Python twin is provenance/pack/bundle/completeness.py.
import { Unchecked, hex, join, readBase64, readBase64url, refuse, sha256, utf8 } from "./bytes.js";
import { Tree, leafHash, readHashes } from "./log.js";
import { namesOf } from "./statement.js";

const WHOLE_LOG = ["recall", "lift_recall", "revoke_key"].map((act) => `act\0${act}`);
const [RECORD, BUCKETS, MOST] = [72, 65536, 1024 * 1024];

const told = (name) => {
  const [kind, id] = name.split(/\0([^]*)/);
  return { kind, id };
};

const nameOf = ({ kind, id }) => `${kind}\0${id}`;

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

/** The bytes of a key's bucket: the others' records, and its own `record` where it belongs. */
function bucketOf(key, record, others) {
  if (others.length % RECORD || others.length + record.length > MOST) refuse("list_not_proved");
  const [own, records] = [hex(key), []];
  let last = "";
  for (let at = 0; at < others.length; at += RECORD) {
    const other = others.slice(at, at + RECORD);
    const name = hex(other.slice(0, 32));
    const count = new DataView(other.buffer).getBigUint64(32);
    // A key that stood twice would let an index say two things.
    if (name <= last || name === own || other[0] !== key[0] || other[1] !== key[1] || !count) refuse("list_not_proved");
    if (last < own && own < name) records.push(record);
    records.push(other);
    last = name;
  }
  if (last < own) records.push(record);
  return join(...records);
}

async function checkList(listing, held, tree, blame) {
  const { kind, id, leaves } = listing;
  for (const leaf of leaves)
    if (!held.has(leaf)) {
      blame(leaf);
      refuse("left_out", { leaf, kind, id });
    }
  const key = await sha256(utf8(`${kind}\0${id}`));
  let head = new Uint8Array(32);
  for (const leaf of leaves) head = await sha256(join(head, bigEndian(leaf), held.get(leaf)));
  // A key that no leaf names has no record.
  const record = leaves.length ? join(key, bigEndian(leaves.length), head) : new Uint8Array();
  try {
    const bucket = bucketOf(key, record, readBase64(listing.others));
    await tree.prove((key[0] << 8) | key[1], await leafHash(bucket), readHashes(listing.proof));
  } catch {
    refuse("list_not_proved", { kind, id });
  }
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
  const given = new Set(listings.map(nameOf));
  const registered = version === "1" ? [] : [...new Set(standing.registered)].sort().map((id) => `registered\0${id}`);
  const lots = [...standing.lots].sort().map((id) => `lot\0${id}`);
  // A certificate of a place is on no lot's list, nor is its end, which names its id.
  const isAlone = ([{ payload }, names]) => "event" in payload && ![...names].some((name) => name.startsWith("lot\0"));
  const events = named.filter(isAlone).map(([{ jti }]) => `event\0${jti}`).sort();
  const asked = new Set([...lots, ...events, ...registered, ...WHOLE_LOG]);
  for (const name of asked) if (!given.has(name)) refuse("list_missing", told(name));
  // Each proof rests on those before it, so they are taken in the order in which they were written.
  const tree = new Tree(BUCKETS, root);
  for (const listing of listings)
    if (asked.has(nameOf(listing))) await checkList(listing, namings.get(nameOf(listing)) ?? new Map(), tree, blame);
}
