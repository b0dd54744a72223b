// Runs the check on a page and tells its outcome. Without this module the page is whole; only the phone's check is missing.
import { hex, utf8 } from "./bytes.js";
import { leafHash } from "./log.js";
import { verifyBundle } from "./verify.js";

const MARKS = { checked: "\u2714", mismatch: "\u2716", unchecked: "?" };

// --- words: the page brings them, in its language ---

const WORDS = JSON.parse(document.getElementById("check-words").textContent);
// English as on the rest of the page: the day stands before the month.
const language = document.documentElement.lang.replace(/^en$/, "en-GB") || "en-GB";

function written(name, value) {
  if (name === "at" || name === "since")
    return new Date(value * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
  if (Array.isArray(value)) return new Intl.ListFormat(language).format(value);
  return typeof value === "number" ? value.toLocaleString(language) : value;
}
const say = (key, params = {}) =>
  (WORDS[key] ?? key).replace(/\{(\w+)\}/g, (_, name) => (params[name] === undefined ? "" : written(name, params[name])));

/** A statement is called what the page calls it; on a page of its own a proof has no titles. */
async function nameStep({ step, at, place, jws }) {
  const leaf = jws && hex(await leafHash(utf8(jws)));
  const shown = [...document.querySelectorAll("[data-leaves]")].find(
    (element) => leaf && (leavesOf(element).includes(place) || waitingIn(element).some((one) => one.leaf === leaf)),
  );
  return shown ? titleOf(shown.querySelector("[data-title]")) : say(`step.${step}`, { index: at?.[1] ?? "" });
}
const titleOf = (element) => element.textContent.replace(/\s+/g, " ").trim();

async function sentence(result) {
  const { outcome, code, params = {} } = result;
  const vouched = params.vouched && say(`vouched.${params.vouched}`, params);
  const reason = say(`code.${code}`, { ...params, vouched });
  return say(`outcome.${outcome}`, { reason, step: outcome === "mismatch" ? await nameStep(result) : "" });
}

async function tell(place, result) {
  const words = await sentence(result);
  place.querySelector(".mark").textContent = MARKS[result.outcome];
  place.querySelector(".words").textContent = words;
  place.dataset.outcome = result.outcome;
  if (result.contradiction) offer(place, result.contradiction);
  const alarm = document.getElementById("does-not-match");
  if (!alarm) return;
  alarm.hidden = result.outcome !== "mismatch";
  alarm.querySelector(".words").textContent = words;
}

/** Two checkpoints that no honest log signs both: whoever holds them can show it to anybody. */
function offer(place, checkpoints) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([checkpoints.join("\n\n")], { type: "text/plain" }));
  link.download = "two-histories.txt";
  link.textContent = say("save");
  place.append(" ", link);
}

// --- memory: a phone that forbids storage still checks; it only cannot remember ---

function recall(origin) {
  try {
    return JSON.parse(localStorage.getItem(`log:${origin}`));
  } catch {
    return null;
  }
}
function remember(origin, memory) {
  try {
    if (memory) localStorage.setItem(`log:${origin}`, JSON.stringify(memory));
  } catch {
    return;
  }
}

// --- the page ---

const words = (text) => text.split(/\s+/).filter(Boolean);

/** The places of what a step tells: each but the first is written as far as from the one before. */
function leavesOf({ dataset }) {
  let place = 0;
  return words(dataset.leaves).map((step) => (place += Number(step)));
}

/** What it tells that has no place yet. */
const waitingIn = ({ dataset }) =>
  words(dataset.waiting ?? "").map((pair) => {
    const [id, leaf] = pair.split("/");
    return { id, leaf };
  });

function whatIsShown(lot, page = document) {
  const steps = [...page.querySelectorAll("[data-leaves]")].map((element) => ({
    title: titleOf(element.querySelector("[data-title]")),
    leaves: leavesOf(element),
    digest: element.dataset.digest,
    waiting: waitingIn(element),
    // Figures stand as they were signed; times and lots are shown in other words, so the attribute has the signed one.
    said: [...element.querySelectorAll("[data-said]")].map((one) => one.dataset.said || one.textContent),
  }));
  const disclosed = [...page.querySelectorAll("[data-disclosed]")].map((element) => ({
    digest: element.dataset.disclosed,
    text: element.textContent,
  }));
  return { lot, steps, disclosed };
}

/** What is no answer in the form asked for counts as none: a fault of the network, or a page to log in to it. */
async function get(address, read) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await read(answer) : null;
  } catch {
    return null;
  }
}

/** An address that no cache has seen yet: those on the way need not heed a browser that asks for what is new. */
function anew(address) {
  const url = new URL(address, location.href);
  url.searchParams.set("anew", Date.now());
  return url;
}

/** The log is served under its origin: here, whatever host it calls itself by. */
const readTile = (path) => get(path.replace(/^[^/]*/, ""), async (answer) => new Uint8Array(await answer.arrayBuffer()));

async function checkPage(place) {
  const { bundle: address, origin, lot } = place.dataset;
  // A kept copy says of which day it is: that no witness has signed since, and that this phone may have seen more, is no news.
  const kept = "kept" in place.dataset;
  place.querySelector(".words").textContent = say("checking");
  const check = async (shown, from) => {
    const bundle = await get(from, (answer) => answer.json());
    if (!bundle) return { outcome: "unchecked", code: "not_arrived" };
    if (bundle.origin !== origin) return { outcome: "mismatch", step: "page", code: "bundle_of_another_log" };
    return verifyBundle(bundle, { memory: recall(origin), shown, readTile, live: !kept });
  };
  let result = await check(whatIsShown(lot), address);
  // A cache between may still hold what was served before the log that this phone saw, or before this page.
  if (result.code === "entries_withheld" || result.step === "page") result = await check(whatIsShown(lot), anew(address));
  // Or the page is the older one: if it tells all when it is fetched anew, nobody hid anything.
  if (result.code === "page_leaves_out") {
    const now = await get(anew(location.href), (answer) => answer.text());
    const fresh = now && new DOMParser().parseFromString(now, "text/html");
    if (fresh && (await check(whatIsShown(lot, fresh), anew(address))).outcome !== "mismatch") result = { outcome: "unchecked", code: "page_old" };
  }
  if (kept && result.code === "entries_withheld") result.code = "copy_older";
  remember(origin, result.memory);
  tell(place, result);
}

async function checkFile(place, text) {
  let bundle;
  try {
    bundle = JSON.parse(text);
  } catch {
    return tell(place, { outcome: "unchecked", code: "no_file" });
  }
  // A saved proof may be older than what this phone saw since; of the very same size it has to be the same.
  const memory = recall(bundle?.origin);
  const size = Number(/\n(\d+)\n/.exec(bundle?.checkpoint)?.[1]);
  tell(place, await verifyBundle(bundle, { memory: memory?.size === size && memory.log === (bundle.retired?.length ?? 0) ? memory : null }));
}

const check = document.querySelector("[data-bundle]");
if (check) checkPage(check);

const file = document.querySelector("input[data-opens-proof]");
file?.addEventListener("change", async () => {
  if (file.files.length) checkFile(document.getElementById("check"), await file.files[0].text());
});
