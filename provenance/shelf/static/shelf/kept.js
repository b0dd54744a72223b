// On a kept copy, what the site itself did: the reader's language, and the lot's page where the bag has none of its own.
const lot = /^(.*\/01\/\d{14}\/10\/[^/]+)\/21\//.exec(location.pathname)?.[1];

// An address without a file's name is a code's; who chose a language is at one with a name.
function prefer() {
  if (location.pathname.endsWith(".html")) return;
  const offered = [...document.querySelectorAll(".languages a[hreflang]")];
  for (const wish of navigator.languages ?? []) {
    const found = offered.find((link) => link.hreflang === wish.split("-")[0]);
    if (!found) continue;
    if (found.hreflang !== document.documentElement.lang) location.replace(found.href);
    return;
  }
}

if (document.querySelector("[data-no-page]")) {
  if (lot) location.replace(`${lot}/`);
} else prefer();
