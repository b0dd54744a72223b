// Draws the label anew while it is designed. Without this, "Show it first" does the same.
for (const form of document.querySelectorAll("form[data-preview]")) {
  let waiting, asked;

  const show = async () => {
    asked?.abort();
    asked = new AbortController();
    const said = new FormData(form);
    said.set("show", "1");
    try {
      const answer = await fetch(location.href, { method: "POST", body: said, signal: asked.signal });
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const drawn = page.getElementById("preview");
      if (drawn) document.getElementById("preview").replaceWith(drawn);
    } catch (error) {
      if (error.name !== "AbortError") throw error;
    }
  };

  form.addEventListener("input", () => {
    document.getElementById("preview").classList.add("old");
    clearTimeout(waiting);
    waiting = setTimeout(show, 400);
  });
}
