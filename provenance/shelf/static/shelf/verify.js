// The check on the shopper's own phone. It takes the signed statements behind a page and ends in one of three outcomes:
//   checked    every statement is signed by who may say it, lies in the log unchanged, and none is left out
//   mismatch   something contradicts a signature, a proof, or what this phone saw earlier; the step is named
//   unchecked  it could not be found out: no network, an old browser, not yet in the log; this is never called fraud
// It answers codes; the words stand in provenance/shelf/proving/words.py. The Python twin is provenance/pack/bundle, and
// both are held together by the bundles in provenance/pack/tests/testdata/bundles. Step by step: docs/verify.md.
import { Mismatch, Unchecked, base64, equal, hex, readBase64, refuse, sha256, utf8 } from "./bytes.js";
import { ancestry, checkComplete } from "./complete.js";
import { hasForm, jwsOf } from "./form.js";
import { Tree, openCheckpoint, readHashes } from "./log.js";
import { checkPage } from "./shown.js";
import { isAsStrong, judgeQuorum, readPolicy } from "./quorum.js";
import { Standing } from "./standing.js";
import { openDisclosure, readStatement } from "./statement.js";

const WEEK = 7 * 86400;
const NO_WITNESSES = "quorum none\n";

class Check {
  logs = [];
  statements = [];

  constructor({ memory, shown, now, live, readTile }) {
    Object.assign(this, { memory, shown, now, live, readTile });
  }

  /** Whatever fails in this part of the check is told as this step's; `at`: the leaf that it is about. */
  async #within(step, at, work) {
    Object.assign(this, { step, at });
    try {
      return await work();
    } catch (error) {
      // Members that are missing or of another kind: whatever they break, the bundle is not in its form.
      throw error instanceof Mismatch || error instanceof Unchecked ? error : new Mismatch("form");
    }
  }

  async run(bundle) {
    if (!globalThis.crypto?.subtle) throw new Unchecked("no_crypto");
    if (!hasForm(bundle)) throw new Unchecked("bundle_form");
    if (!bundle.checkpoint || !bundle.statements.length) throw new Unchecked("not_published");
    const standing = new Standing(bundle.lots);
    const genesis = await this.#within("genesis", null, () => begin(bundle, standing));
    await this.#within("checkpoint", null, () => this.#openLogs(bundle, genesis));
    await this.#within("checkpoint", null, () => this.#compareWithMemory(genesis));
    const [quorum, policy] = await this.#within("witnesses", null, () => this.#askWitnesses(bundle));
    await this.#judgeStatements(bundle, genesis, standing);
    await this.#within("genesis", null, () => this.#checkSuccessions());
    const way = ancestry(bundle.lot, this.statements, standing.corrected);
    await this.#within("index", null, () => {
      for (const lot of [...way].sort()) if (!standing.lots.has(lot)) refuse("lot_missing", { lot });
    });
    const indexed = await this.#checkCompleteness(bundle, standing);
    if (this.shown) await this.#within("page", null, () => checkPage(this.shown, bundle.lot, way, this.statements));

    const last = this.logs.at(-1);
    // What no quorum has seen may be a history for this phone alone: the next visit is not held against it.
    const memory =
      indexed && quorum.met !== false
        ? { genesis: hex(genesis.leaf), log: this.logs.length - 1, size: last.size, root: base64(last.root), note: last.note, policy, at: quorum.at ?? null }
        : undefined;
    const statements = this.statements.length;
    const waiting = this.statements.filter(({ index }) => index === null).length;
    if (waiting) return { outcome: "unchecked", code: "waiting", params: { waiting, statements }, memory };
    if (!indexed) throw new Unchecked("not_indexed");
    const { first } = last;
    // The indexes of logs that ended are not asked.
    const found = first ? { code: "checked_anew" } : { code: "checked" };
    return { outcome: "checked", ...found, params: { statements, entries: first + last.size, first, ...told(quorum) }, memory };
  }

  // --- the log ---

  /** A retired log goes on under the next number, with keys that the first entry of the series lists. */
  async #openLogs(bundle, genesis) {
    let [origin, first] = [genesis.subject.origin, 0];
    for (const note of [...bundle.retired, bundle.checkpoint]) {
      const opened = await openCheckpoint(note, origin, genesis.subject.vkeys.flat());
      this.logs.push({ ...opened, first, tree: new Tree(opened.size, opened.root) });
      [origin, first] = [origin.replace(/\d+$/, (number) => Number(number) + 1), first + opened.size];
    }
  }

  async #compareWithMemory(genesis) {
    const { memory } = this;
    if (!memory) return;
    if (memory.genesis !== hex(genesis.leaf)) refuse("another_log_than_before");
    const log = this.logs[memory.log];
    if (!log) throw new Unchecked("successor_withheld");
    if (log.size < memory.size) throw new Unchecked("entries_withheld", { size: log.size, remembered: memory.size });
    const before = log.size === memory.size ? log.root : await rootBefore(log, memory.size, this.readTile);
    if (equal(before, readBase64(memory.root))) return;
    this.contradiction = [memory.note ?? "", log.note];
    refuse("another_history");
  }

  async #askWitnesses(bundle) {
    const [{ memory }, last] = [this, this.logs.at(-1)];
    let offered = bundle.policy || NO_WITNESSES;
    let quorum = await judgeQuorum(last, await readPolicy(offered));
    if (memory?.policy && !isAsStrong(await readPolicy(offered), await readPolicy(memory.policy))) {
      // Both have to be satisfied: a server must not talk a phone out of the witnesses that it knows.
      offered = memory.policy;
      quorum = await judgeQuorum(last, await readPolicy(offered));
      if (!quorum.met) throw new Unchecked("policy_weaker");
    }
    const since = quorum.met ? quorum.at : quorum.met === false && memory?.at;
    if (this.live && since && this.now - since > WEEK) throw new Unchecked("proof_withheld", { since });
    return [quorum, offered];
  }

  // --- the statements ---

  async #judgeStatements(bundle, genesis, standing) {
    const audience = `${this.logs[0].origin.replace(/\/\d+$/, "")}#${hex(await sha256(utf8(genesis.jws))).slice(0, 16)}`;
    const known = new Set();
    for (const entry of await this.#inOrder(bundle.statements)) {
      const { statement, log, index, proof, disclosures } = entry;
      const jws = (this.jws = jwsOf(statement));
      this.place = index === null ? null : this.logs[log].first + index;
      await this.#within("statement", [log, index], async () => {
        const said = await readStatement(jws, log, index);
        if (said.aud !== (said.act === "genesis" ? audience.split("#")[0] : audience)) refuse("another_log");
        if (known.has(said.jti)) refuse("stands_twice");
        known.add(said.jti);
        if (index !== null) await this.logs[log].tree.prove(index, said.leaf, readHashes(proof));
        if (!equal(said.leaf, genesis.leaf)) {
          if (standing.isBystander(said)) standing.passBy(said);
          else await standing.judge(said);
        }
        said.place = index === null ? null : this.logs[log].first + index;
        said.opened = [];
        for (const text of disclosures) said.opened.push(await openDisclosure(said, text));
        this.statements.push(said);
      });
    }
  }

  /** In the order of the series; what has no place yet comes last. */
  async #inOrder(entries) {
    const places = new Map();
    for (const entry of entries) {
      const { log, index } = entry;
      await this.#within("statement", [log, index], () => {
        if (index === null) places.set(entry, Infinity);
        else if (!this.logs[log]) refuse("proof");
        else places.set(entry, this.logs[log].first + index);
      });
    }
    return [...entries].sort((a, b) => (places.get(a) === places.get(b) ? 0 : places.get(a) - places.get(b)));
  }

  #checkSuccessions() {
    for (const [number, { text }] of this.logs.slice(0, -1).entries()) {
      const next = this.statements.find(({ log, index, act }) => log === number + 1 && index === 0 && act === "succession");
      if (!String(next?.subject.retired).startsWith(`${text}\n`)) refuse("not_handed_over");
    }
  }

  /** Whether the checkpoint ends in an index leaf, by which nothing is left out. */
  async #checkCompleteness(bundle, standing) {
    const [number, last] = [this.logs.length - 1, this.logs.at(-1).size - 1];
    const index = this.statements.find((said) => said.log === number && said.index === last && said.act === "index");
    if (!index) return false;
    const blame = (leaf) => (this.at = [number, leaf]);
    await this.#within("index", [number, last], () => checkComplete(bundle.index, index, this.statements, standing, blame));
    return true;
  }
}

/** Nobody needs it on a first visit, so it is loaded when it is. */
async function rootBefore(log, size, readTile) {
  const { earlierRoot } = await import("./growth.js").catch(() => {
    throw new Unchecked("growth_not_proved");
  });
  return earlierRoot(log, size, readTile);
}

async function begin(bundle, standing) {
  const [{ statement, log, index }] = bundle.statements;
  const genesis = await readStatement(jwsOf(statement), 0, 0);
  const { act, iss, subject } = genesis;
  if (act !== "genesis" || log !== 0 || index !== 0 || subject.origin !== bundle.origin || subject.operator !== iss) refuse("another_log");
  await standing.begin(genesis);
  return genesis;
}

function told({ met, at, names, beyond }) {
  if (met === null) return { vouched: "none" };
  if (met) return { vouched: "witnessed", names, at };
  return { vouched: beyond.length ? "beyond" : "not_yet", names: beyond };
}

/**
 * Check a bundle. `memory` is what an earlier check of this log returned; `shown` is what the page says: {lot, steps:
 * [{title, leaves: [place in the series], digest: half of SHA-256 over their leaf hashes, waiting: [{id, leaf}] of
 * what has no place, said: [text]}], disclosed: [{digest: its first 12 letters, text}]}; `readTile` gives a tile's bytes by its path, or nothing; `live`: the
 * bundle was just served, so that its witnesses have to be recent at `now` (seconds).
 * Answers {outcome, code, step, at, params, jws, place, memory, contradiction}: `jws` and `place` in the series of the
 * statement that is to blame, where one is; `memory` only where it may be kept for the next visit; `contradiction`: two checkpoints of which one is a lie.
 */
export async function verifyBundle(bundle, { memory = null, shown = null, readTile = () => null, live = false, now = Date.now() / 1000 } = {}) {
  const check = new Check({ memory, shown, readTile, live, now });
  try {
    return { step: null, at: null, ...(await check.run(bundle)) };
  } catch (error) {
    const { code, params } = error;
    if (error instanceof Mismatch)
      return { outcome: "mismatch", code, params, step: check.step, at: check.at, ...(check.step === "statement" && { jws: check.jws, place: check.place }), contradiction: check.contradiction };
    const unchecked = { outcome: "unchecked", step: null, at: null };
    return error instanceof Unchecked ? { ...unchecked, code, params } : { ...unchecked, code: "broke_off" };
  }
}
