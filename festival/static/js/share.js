// Copying and sharing. Old browsers have no clipboard of their own: a selected field and "copy" does it there.
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.className = "visually-hidden";
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
  }
}

function confirm(button) {
  const word = button.lastChild.nodeType === Node.TEXT_NODE ? button.lastChild : button;
  const before = word.textContent;
  word.textContent = button.dataset.done;
  button.setAttribute("aria-live", "polite");
  setTimeout(() => {
    word.textContent = before;
  }, 2500);
}

async function share(button) {
  const url = new URL(button.dataset.share, location.href).href;
  if (navigator.share) {
    try {
      await navigator.share({ title: button.dataset.title, url });
      return;
    } catch (error) {
      if (error.name === "AbortError") {
        return;
      }
    }
  }
  await copy(url);
  confirm(button);
}

export function wire() {
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-copy-link], [data-share], [data-print]");
    if (!button) {
      return;
    }
    if ("print" in button.dataset) {
      window.print();
    } else if ("share" in button.dataset) {
      await share(button);
    } else {
      await copy(button.dataset.copy ?? document.querySelector("[data-overlay-link]")?.textContent ?? location.href);
      confirm(button);
    }
  });
}
