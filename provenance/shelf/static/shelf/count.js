// Tells the site that this bag's page was opened: the code and nothing else. Without it, or without the site, the page is whole.
const place = document.querySelector("[data-seen]");
const [visit] = performance.getEntriesByType("navigation");

// Who reloads, comes back or comes from another page of this site has opened the bag before.
const isNew = !visit || visit.type === "navigate";
const isFromElsewhere = !document.referrer || new URL(document.referrer).origin !== location.origin;

function tell() {
  fetch(place.dataset.seen, { method: "POST", body: place.dataset.code, credentials: "omit", keepalive: true }).catch(() => {});
}

if (place && isNew && isFromElsewhere) {
  // A page that is drawn ahead of time has not been opened yet.
  if (document.prerendering) document.addEventListener("prerenderingchange", tell, { once: true });
  else tell();
}
