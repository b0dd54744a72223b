// Who else vouches: C2SP's tlog-cosignature and the quorum of a tlog-policy. The Python twin is
// provenance/pack/bundle/quorum.py.
import { refuse, utf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { COSIGNATURE, ML_DSA, claims, readVkey } from "./log.js";

// Compared by trying all sets of witnesses: a policy with more is not found as strong as another.
const MOST_COMPARED = 10;

// What follows a name's last slash tells its keys apart.
const spoken = (names) => [...new Set([...names].map((name) => name.replace(/(.)\/[^/]*$/, "$1").replaceAll("_", " ")))];

/** {witnesses, groups, quorum} of a policy file, in its one form. */
export async function readPolicy(text) {
  const policy = { witnesses: new Map(), groups: new Map(), quorum: undefined };
  const { witnesses, groups } = policy;
  const members = new Set();
  const isDefined = (name) => witnesses.has(name) || groups.has(name);
  const bad = () => refuse("policy");
  for (const line of text.split("\n")) {
    const [kind, name, what, ...more] = line.split(/[ \t]+/).filter(Boolean);
    if (!kind || kind.startsWith("#")) continue;
    if (kind === "quorum") {
      if (policy.quorum !== undefined || what !== undefined || (name !== "none" && !isDefined(name))) bad();
      policy.quorum = name;
      continue;
    }
    if ((kind !== "witness" && kind !== "group") || !what || name === "none" || isDefined(name)) bad();
    if (kind === "witness") {
      const key = await readVkey(what).catch(bad);
      if (more.length > 1 || ![COSIGNATURE, ML_DSA].includes(key.type) || [...witnesses.values()].some((other) => `${other.raw}` === `${key.raw}`)) bad();
      witnesses.set(name, key);
      continue;
    }
    const threshold = { any: 1, all: more.length }[what] ?? (/^[1-9]\d{0,5}$/.test(what) ? Number(what) : bad());
    if (!more.length || threshold > more.length) bad();
    for (const member of more) if (!isDefined(member) || members.has(member) || !members.add(member)) bad();
    groups.set(name, { threshold, members: more });
  }
  return policy.quorum === undefined ? bad() : policy;
}

/** Since when the quorum has cosigned, given each witness's time; no member alone makes it newer. */
function quorumTime({ groups, quorum }, times) {
  const vouches = (name) => {
    const group = groups.get(name);
    if (!group) return times.get(name) ?? -1;
    return group.members.map(vouches).sort((a, b) => b - a)[group.threshold - 1];
  };
  return vouches(quorum);
}

/** {met, at, names, beyond}: `met` is null where the policy asks for nobody, `at` in seconds. */
export async function judgeQuorum({ text, lines }, policy) {
  const [times, beyond] = [new Map(), []];
  for (const [name, key] of policy.witnesses) {
    for (const line of lines.filter((one) => claims(one, key))) {
      if (key.type !== COSIGNATURE) {
        beyond.push(name);
        continue;
      }
      const { bytes } = line;
      const time = bytes.length === 72 ? new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0) : -1n;
      const signed = utf8(`cosignature/v1\ntime ${time}\n${text}`);
      if (time < 0n || time >> 63n || !(await verifySignature(key.raw, bytes.slice(8), signed))) refuse("cosignature", { name: spoken([name])[0] });
      times.set(name, Math.max(times.get(name) ?? 0, Number(time)));
    }
  }
  if (policy.quorum === "none") return { met: null, names: [], beyond: [] };
  const at = quorumTime(policy, times);
  return at < 0 ? { met: false, names: [], beyond: spoken(beyond) } : { met: true, at, names: spoken(times.keys()), beyond: [] };
}

/** Whether whatever satisfies the policy offered satisfies the one kept: keys count, not what they are called. */
export function isAsStrong(offered, kept) {
  if (kept.quorum === "none") return true;
  const names = [...offered.witnesses.keys()];
  if (offered.quorum === "none" || names.length > MOST_COMPARED) return false;
  for (let some = 0; some < 1 << names.length; some += 1) {
    const signers = names.filter((_, at) => some & (1 << at));
    if (quorumTime(offered, new Map(signers.map((name) => [name, 1]))) < 0) continue;
    const keys = new Set(signers.map((name) => `${offered.witnesses.get(name).raw}`));
    const known = [...kept.witnesses].filter(([, { raw }]) => keys.has(`${raw}`));
    if (quorumTime(kept, new Map(known.map(([name]) => [name, 1]))) < 0) return false;
  }
  return true;
}
