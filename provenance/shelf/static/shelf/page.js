// Runs the check on a page and tells its outcome. Without this module the page is whole; only the phone's check is missing.
import { verifyBundle } from "./verify.js";

const MARKS = { checked: "\u2714", mismatch: "\u2716", unchecked: "?" };

function sentence({ outcome, step, reason }) {
  if (outcome === "checked") return `Checked on your phone just now: ${reason}.`;
  if (outcome === "mismatch") return `Does not match: ${step}: ${reason}.`;
  return `Could not check: ${reason}.`;
}

function tell(place, result) {
  place.dataset.outcome = result.outcome;
  place.querySelector(".mark").textContent = MARKS[result.outcome];
  place.querySelector(".words").textContent = sentence(result);
  const alarm = document.getElementById("does-not-match");
  if (!alarm) return;
  alarm.hidden = result.outcome !== "mismatch";
  alarm.querySelector(".words").textContent = sentence(result);
}

// A phone that forbids storage still checks; it only cannot remember.
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

function whatThePageShows(lot) {
  const steps = [...document.querySelectorAll("[data-events]")].map((element) => ({
    title: element.querySelector("[data-title]").textContent.replace(/\s+/g, " ").trim(),
    events: element.dataset.events.trim().split(/\s+/).map((pair) => {
      const [id, leaf] = pair.split("/");
      return { id, leaf };
    }),
    // Figures stand as they were signed; times and lots are shown in other words, so the attribute has the signed one.
    said: [...element.querySelectorAll("[data-said]")].map((one) => one.dataset.said || one.textContent),
  }));
  const disclosed = [...document.querySelectorAll("[data-disclosed]")].map((element) => ({
    digest: element.dataset.disclosed,
    text: element.textContent,
  }));
  return { lot, steps, disclosed };
}

async function fetchBundle(address, memory) {
  const answer = await fetch(memory ? `${address}&size=${memory.size}&log=${memory.log ?? 0}` : address, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
  return answer.json();
}

async function checkPage(place) {
  const { bundle: address, origin, lot } = place.dataset;
  const memory = recall(origin);
  place.querySelector(".words").textContent = "Checking on your phone\u2026";
  let bundle;
  try {
    bundle = await fetchBundle(address, memory);
  } catch {
    return tell(place, { outcome: "unchecked", reason: "the statements did not arrive (no network?)" });
  }
  if (bundle.origin !== origin) return tell(place, { outcome: "mismatch", step: "this page", reason: "its statements are of another log" });
  const result = await verifyBundle(bundle, memory, whatThePageShows(lot));
  remember(origin, result.memory);
  tell(place, result);
}

async function checkFile(place, text) {
  let bundle;
  try {
    bundle = JSON.parse(text);
  } catch {
    return tell(place, { outcome: "unchecked", reason: "this is not a proof file, or it did not arrive whole" });
  }
  const memory = recall(bundle.origin);
  const result = await verifyBundle(bundle, memory?.size === bundle.size ? memory : null);
  tell(place, result);
}

const check = document.querySelector("[data-bundle]");
if (check) checkPage(check);

const file = document.querySelector("input[data-opens-proof]");
file?.addEventListener("change", async () => {
  if (file.files.length) checkFile(document.getElementById("check"), await file.files[0].text());
});
