// Who may say what, as far as the statements of one bundle tell, in the log's order. The law is the table in law.js; the
// Python twin of this reader is provenance/pack/bundle/standing.py.
import { Unchecked, base64url, readBase64url, refuse, sha256, utf8 } from "./bytes.js";
import { isGoodKey, verifySignature } from "./ed25519.js";
import { OVERSIGHT } from "./law.js";
import { isObject } from "./statement.js";

const union = (...sets) => new Set(sets.flatMap((set) => [...(set ?? [])]));
const every = (set, holds) => [...set].every(holds);

async function checkKey(raw, x, kid) {
  const print = base64url(await sha256(utf8(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`)));
  if (!isGoodKey(raw) || print !== kid) refuse("key_weak");
}

/** What the statements so far have established. `held`: for each lot, everybody who can have owned or held it. */
export class Standing {
  parties = new Map();
  sites = new Map(); // to their party
  plots = new Map(); // to their site
  keys = new Map();
  ended = new Set();
  events = new Map();
  corrected = new Set();
  openers = new Map();
  held = new Map();

  constructor(lots) {
    this.lots = new Set(lots);
  }

  async begin(genesis) {
    const x = String(genesis.subject.operator_jwk);
    const raw = readBase64url(x);
    await checkKey(raw, x, genesis.kid);
    [this.operator, this.firstKey] = [genesis.iss, genesis.kid];
    this.parties.set(genesis.iss, { roles: ["operator"], namedOnly: true });
    this.keys.set(genesis.kid, { party: genesis.iss, raw });
    await this.#checkSignature(genesis);
    this.events.set(genesis.jti, genesis);
  }

  /** Whether it is there only so that all of its kind are: what would judge it is not, and nothing hangs on it. */
  isBystander({ act, subject, about }) {
    if (act === "revoke_key") return !this.keys.has(subject.kid);
    return (act === "recall" || act === "lift_recall") && every(about, (lot) => !this.lots.has(lot));
  }
  passBy({ act, subject }) {
    if (act === "revoke_key") this.ended.add(subject.kid);
  }

  async judge(said) {
    const key = this.keys.get(said.kid) ?? refuse("key_unknown");
    if (key.party !== said.iss) refuse("key_of_another");
    if (this.ended.has(said.kid)) refuse("key_ended");
    await this.#checkSignature(said);
    const { act, row, makes, iss } = said;
    if (!row.by) throw new Unchecked("act_unknown", { act });
    if (!row.by.some((who) => MAY[who](this, said))) refuse("not_allowed", { act });
    for (const lot of [...makes].sort())
      if (this.lots.has(lot) && (this.openers.get(lot) ?? iss) !== iss) refuse("lot_of_another", { lot });
    await EFFECTS[act]?.(this, said);
    this.events.set(said.jti, said);
    if (row.moves) this.#move(said);
  }

  async #checkSignature({ kid, signature, signed }) {
    if (!(await verifySignature(this.keys.get(kid).raw, signature, signed))) refuse("signature");
  }

  #move(said) {
    const { iss, refers, makes, begins, about, parties, lots } = said;
    for (const lot of refers ? makes : union(makes, begins)) if (!this.openers.has(lot)) this.openers.set(lot, iss);
    const hands = union(parties, ...[...about].map((lot) => this.held.get(lot)));
    for (const lot of lots) this.held.set(lot, union(this.held.get(lot), hands));
  }

  /** Everybody and everything whose registration the statements were judged by. */
  get registered() {
    return [this.parties, this.sites, this.plots, this.keys].flatMap((map) => [...map.keys()]);
  }
}

function subjectParty({ sites, keys }, { act, subject }) {
  if (act === "register_plot") return sites.get(subject.site);
  return act === "revoke_key" ? keys.get(subject.kid)?.party : subject.party;
}
function sitePartyOf({ sites }, { site = "" }) {
  // A load that is lost on its way is disposed of where it is: with its sender.
  return sites.get(site) ?? (site.startsWith("urn:uuid:") ? "" : refuse("not_registered"));
}

const MAY = {
  anybody: () => true,
  operator: ({ operator }, { iss }) => iss === operator,
  "first key": ({ operator, firstKey }, { iss, kid, subject, index }) =>
    iss === operator && kid === firstKey && String(subject.upto) === String(index),
  "guardian named": (_, { iss, subject }) => iss === subject.guardian,
  own(standing, said) {
    const uri = subjectParty(standing, said);
    const { guardian } = standing.parties.get(uri) ?? refuse("not_registered");
    return [uri, guardian, standing.operator].includes(said.iss);
  },
  site: (standing, said) => sitePartyOf(standing, said) === said.iss,
  guardian: (standing, said) => standing.parties.get(sitePartyOf(standing, said))?.guardian === said.iss,
  holder: ({ lots, held }, { iss, about }) => every(about, (lot) => !lots.has(lot) || Boolean(held.get(lot)?.has(iss))),
  addressee(standing, said) {
    const sent = standing.events.get(said.refers);
    if (sent && !standing.corrected.has(sent.jti)) return sent.act === "dispatch" && sent.addressee === said.iss;
    return said.act === "receive" && sitePartyOf(standing, said) === said.iss;
  },
  signer: ({ events }, { refers, iss }) => events.get(refers)?.iss === iss,
  concerned({ events, lots, held }, { refers, iss }) {
    const about = events.get(refers);
    if (!about || !every(about.lots, (lot) => lots.has(lot))) return true;
    return union(about.parties, ...[...about.lots].map((lot) => held.get(lot))).has(iss);
  },
  auditor: ({ parties }, { iss }) => hasRole(parties.get(iss), "auditor"),
  officer: ({ parties }, { iss }) => hasRole(parties.get(iss), "officer"),
};

const hasRole = (party, role) => Boolean(party?.roles.includes(role));

const first = (known, uri) => {
  if (typeof uri !== "string") refuse("form");
  return known.has(uri) ? refuse("registered_twice") : uri;
};

const EFFECTS = {
  register_party({ parties, operator }, { iss, act, subject }) {
    const known = new Set([...parties].filter(([, { namedOnly }]) => !namedOnly).map(([uri]) => uri));
    const uri = first(known, subject.party);
    const roles = [...(subject.roles ?? [])];
    if (iss !== operator && OVERSIGHT.some((role) => roles.includes(role))) refuse("not_allowed", { act });
    parties.set(uri, { roles, guardian: subject.guardian });
  },
  register_site: ({ sites }, { subject }) => sites.set(first(sites, subject.site), subject.party),
  register_plot: ({ plots }, { subject }) => plots.set(first(plots, subject.plot), subject.site),
  async register_key({ keys, ended }, { kid: registrar, aud, jti, subject }) {
    const { party, kid, x, pop } = subject;
    if (keys.has(kid) || ended.has(kid)) refuse("key_taken");
    const raw = readBase64url(x);
    await checkKey(raw, x, kid);
    const header = { alg: "Ed25519", kid, typ: "key-pop+jwt" };
    const message = [header, { aud, party, kid, registrar, jti }].map((part) => base64url(utf8(JSON.stringify(part)))).join(".");
    const [signed, signature] = [pop.slice(0, message.length + 1), pop.slice(message.length + 1)];
    if (signed !== `${message}.` || !(await verifySignature(raw, popSignature(signature), utf8(message)))) refuse("key_pop");
    keys.set(kid, { party, raw });
  },
  revoke_key({ ended }, { subject: { kid } }) {
    if (ended.has(kid)) refuse("key_ended");
    ended.add(kid);
  },
  succession(standing, { kid }) {
    standing.firstKey = kid;
  },
  correct({ events, corrected }, { refers, event }) {
    const original = events.get(refers);
    const { errorDeclaration, ...repeated } = event;
    if (corrected.has(refers) || original.act === "correct" || !same(repeated, original.event)) refuse("correction");
    corrected.add(refers);
  },
};

function popSignature(text) {
  try {
    return readBase64url(text);
  } catch {
    return refuse("key_pop");
  }
}

/** Equal as JSON; numbers by what they are worth. */
function same(a, b) {
  if (a instanceof String && b instanceof String) return Number(a) === Number(b);
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, at) => same(one, b[at]));
  if (!isObject(a) || !isObject(b)) return a === b;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => Object.hasOwn(b, name) && same(a[name], b[name]));
}
