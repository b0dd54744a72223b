// Run by test_verify_js.py: the shared bundles, each named after its damage, and pages over them.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { readJson, utf8 } from "../../static/shelf/bytes.js";
import { isGoodKey, verifySignature } from "../../static/shelf/ed25519.js";
import { verifyBundle } from "../../static/shelf/verify.js";
import { shared, verdictOn } from "./cases.mjs";

const { PAGES, VECTORS = "" } = process.env;
const bytes = (hex) => Uint8Array.from(Buffer.from(hex, "hex"));

for (const { name, made, outcome, code, step, at, kept } of shared()) {
  test(name, async () => {
    const result = await verdictOn(verifyBundle, made);
    assert.deepEqual([result.outcome, result.code, result.step, result.at], [outcome, code, step, at], JSON.stringify(result.params));
    assert.equal(Boolean(result.memory), kept);
    assert.equal(Boolean(result.contradiction), code === "another_history");
  });
}

for (const { name, bundle, shown, outcome, code } of JSON.parse(readFileSync(PAGES, "utf8"))) {
  test(name, async () => {
    const result = await verifyBundle(bundle, { shown });
    assert.deepEqual([result.outcome, result.code], [outcome, code], JSON.stringify(result.params));
  });
}

const whole = shared().find(({ name }) => name === "whole").made.bundle;

test("the check names what it saw, so that the next visit can compare", async () => {
  const { memory } = await verifyBundle(whole);
  assert.equal(memory.size, 6);
  assert.equal((await verifyBundle(whole, { memory })).outcome, "checked");
});

test("without the browser's cryptography nothing is called fraud", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto");
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  const result = await verifyBundle(whole);
  Object.defineProperty(globalThis, "crypto", own);
  assert.deepEqual([result.outcome, result.code], ["unchecked", "no_crypto"]);
});

test("a fault of the network while tiles are fetched is no fraud", async () => {
  const { made } = shared().find(({ name }) => name === "grown since the last visit");
  const readTile = async () => {
    throw new TypeError("Failed to fetch");
  };
  assert.equal((await verifyBundle(made.bundle, { memory: made.memory, readTile })).outcome, "unchecked");
});

const cctv = `${VECTORS}/cctv-ed25519/ed25519vectors.json`;
test("no signature with a point of low order or in another spelling passes", { skip: !existsSync(cctv) }, async () => {
  const wrong = new Set(["low_order_R", "low_order_A", "non_canonical_A", "non_canonical_R"]);
  for (const { number, key, sig, msg, flags } of JSON.parse(readFileSync(cctv, "utf8"))) {
    const refused = (flags ?? []).some((flag) => wrong.has(flag));
    const native = await verifySignature(bytes(key), bytes(sig), utf8(msg));
    const plain = await verifySignature(bytes(key), bytes(sig), utf8(msg), { native: false });
    assert.equal(native, plain, `vector ${number}`);
    if (refused) assert.equal(native, false, `vector ${number}`);
  }
});

test("points of small order, in whatever spelling, are no keys", () => {
  const small = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  ];
  for (const key of small) assert.equal(isGoodKey(bytes(key)), false, key);
});

const wycheproof = `${VECTORS}/wycheproof/ed25519_test.json`;
test("every Wycheproof signature is judged as expected, by the browser and without it", { skip: !existsSync(wycheproof) }, async () => {
  for (const { publicKey, tests } of JSON.parse(readFileSync(wycheproof, "utf8")).testGroups) {
    const key = bytes(publicKey.pk);
    assert.equal(isGoodKey(key), true);
    for (const { tcId, msg, sig, result } of tests)
      for (const native of [true, false])
        assert.equal(await verifySignature(key, bytes(sig), bytes(msg), { native }), result === "valid", `tcId ${tcId}`);
  }
});

const suite = `${VECTORS}/json-test-suite/test_parsing`;
test("JSON that must be refused is refused", { skip: !existsSync(suite) }, async () => {
  const { readdirSync } = await import("node:fs");
  const files = readdirSync(suite).filter((name) => name.startsWith("n_"));
  assert.ok(files.length > 100);
  for (const name of files) assert.throws(() => readJson(new Uint8Array(readFileSync(`${suite}/${name}`))), undefined, name);
});
