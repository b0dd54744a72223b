// Reads the shared bundles (provenance/pack/tests/testdata/bundles/README.md).
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

const { BUNDLES } = process.env;

export const shared = () =>
  JSON.parse(readFileSync(`${BUNDLES}/manifest.json`, "utf8")).cases.map((row) => ({
    ...row,
    made: JSON.parse(gunzipSync(readFileSync(`${BUNDLES}/${row.file}`))),
  }));

/** The verdict of one `verifyBundle` on one case. */
export const verdictOn = (verifyBundle, { bundle, memory, tiles, live, now }) =>
  verifyBundle(bundle, { memory, live, now, readTile: (path) => (path in tiles ? Uint8Array.from(Buffer.from(tiles[path], "hex")) : null) });
