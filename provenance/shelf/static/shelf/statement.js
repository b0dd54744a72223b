// One signed statement: its one form, and what a phone reads in it. The Python twin is provenance/pack/bundle/said.py.
import { base64url, readBase64url, readJson, refuse, sha256, utf8 } from "./bytes.js";
import { LAW } from "./law.js";
import { leafHash } from "./log.js";

const HEADER = /^{"alg":"Ed25519","kid":"([\w-]{42}[AEIMQUYcgkosw048])","typ":"provenance-event\+sd-jwt"}$/;
const NO_ROW = {};

const ascii = (bytes) => String.fromCharCode(...bytes);
const hasJust = (object, ...names) => Object.keys(object).sort().join() === names.sort().join();
export const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof String);
const isText = (value) => typeof value === "string";
const asObject = (value) => (isObject(value) ? value : {});
const objects = (value) => (Array.isArray(value) ? value.filter(isObject) : []);
const textsUnder = (list, name) => list.map((one) => one[name]).filter(isText);

const isDigest = (value) => isObject(value) && hasJust(value, "_sd") && Array.isArray(value._sd) && value._sd.length === 1 && isText(value._sd[0]);

function isFormed(payload, text) {
  if (!isObject(payload) || !(payload.v instanceof String) || String(payload.v) !== "1") return false;
  if (!["jti", "iss", "aud", "act"].every((name) => isText(payload[name]))) return false;
  const content = ["event", "subject"].filter((name) => name in payload);
  if (content.length !== 1 || !isObject(payload[content[0]])) return false;
  if (content[0] === "event" && (payload.event.eventID === payload.jti) === (payload.act === "correct")) return false;
  const withheld = "withheld" in payload ? payload.withheld : {};
  if (!isObject(withheld) || !Object.values(withheld).every(isDigest)) return false;
  return text.split('_sd"').length - 1 === Object.keys(withheld).length && !text.includes("\\u");
}

function lotsUnder(event, members = []) {
  return members.flatMap((member) => {
    const value = event[member];
    if (isText(value)) return [value];
    const lines = Array.isArray(value) ? objects(value) : [asObject(value)];
    return [...textsUnder(lines, "epcClass"), ...textsUnder(lines, "coffee:lot")];
  });
}

function refersTo({ act, event }) {
  if (act === "correct") return String(event.eventID);
  return objects(event.bizTransactionList).find(({ type, bizTransaction }) => type === "upevt" && isText(bizTransaction))?.bizTransaction;
}

const isHand = ({ type }) => type === "possessing_party" || type === "owning_party";

/** A statement in its one form; nothing is verified. `about`, `makes`, `begins`, `uses`, `lots` are sets of lots. */
export async function readStatement(jws, log, index) {
  const parts = isText(jws) && jws.length <= 16384 ? jws.split(".") : [];
  if (parts.length !== 3) refuse("form");
  const [header, raw, signature] = parts.map(readBase64url);
  const [, kid] = HEADER.exec(ascii(header)) ?? refuse("form");
  const payload = readJson(raw);
  if (signature.length !== 64 || !isFormed(payload, new TextDecoder().decode(raw))) refuse("form");
  const { jti, iss, aud, act } = payload;
  const [event, subject] = [asObject(payload.event), asObject(payload.subject)];
  const row = Object.hasOwn(LAW, act) ? LAW[act] : NO_ROW;
  const about = new Set(lotsUnder(event, ["quantityList", "inputQuantityList"]));
  const begins = new Set(lotsUnder(event, ["coffee:begins"]));
  const makes = new Set(lotsUnder(event, row.makes).filter((lot) => !begins.has(lot)));
  const [given, taken] = [objects(event.sourceList).filter(isHand), objects(event.destinationList).filter(isHand)];
  return {
    jws, log, index, kid, signature, payload, jti, iss, aud, act, event, subject, row, about, begins, makes,
    signed: utf8(`${parts[0]}.${parts[1]}`),
    leaf: await leafHash(utf8(jws)),
    uses: new Set(makes.size ? lotsUnder(event, row.uses) : []),
    lots: new Set([...about, ...makes, ...begins]),
    parties: new Set([iss, ...textsUnder(given, "source"), ...textsUnder(taken, "destination")]),
    addressee: textsUnder(taken.filter(({ type }) => type === "possessing_party"), "destination")[0],
    site: isText(asObject(event.readPoint).id) ? event.readPoint.id : undefined,
    refers: refersTo({ act, event }),
  };
}

/** What is shown for a withheld field must be what the same statement withholds under the same name. */
export async function openDisclosure({ jti, payload }, text) {
  let array;
  try {
    array = readJson(readBase64url(text));
  } catch {
    refuse("disclosure_form");
  }
  const [salt, word, content, ...more] = Array.isArray(array) ? array : [];
  if (more.length || word !== "value" || !isText(salt) || !isObject(content) || !hasJust(content, "jti", "name", "v")) refuse("disclosure_form");
  if (![content.jti, content.name, content.v].every(isText) || saltLength(salt) !== 16) refuse("disclosure_form");
  const withheld = asObject(payload.withheld);
  const digest = base64url(await sha256(utf8(text)));
  const signed = Object.hasOwn(withheld, content.name) ? withheld[content.name]._sd[0] : null;
  if (content.jti !== jti || signed !== digest) refuse("disclosure", { name: content.name });
  return { digest, value: content.v };
}
function saltLength(salt) {
  try {
    return readBase64url(salt).length;
  } catch {
    return refuse("disclosure_form");
  }
}

// --- what the log's index knows a leaf by (docs/trail-format.md, 5) ---

const MEMBERS = {
  epcClass: "lot", "coffee:lot": "lot", "coffee:sampleLot": "lot",
  party: "party", operator: "party", guardian: "party", kid: "kid", eventID: "event",
};
const HANDS = { possessing_party: "party", owning_party: "party" };
const TYPED = { source: HANDS, destination: HANDS, bizTransaction: { upevt: "event" } };
const REGISTERS = { genesis: "operator", register_party: "party", register_site: "site", register_plot: "plot", register_key: "kid" };

/** Its names, as "kind\0id". */
export function namesOf({ payload, kid, jti, iss, act, subject }) {
  const names = new Set([`act\0${act}`, `event\0${jti}`, `party\0${iss}`, `kid\0${kid}`]);
  const waiting = [payload.event, payload.subject];
  for (const value of waiting) {
    if (Array.isArray(value)) waiting.push(...value);
    else if (isObject(value))
      for (const [member, inner] of Object.entries(value)) {
        if (!isText(inner)) waiting.push(inner);
        else if (Object.hasOwn(MEMBERS, member)) names.add(`${MEMBERS[member]}\0${inner}`);
        else if (Object.hasOwn(TYPED, member) && Object.hasOwn(TYPED[member], value.type)) names.add(`${TYPED[member][value.type]}\0${inner}`);
      }
  }
  if (Object.hasOwn(REGISTERS, act) && isText(subject[REGISTERS[act]])) names.add(`registered\0${subject[REGISTERS[act]]}`);
  if (act === "genesis") names.add(`registered\0${kid}`);
  return names;
}
