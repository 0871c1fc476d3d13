// What every page gets: colours switched at once, the menu closed by Escape, maps and charts
// made live when the reader wants it. Every page works without this file.

const root = document.documentElement;
const frugal = navigator.connection?.saveData || window.matchMedia("(max-width: 47.99rem)").matches;

for (const link of document.querySelectorAll("[data-scheme]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    const scheme = link.dataset.scheme;
    root.dataset.colorScheme = scheme;
    const secure = location.protocol === "https:" ? "; secure" : "";
    document.cookie = `scheme=${scheme}; path=/; max-age=31536000; samesite=lax${secure}`;
    const other = link.parentElement.querySelector(`[data-scheme]:not([data-scheme="${scheme}"])`);
    other?.focus();
    document.dispatchEvent(new CustomEvent("scheme"));
  });
}

for (const menu of document.querySelectorAll("[data-menu]")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

async function wake(figure) {
  if (figure.dataset.live !== undefined || figure.dataset.waking !== undefined) return;
  figure.dataset.waking = "";
  try {
    const part = await import(figure.dataset.module);
    await part.start(figure);
    figure.dataset.live = "";
  } catch (error) {
    // The picture drawn on the server stays; nothing is lost but movement.
    console.warn("not made live:", error);
    figure.querySelector("[data-open]")?.remove();
  } finally {
    delete figure.dataset.waking;
  }
}

function whenSeen(figure, act) {
  const watcher = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      watcher.disconnect();
      (window.requestIdleCallback ?? setTimeout)(act);
    }
  });
  watcher.observe(figure);
}

for (const figure of document.querySelectorAll("[data-map]")) {
  const open = figure.querySelector("[data-open]");
  open.hidden = false;
  open.addEventListener("click", () => wake(figure));
  if (figure.dataset.eager !== undefined && !frugal) whenSeen(figure, () => wake(figure));
}

for (const figure of document.querySelectorAll("[data-chart]")) {
  const stage = figure.querySelector("[data-stage]");
  stage.addEventListener("pointerenter", () => wake(figure), { once: true });
  stage.addEventListener("pointerdown", () => wake(figure), { once: true });
}

// The report form: say that the place is marked, for the map cannot say it to everybody.
for (const note of document.querySelectorAll("[data-picked]")) {
  document.getElementById("id_lon")?.addEventListener("change", () => { note.hidden = false; });
}

document.addEventListener("change", (event) => {
  const chosen = event.target.matches("select, input[type=radio], input[type=checkbox], input[type=range]");
  if (chosen) event.target.closest("form[data-instant]")?.requestSubmit();
});
