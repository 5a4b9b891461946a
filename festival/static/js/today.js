// Live numbers (of the day, of a letter on its way): asked for again while somebody looks, and put in only when they have changed.
const EVERY = 10;
const PATIENCE = 8_000;

function watch(box) {
  let mark = "";

  async function ask() {
    if (document.hidden) {
      return;
    }
    try {
      const answer = await fetch(box.dataset.today, {
        cache: "no-store",
        headers: mark ? { "If-None-Match": mark } : {},
        signal: AbortSignal.timeout(PATIENCE),
      });
      if (answer.status !== 200 || answer.redirected) {
        return;
      }
      mark = answer.headers.get("ETag") ?? "";
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = box.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
      box.replaceChildren(...page.body.childNodes);
      if (focused) {
        [...box.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === focused)?.focus();
      }
    } catch {
      // No network: the numbers stay as they were, and the next turn asks again.
    }
  }

  setInterval(ask, Number(box.dataset.every ?? EVERY) * 1000);
  document.addEventListener("visibilitychange", ask);
}

export function wire() {
  document.querySelectorAll("[data-today]").forEach(watch);
}
