// Ed25519 (RFC 8032). The browser's own verification where it has one; the points that some libraries let pass
// (small order, not canonical) are refused here first, so that every verifier of a trail gives the same answer.
import { Unchecked, digest, hex, join } from "./bytes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (let b = mod(base), e = exponent; e; e >>= 1n, b = mod(b * b)) if (e & 1n) result = mod(result * b);
  return result;
}
const D = mod(-121665n * power(121666n, P - 2n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

const littleEndian = (bytes) => BigInt("0x" + hex(Uint8Array.from(bytes).reverse()));

const yOf = (bytes) => littleEndian(bytes) & (2n ** 255n - 1n);

/** The point in these 32 bytes as [X, Y, Z, T] (5.1.3), or null where they are no canonical point. */
function decodePoint(bytes) {
  const sign = bytes[31] >> 7 ? 1n : 0n;
  const y = yOf(bytes);
  if (y >= P) return null;
  const square = mod((y * y - 1n) * power(D * y * y + 1n, P - 2n));
  let x = power(square, (P + 3n) / 8n);
  if (mod(x * x) !== square) x = mod(x * ROOT_OF_MINUS_ONE);
  if (mod(x * x) !== square || (x === 0n && sign)) return null;
  if ((x & 1n) !== sign) x = P - x;
  return [x, y, 1n, mod(x * y)];
}

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const [a, b] = [mod((y1 - x1) * (y2 - x2)), mod((y1 + x1) * (y2 + x2))];
  const [c, d] = [mod(2n * D * t1 * t2), mod(2n * z1 * z2)];
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}
function times(scalar, base) {
  let result = ZERO;
  for (let p = base, s = scalar; s; s >>= 1n, p = add(p, p)) if (s & 1n) result = add(result, p);
  return result;
}
const same = (p, q) => mod(p[0] * q[2]) === mod(q[0] * p[2]) && mod(p[1] * q[2]) === mod(q[1] * p[2]);

const ZERO = [0n, 1n, 1n, 0n];

// The y of the eight points of small order, four of which have order eight.
const Y8 = 2707385501144840649318225287225658788936804267575313519463743609750303402022n;
const SMALL = new Set([0n, 1n, P - 1n, Y8, P - Y8]);

/** Whether 32 bytes can be a point in its one spelling and not of small order. */
function isPlausible(bytes) {
  const y = yOf(bytes);
  return y < P && !SMALL.has(y);
}

/** A key fit to be enrolled: a canonical point of prime order. */
export function isGoodKey(key) {
  const a = key.length === 32 && isPlausible(key) ? decodePoint(key) : null;
  return a !== null && same(times(L, a), ZERO);
}

/** [S]B = R + [k]A without a cofactor (5.1.7), as browsers have it, where the browser does not know Ed25519 yet. */
async function verifyWithNoble(key, signature, message) {
  const { Point } = await import("./vendor/noble-ed25519.js").catch(() => {
    throw new Unchecked("no_crypto");
  });
  const [first, second] = [signature.slice(0, 32), signature.slice(32)];
  let points;
  try {
    points = [Point.fromBytes(first), Point.fromBytes(key)];
  } catch {
    return false;
  }
  const [r, a] = points;
  const k = littleEndian(await digest("SHA-512", join(first, key, message))) % L;
  return Point.BASE.multiplyUnsafe(littleEndian(second)).equals(r.add(a.multiplyUnsafe(k)));
}

async function nativeKey(key) {
  try {
    return await crypto.subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    return null;
  }
}

/** Whether the 32 bytes of `key` signed the message with these 64 bytes. */
export async function verifySignature(key, signature, message, { native = true } = {}) {
  if (key.length !== 32 || signature.length !== 64 || littleEndian(signature.slice(32)) >= L) return false;
  if (!isPlausible(key) || !isPlausible(signature.slice(0, 32))) return false;
  const imported = native ? await nativeKey(key) : null;
  if (imported === null) return verifyWithNoble(key, signature, message);
  return crypto.subtle.verify({ name: "Ed25519" }, imported, signature, message);
}
