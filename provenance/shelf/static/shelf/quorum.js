// Who else vouches: C2SP's tlog-cosignature and the quorum of a tlog-policy.
import { hex, refuse, utf8 } from "./bytes.js";
import { verifySignature } from "./ed25519.js";
import { readVkey } from "./log.js";

const listed = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

/** {met, at, words} of a checkpoint's lines; `met` is null where the policy asks for nobody, `at` in seconds. */
export async function judgeQuorum({ text, signatures }, policy = "quorum none") {
  const [witnesses, groups, times, beyond] = [new Map(), new Map(), new Map(), []];
  let quorum = "none";
  for (const [kind, name, what, ...members] of policy.split("\n").map((line) => line.trim().split(/\s+/))) {
    if (kind === "witness") witnesses.set(name, await readVkey(what));
    if (kind === "group") groups.set(name, [{ any: 1, all: members.length }[what] ?? Number(what), members]);
    if (kind === "quorum") quorum = name;
  }
  for (const [name, key] of witnesses) {
    for (const [signer, bytes] of signatures) {
      if (signer !== key.name || hex(bytes.slice(0, 4)) !== key.id) continue;
      if (key.type !== 4) {
        beyond.push(name);
        continue;
      }
      const time = new DataView(bytes.buffer).getBigUint64(4);
      const signed = utf8(`cosignature/v1\ntime ${time}\n${text}`);
      if (!(await verifySignature(key.raw, bytes.slice(12), signed))) refuse(`the witness ${name} did not sign it`);
      times.set(name, Number(time));
    }
  }
  // Since when: no member alone makes it newer.
  const vouches = (name) => {
    const [threshold, members] = groups.get(name) ?? [];
    return members ? members.map(vouches).sort((a, b) => b - a)[threshold - 1] : times.get(name);
  };
  if (quorum === "none") return { met: null, words: "no witness is asked for" };
  const at = vouches(quorum);
  if (at) {
    // What follows a name's last slash tells its keys apart.
    const names = listed([...new Set([...times.keys()].map((name) => name.replace(/\/[^/]*$/, "")))]).replaceAll("_", " ");
    return { met: true, at, words: `witnessed by ${names} on ${new Date(at * 1000).toUTCString().slice(5, 22)} UTC` };
  }
  const but = beyond.length ? `, or by ${listed(beyond)} only, whose ML-DSA a browser cannot check` : "";
  return { met: false, words: `not witnessed yet${but}` };
}
