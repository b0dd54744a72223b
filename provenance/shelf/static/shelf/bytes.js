// Bytes, base64 and JSON, each in its one written form. Whatever else would pass for the same value is refused.

// Reasons are codes with parameters: the words for them, in the reader's language, are the page's.
class Outcome extends Error {
  constructor(code, params = {}) {
    super(code);
    Object.assign(this, { code, params });
  }
}
/** Something contradicts what was signed, proved or seen earlier. */
export class Mismatch extends Outcome {}
/** It could not be found out. */
export class Unchecked extends Outcome {}

export const refuse = (code, params) => {
  throw new Mismatch(code, params);
};

export const utf8 = (text) => new TextEncoder().encode(text);
export function join(...parts) {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
export const equal = (a, b) => a.length === b.length && a.every((byte, at) => byte === b[at]);
export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// Small digests are answered at once: many in a row, and a page of hundreds of statements would not scroll for seconds.
let rested = 0;
const rest = () => globalThis.scheduler?.yield?.() ?? new Promise((go) => setTimeout(go));

export async function digest(algorithm, bytes) {
  if (performance.now() - rested > 4) rested = (await rest(), performance.now());
  return new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
}
export const sha256 = (bytes) => digest("SHA-256", bytes);

export function base64(bytes) {
  let letters = "";
  // So many at once, for a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) letters += String.fromCharCode(...bytes.subarray(at, at + 8192));
  return btoa(letters);
}
export const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function decode(text, encode) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return refuse("form");
  }
  return encode(bytes) === text ? bytes : refuse("form");
}
export const readBase64 = (text) => decode(text, base64);
export const readBase64url = (text) => decode(text, base64url);

// JSON.parse alone keeps silent about a name that is given twice.
const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(true|false|null)|(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?![\w.+-]))/y;
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

function readUtf8(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return refuse("form");
  }
}

/** Numbers come back as they are written, as String objects: 12.500 stays "12.500". */
export function readJson(bytes) {
  if (bytes.length > 65536) refuse("form");
  const text = readUtf8(bytes);
  let at = 0;

  function next() {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text) ?? refuse("form");
    at = TOKEN.lastIndex;
    return token;
  }
  function string(token) {
    const value = JSON.parse(token[2] ?? refuse("form"));
    return FORBIDDEN.test(value) || value !== value.normalize() ? refuse("form") : value;
  }
  function number(written) {
    if (written.replace(/[-.]/g, "").length > 15 || /^-0(\.0*)?$/.test(written)) refuse("form");
    return new String(written);
  }
  function items(close, one) {
    const start = at;
    if (next()[1] === close) return;
    at = start;
    for (let mark = ","; mark !== close; mark = next()[1]) {
      if (mark !== ",") refuse("form");
      one();
    }
  }
  function value(depth) {
    const token = next();
    if (token[2]) return string(token);
    if (token[3]) return JSON.parse(token[3]);
    if (token[4]) return number(token[4]);
    if (depth === 16) refuse("form");
    if (token[1] === "[") {
      const list = [];
      items("]", () => list.push(value(depth + 1)));
      return list;
    }
    if (token[1] !== "{") refuse("form");
    const object = Object.create(null);
    items("}", () => {
      const name = string(next());
      if (name in object) refuse("form");
      if (next()[1] !== ":") refuse("form");
      object[name] = value(depth + 1);
    });
    return object;
  }

  const whole = value(0);
  return /^[\t\n\r ]*$/.test(text.slice(at)) ? whole : refuse("form");
}
