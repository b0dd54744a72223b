// Bytes, base64 and JSON, each in its one written form. Whatever else would pass for the same value is refused.

/** Something contradicts what was signed, proved or seen earlier. `step` names where. */
export class Mismatch extends Error {
  constructor(reason, step = null) {
    super(reason);
    this.step = step;
  }
}

/** It could not be found out. */
export class Unchecked extends Error {}

export const refuse = (reason) => {
  throw new Mismatch(reason);
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
export const digest = async (algorithm, bytes) => new Uint8Array(await crypto.subtle.digest(algorithm, bytes));
export const sha256 = (bytes) => digest("SHA-256", bytes);

export const base64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
export const base64url = (bytes) => base64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

function decode(text, encode) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return refuse("it is not base64");
  }
  return encode(bytes) === text ? bytes : refuse("its base64 is not in its one written form");
}
export const readBase64 = (text) => decode(text, base64);
export const readBase64url = (text) => decode(text, base64url);

// JSON.parse alone keeps silent about a name that is given twice.
const TOKEN =
  /[\t\n\r ]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(true|false|null)|(-?(?:0|[1-9]\d*)(?:\.\d+)?)(?![\w.+-]))/y;
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

/** Numbers come back as they are written, as String objects: 12.500 stays "12.500". */
export function readJson(bytes) {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  let at = 0;

  function next() {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text) ?? refuse("it is not strict JSON");
    at = TOKEN.lastIndex;
    return token;
  }
  function string(token) {
    const value = JSON.parse(token[2] ?? refuse("a name is missing in the JSON"));
    return FORBIDDEN.test(value) || value !== value.normalize() ? refuse("a text is not clean Unicode") : value;
  }
  function number(written) {
    if (written.replace(/[-.]/g, "").length > 15 || /^-0(\.0*)?$/.test(written)) refuse("a number is out of bounds");
    return new String(written);
  }
  function items(close, one) {
    const start = at;
    if (next()[1] === close) return;
    at = start;
    for (let mark = ","; mark !== close; mark = next()[1]) {
      if (mark !== ",") refuse("the JSON lacks a comma");
      one();
    }
  }
  function value(depth) {
    const token = next();
    if (token[2]) return string(token);
    if (token[3]) return JSON.parse(token[3]);
    if (token[4]) return number(token[4]);
    if (depth === 16) refuse("the JSON is nested too deeply");
    if (token[1] === "[") {
      const list = [];
      items("]", () => list.push(value(depth + 1)));
      return list;
    }
    if (token[1] !== "{") refuse("it is not strict JSON");
    const object = Object.create(null);
    items("}", () => {
      const name = string(next());
      if (name in object) refuse(`"${name}" stands twice in the JSON`);
      if (next()[1] !== ":") refuse("the JSON lacks a colon");
      object[name] = value(depth + 1);
    });
    return object;
  }

  const whole = value(0);
  return /^[\t\n\r ]*$/.test(text.slice(at)) ? whole : refuse("something follows the JSON");
}
