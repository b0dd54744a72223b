// The check on the shopper's own phone. It takes the signed statements behind a page and ends in one of three outcomes:
//   checked    every statement is signed with a key that the log itself lists, and lies in the log unchanged
//   mismatch   something contradicts a signature, a proof, or what this phone saw earlier; the step is named
//   unchecked  it could not be found out: no network, an old browser, not yet in the log; this is never called fraud
// Formats: docs/trail-format.md. Trust begins with the log's first entry, which the phone remembers from its first visit.
import { Mismatch, Unchecked, base64, base64url, equal, hex, readBase64, readBase64url, readJson, refuse, sha256, utf8 } from "./bytes.js";
import { isGoodKey, verifySignature } from "./ed25519.js";
import { checkConsistency, checkInclusion, leafHash, openCheckpoint } from "./log.js";
import { judgeQuorum } from "./quorum.js";

const HEADER = /^{"alg":"Ed25519","kid":"([\w-]{43})","typ":"provenance-event\+sd-jwt"}$/;

const ascii = (bytes) => String.fromCharCode(...bytes);
const hasJust = (object, ...names) => Object.keys(object).sort().join() === names.sort().join();

async function openStatement(entry) {
  const parts = entry.jws.length > 16384 ? [] : entry.jws.split(".");
  if (parts.length !== 3) refuse("it is not a signed statement");
  const [header, payload, signature] = parts.map(readBase64url);
  const [, kid] = HEADER.exec(ascii(header)) ?? refuse("its header is not the one that every statement has");
  const read = readJson(payload);
  if (String(read.v) !== "1") refuse("it is of a version that this page does not know");
  return { ...entry, kid, payload: read, signature, signed: utf8(`${parts[0]}.${parts[1]}`), leaf: await leafHash(utf8(entry.jws)) };
}

/** What is shown for a withheld field must be what the same statement withholds under the same name. */
async function openDisclosures({ payload, disclosures = [] }) {
  const opened = [];
  for (const text of disclosures) {
    const [salt, word, content, ...more] = readJson(readBase64url(text));
    if (readBase64url(salt).length !== 16 || word !== "value" || more.length || !hasJust(content, "jti", "name", "v"))
      refuse("a shown field cannot be read");
    const withheld = payload.withheld?.[content.name];
    const signed = withheld && hasJust(withheld, "_sd") && withheld._sd.length === 1 ? withheld._sd[0] : null;
    if (content.jti !== payload.jti || signed !== base64url(await sha256(utf8(text))))
      refuse(`the ${content.name} that is shown is not the one that was signed`);
    opened.push({ digest: signed, value: content.v });
  }
  return opened;
}

/** The keys that may sign. They come only from statements that were themselves checked, in the order of the log. */
class Keys {
  #keys = new Map();

  async enrol(party, x, kid) {
    const raw = readBase64url(x);
    const print = base64url(await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
    if (!isGoodKey(raw) || print !== kid) refuse("the key it registers is weak or misnamed");
    if (this.#keys.has(kid)) refuse("the key it registers belongs to somebody already");
    this.#keys.set(kid, { party, raw, until: Infinity });
  }

  async check({ kid, payload, signature, signed, place = 0 }) {
    const key = this.#keys.get(kid) ?? refuse("its key is not registered in the log");
    if (key.party !== payload.iss) refuse("its key belongs to somebody else");
    if (place > key.until) refuse("its key had been revoked");
    if (!(await verifySignature(key.raw, signature, signed))) refuse("its signature is wrong");
  }

  async learn({ payload, place, kid }) {
    const { act, subject, aud, jti } = payload;
    if (act === "register_key") {
      await this.enrol(subject.party, subject.x, subject.kid);
      const claims = { aud, party: subject.party, kid: subject.kid, registrar: kid, jti };
      const header = { alg: "Ed25519", kid: subject.kid, typ: "key-pop+jwt" };
      const message = [header, claims].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
      const [signed, signature] = [subject.pop.slice(0, message.length), subject.pop.slice(message.length + 1)];
      if (signed !== message || !(await verifySignature(readBase64url(subject.x), readBase64url(signature), utf8(message))))
        refuse("the key it registers did not agree");
    }
    if (act === "revoke_key") {
      const key = this.#keys.get(subject.kid);
      if (key) key.until = Math.min(key.until, place);
    }
  }
}

/** Run one part of the check; whatever fails in it is told under its title. */
async function within(title, work) {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Unchecked) throw error;
    throw new Mismatch(error instanceof Mismatch ? error.message : "it cannot be read", title);
  }
}

async function compareWithMemory(memory, genesis, checkpoint, consistency) {
  if (!memory) return;
  if (memory.genesis !== genesis) refuse("this is not the log that your phone saw before");
  if (checkpoint.size < memory.size)
    throw new Unchecked(`the log withholds entries that your phone saw before: it shows ${checkpoint.size} of ${memory.size}`);
  const root = readBase64(memory.root);
  if (checkpoint.size === memory.size) return equal(checkpoint.root, root) || refuse("the log shows another history than your phone saw before");
  if (!consistency) throw new Unchecked("the log did not prove that it only grew since your last visit");
  await checkConsistency(memory.size, root, checkpoint.size, checkpoint.root, consistency.map(readBase64));
}

const says = (value, said) =>
  value instanceof String || typeof value !== "object" || value === null
    ? String(value) === said
    : Object.values(value).some((inner) => says(inner, said));

/** Every step of the page must stand in the statements as it is shown, and every statement must be on the page. */
function compareWithPage(shown, lot, statements) {
  if (shown.lot !== lot) throw new Mismatch("it is about another lot than the statements", "this page");
  const unseen = new Map(statements.filter(({ payload }) => payload.event).map((each) => [each.payload.jti, each]));
  for (const { title, events, said } of shown.steps) {
    const own = events.map(({ id, leaf }) => {
      const statement = unseen.get(id);
      if (!statement || hex(statement.leaf) !== leaf) throw new Mismatch("the page does not show what was signed", title);
      unseen.delete(id);
      return statement.payload;
    });
    for (const text of said) if (!says(own, text)) throw new Mismatch(`“${text}” does not stand in what was signed`, title);
  }
  for (const { title } of unseen.values()) throw new Mismatch("the page leaves it out", title);
  const values = new Map(statements.flatMap(({ opened }) => opened.map(({ digest, value }) => [digest, value])));
  for (const { digest, text } of shown.disclosed)
    if (values.get(digest) !== text) throw new Mismatch("it is not what was signed", `“${text}”`);
}

const LOG = "the log's first entry";
const CHECKPOINT = "the log's checkpoint";
const WEEK = 7 * 86400;

async function judge(bundle, memory, shown) {
  if (!globalThis.crypto?.subtle) throw new Unchecked("this browser offers no cryptography here (it needs https)");
  if (bundle?.v !== 1 || !Array.isArray(bundle.statements)) throw new Unchecked("the server's answer cannot be read");
  if (!bundle.checkpoint || !bundle.genesis) throw new Unchecked("nothing of this is in the log yet; look again in a minute");

  const keys = new Keys();
  const genesis = await within(LOG, () => openStatement({ ...bundle.genesis, index: 0 }));
  const fingerprint = hex(genesis.leaf);
  await within(LOG, async () => {
    const { act, iss, subject } = genesis.payload;
    if (act !== "genesis" || subject.origin !== bundle.origin || subject.operator !== iss) refuse("it belongs to another log");
    await keys.enrol(iss, subject.operator_jwk, genesis.kid);
    await keys.check(genesis);
  });
  // A retired log goes on under the next number, with keys that the first entry of the series lists.
  const [logs, notes] = [[], [...(bundle.retired ?? []), bundle.checkpoint]];
  const remembered = memory?.log ?? 0;
  let total = 0;
  if (remembered >= notes.length) throw new Unchecked("the log withholds its successor");
  for (const [number, note] of notes.entries()) {
    await within(CHECKPOINT, async () => {
      const opened = await openCheckpoint(note, genesis.payload.subject.vkeys.flat());
      if (opened.origin !== bundle.origin.replace(/\d+$/, (first) => Number(first) + number)) refuse("it belongs to another log");
      if (number === remembered) await compareWithMemory(memory, fingerprint, opened, bundle.consistency);
      logs.push({ ...opened, first: total });
      total += opened.size;
    });
  }
  const checkpoint = logs.at(-1);
  const quorum = await within("the log's witnesses", () => judgeQuorum(checkpoint, bundle.policy));
  if (memory?.witnessed && quorum.met === null) throw new Unchecked("the log named witnesses before, and names none now");
  if (shown && Date.now() / 1000 - quorum.at > WEEK)
    throw new Unchecked(`the log has withheld proof for over a week: it was last ${quorum.words}`);
  const prove = ({ index, leaf, proof, log = 0 }) => checkInclusion(index, logs[log].size, leaf, proof.map(readBase64), logs[log].root);
  await within(LOG, () => prove(genesis));

  const audience = `${bundle.origin.replace(/\/\d+$/, "")}#${hex(await sha256(utf8(genesis.jws))).slice(0, 16)}`;
  const place = ({ index, log = 0 }) => (index === null ? Number.MAX_SAFE_INTEGER : logs[log].first + index);
  const entries = bundle.statements.map((one) => ({ ...one, place: place(one) })).sort((a, b) => a.place - b.place);
  const statements = [];
  const known = new Set();
  for (const entry of entries) {
    await within(entry.title, async () => {
      const statement = await openStatement(entry);
      const { aud, jti } = statement.payload;
      if (aud !== audience) refuse("it was signed for another log");
      if (known.has(jti)) refuse("it stands twice");
      known.add(jti);
      await keys.check(statement);
      if (entry.index !== null) await prove(statement);
      await keys.learn(statement);
      statements.push({ ...statement, opened: await openDisclosures(statement) });
    });
  }
  for (const [number, { text }] of logs.slice(0, -1).entries()) {
    const next = statements.find(({ log, index, payload }) => log === number + 1 && index === 0 && payload.act === "succession");
    if (next?.payload.iss !== genesis.payload.iss || !next.payload.subject.retired.startsWith(`${text}\n`))
      throw new Mismatch("its operator did not hand it over", LOG);
  }
  if (shown) compareWithPage(shown, bundle.lot, statements);

  // What no quorum has seen may be a history for this phone alone: the next visit is not held against it.
  const seen = { genesis: fingerprint, log: logs.length - 1, size: checkpoint.size, root: base64(checkpoint.root), witnessed: quorum.met ?? false };
  const kept = quorum.met === false ? undefined : seen;
  const waiting = entries.filter(({ index }) => index === null).length;
  if (waiting) {
    const reason = `${waiting} of ${entries.length} statements are recorded, but not yet in the log; look again in a minute`;
    return { outcome: "unchecked", step: null, reason, memory: kept };
  }
  const reason = `${entries.length} signed statements, each in the log of ${total} entries, ${quorum.words}`;
  return { outcome: "checked", step: null, reason, memory: kept };
}

/**
 * Check a bundle. `memory` is what an earlier check of this log returned (or null); `shown` is what the page says (or
 * null): {lot, steps: [{title, events: [{id, leaf}], said: [text]}], disclosed: [{digest, text}]}.
 * Answers {outcome, step, reason, memory}; `memory` only where it may be kept for the next visit.
 */
export async function verifyBundle(bundle, memory = null, shown = null) {
  try {
    return await judge(bundle, memory, shown);
  } catch (error) {
    if (error instanceof Mismatch) return { outcome: "mismatch", step: error.step, reason: error.message };
    const reason = error instanceof Unchecked ? error.message : "the check itself broke off on this browser";
    return { outcome: "unchecked", step: null, reason };
  }
}
