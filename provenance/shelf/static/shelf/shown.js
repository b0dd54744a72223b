// Whether the page says what the statements say: every step as it was signed, and every statement that belongs there.
import { hex, refuse } from "./bytes.js";

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
export function checkPage(shown, lot, way, statements) {
  if (shown.lot !== lot) refuse("page_of_another_lot");
  const known = new Map(statements.filter(({ payload }) => payload.event).map((each) => [each.jti, each]));
  const seen = new Set();
  for (const { title, events, said } of shown.steps) {
    const own = events.map(({ id, leaf }) => {
      const statement = known.get(id);
      if (!statement || hex(statement.leaf) !== leaf || seen.has(id)) refuse("page_step", { title });
      seen.add(id);
      return statement.payload;
    });
    for (const text of said) if (!says(own, text)) refuse("page_says", { title, text });
  }
  for (const statement of known.values()) {
    const { jti, refers, row } = statement;
    if (!seen.has(jti) && (belongs(statement, way) || (row.about && seen.has(refers)))) refuse("page_leaves_out", { leaf: statement.index });
  }
  const values = new Map(statements.flatMap(({ opened }) => opened.map(({ digest, value }) => [digest, value])));
  for (const { digest, text } of shown.disclosed) if (values.get(digest) !== text) refuse("page_shows", { text });
}
