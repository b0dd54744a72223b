// Run by test_verify_js.py with planted bugs: folders with a changed copy of the modules, and the bundle that finds it.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { pathToFileURL } from "node:url";

import { shared, verdictOn } from "./cases.mjs";

const { PAGES, MUTANTS } = process.env;
const cases = shared();
const pages = JSON.parse(readFileSync(PAGES, "utf8"));

for (const name of readdirSync(MUTANTS)) {
  test(name, async () => {
    const finder = readFileSync(`${MUTANTS}/${name}/finder.txt`, "utf8");
    const { verifyBundle } = await import(pathToFileURL(`${MUTANTS}/${name}/verify.js`));
    const page = pages.find((one) => one.name === finder);
    if (page) {
      const { outcome, code } = await verifyBundle(page.bundle, { shown: page.shown });
      assert.notDeepEqual([outcome, code], [page.outcome, page.code], `"${finder}" does not find it`);
      return;
    }
    const { made, ...expected } = cases.find((one) => one.name === finder);
    const result = await verdictOn(verifyBundle, made);
    const judged = [result.outcome, result.code, result.step, result.at, Boolean(result.memory)];
    const { outcome, code, step, at, kept } = expected;
    assert.notDeepEqual(judged, [outcome, code, step, at, kept], `"${finder}" does not find it`);
  });
}
