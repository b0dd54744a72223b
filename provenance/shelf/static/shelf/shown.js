// Whether the page says what the statements say: every step as it was signed, and every statement that belongs there.
import { Unchecked, base64url, hex, join, refuse, sha256 } from "./bytes.js";

// So many letters of a digest tell which disclosed value is meant. That it is the signed one, the whole digest has shown.
const ENOUGH = 12;

const says = (value, said) =>
  value instanceof String || typeof value !== "object" || value === null
    ? String(value) === said
    : Object.values(value).some((inner) => says(inner, said));

const touches = (set, lots) => [...set].some((lot) => lots.has(lot));

/** Of one event: whether it belongs on the page of what came this `way`. What went elsewhere need not be told here. */
function belongs({ row, makes, begins, about }, way) {
  return touches(makes, way) || touches(begins, way) || (!row.aside && !row.about && touches(about, way));
}

/** `way`: the lot and all that it came from. Whatever is amiss is told under the step's title. */
export async function checkPage(shown, lot, way, statements) {
  if (shown.lot !== lot) refuse("page_of_another_lot");
  const known = new Map(statements.filter(({ payload }) => payload.event).map((each) => [each.jti, each]));
  const placed = new Map([...known.values()].filter(({ place }) => place !== null).map((each) => [each.place, each]));
  const unplaced = statements.filter(({ place }) => place === null).length;
  const seen = new Set();
  for (const { title, leaves, digest, waiting, said } of shown.steps) {
    const own = [...leaves.map((place) => placed.get(place)), ...waiting.map(({ id }) => known.get(id))];
    for (const statement of own) {
      // The page may know a place a moment before a checkpoint covers it.
      if (!statement && unplaced) throw new Unchecked("waiting", { waiting: unplaced, statements: statements.length });
      if (!statement || seen.has(statement.jti)) refuse("page_step", { title });
      seen.add(statement.jti);
    }
    const hashes = own.map(({ leaf }) => leaf);
    if (leaves.length && base64url((await sha256(join(...hashes.slice(0, leaves.length)))).slice(0, 16)) !== digest) refuse("page_step", { title });
    if (waiting.some(({ leaf }, at) => hex(hashes[leaves.length + at]) !== leaf)) refuse("page_step", { title });
    const payloads = own.map(({ payload }) => payload);
    for (const text of said) if (!says(payloads, text)) refuse("page_says", { title, text });
  }
  for (const statement of known.values()) {
    const { jti, refers, row } = statement;
    if (!seen.has(jti) && (belongs(statement, way) || (row.about && seen.has(refers)))) refuse("page_leaves_out", { leaf: statement.index });
  }
  const values = new Map(statements.flatMap(({ opened }) => opened.map(({ digest, value }) => [digest.slice(0, ENOUGH), value])));
  for (const { digest, text } of shown.disclosed) if (values.get(digest) !== text) refuse("page_shows", { text });
}
