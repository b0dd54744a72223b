// The outer form of a bundle. It is not signed: whatever is amiss with it is a fault on the way, and no fraud.
// The Python twin is provenance/pack/bundle/form.py.
import { base64url, utf8 } from "./bytes.js";

const READABLE = /^([\w-]{43})\.([\w-]{86})\.(\{[^]*)$/;

/** The JWS of a statement, which a bundle writes as "kid.signature.payload", so that it compresses better. */
export function jwsOf(written) {
  const [, kid, signature, payload] = READABLE.exec(written) ?? [];
  if (!kid) return written;
  const said = [`{"alg":"Ed25519","kid":"${kid}","typ":"provenance-event+sd-jwt"}`, payload];
  return [...said.map((text) => base64url(utf8(text))), signature].join(".");
}

const text = (value) => typeof value === "string";
const place = (value) => Number.isSafeInteger(value) && value >= 0;
const or = (test) => (value) => value === null || test(value);
const list = (test) => (value) => Array.isArray(value) && value.every(test);
const object = (members) => (value) =>
  typeof value === "object" && value !== null && Object.entries(members).every(([name, test]) => Object.hasOwn(value, name) && test(value[name]));

export const hasForm = object({
  v: (value) => value === 3,
  origin: text,
  lot: text,
  lots: list(text),
  policy: text,
  retired: list(text),
  checkpoint: or(text),
  statements: list(object({ log: place, index: or(place), statement: text, proof: text, disclosures: list(text) })),
  index: list(object({ kind: text, id: text, leaves: list(place), others: text, proof: text })),
});
