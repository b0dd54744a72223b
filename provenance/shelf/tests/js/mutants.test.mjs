// Run by test_verify_js.py with planted bugs: folders with a changed copy of the modules, and the bundle that finds it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

const { CASES, MUTANTS } = process.env;
const cases = JSON.parse(readFileSync(CASES, "utf8"));

for (const name of readdirSync(MUTANTS)) {
  test(name, async () => {
    const finder = readFileSync(`${MUTANTS}/${name}/finder.txt`, "utf8");
    const { bundle, memory, shown, outcome, step, said, kept } = cases.find((one) => one.name === finder);
    const { verifyBundle } = await import(pathToFileURL(`${MUTANTS}/${name}/verify.js`));
    const result = await verifyBundle(bundle, memory, shown);
    const judged = [result.outcome, result.step, result.reason.includes(said), Boolean(result.memory)];
    assert.notDeepEqual(judged, [outcome, step, true, kept], `"${finder}" does not find it`);
  });
}
