// Search as you type: the same address with the new words, and of its answer only the list. The address bar follows.
const PAUSE = 250;

function wireForm(form) {
  const name = form.dataset.live;
  const parts = [`[data-live-region="${name}"]`, `[data-live-status="${name}"]`];
  let timer = 0;
  let asking = null;

  async function refresh() {
    const fields = new URLSearchParams(new FormData(form));
    for (const [key, value] of [...fields]) {
      if (!value) {
        fields.delete(key);
      }
    }
    const url = new URL(form.getAttribute("action") || location.pathname, location.href);
    url.search = fields.toString();
    asking?.abort();
    asking = new AbortController();
    try {
      const answer = await fetch(url, { signal: asking.signal, headers: { Accept: "text/html" } });
      if (!answer.ok || answer.redirected) {
        form.submit();
        return;
      }
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of parts) {
        const fresh = page.querySelector(part);
        const old = document.querySelector(part);
        if (fresh && old) {
          old.replaceChildren(...fresh.childNodes);
        }
      }
      history.replaceState(null, "", url);
    } catch (error) {
      if (error.name !== "AbortError") {
        form.submit();
      }
    }
  }

  form.addEventListener("input", (event) => {
    clearTimeout(timer);
    if (!event.isComposing) {
      timer = setTimeout(refresh, PAUSE);
    }
  });
  form.addEventListener("compositionend", () => {
    clearTimeout(timer);
    timer = setTimeout(refresh, PAUSE);
  });
  form.addEventListener("submit", (event) => {
    if (!event.submitter?.name) {
      event.preventDefault();
      clearTimeout(timer);
      refresh();
    }
  });
}

export function wire() {
  document.querySelectorAll("form[data-live]").forEach(wireForm);
}
