// Search as you type: the same address with the new words, and of its answer only the list. The address bar follows.
const PAUSE = 250;

// What had the focus inside a region that is replaced gets it back, by its id or its address; ticked rows stay ticked.
function remember(region) {
  const focused = region.contains(document.activeElement) ? document.activeElement : null;
  return {
    id: focused?.id,
    href: focused?.getAttribute("href"),
    hadFocus: focused !== null,
    open: [...region.querySelectorAll("details")].map((one) => one.open),
    picked: new Set([...region.querySelectorAll('input[name="pick"]:is(:checked, [type="hidden"])')].map((one) => one.value)),
  };
}

function restore(region, before) {
  region.querySelectorAll("details").forEach((one, number) => {
    one.open = before.open[number] ?? one.open;
  });
  for (const box of region.querySelectorAll('input[name="pick"][type="checkbox"]')) {
    box.checked = before.picked.has(box.value);
  }
  if (before.hadFocus) {
    const same = (before.id && document.getElementById(before.id)) ||
      [...region.querySelectorAll("a[href]")].find((one) => one.getAttribute("href") === before.href);
    if (same) {
      same.focus();
    } else {
      region.tabIndex = -1;
      region.focus();
    }
  }
}

function replace(page, selector) {
  const fresh = page.querySelectorAll(selector);
  document.querySelectorAll(selector).forEach((old, number) => {
    if (fresh[number]) {
      const before = remember(old);
      old.replaceChildren(...fresh[number].childNodes);
      restore(old, before);
    }
  });
}

function wireForm(form) {
  const name = form.dataset.live;
  let timer = 0;
  let asking = null;

  async function refresh() {
    const fields = new URLSearchParams();
    for (const [key, value] of new FormData(form)) {
      if (value) {
        fields.append(key, value);
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
      replace(page, `[data-live-region="${name}"]`);
      replace(page, `[data-live-status="${name}"]`);
      history.replaceState(null, "", url);
      document.dispatchEvent(new CustomEvent("live", { detail: name }));
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
