// Senior mode and colours: chosen once, remembered on this device, never sent anywhere.
const root = document.documentElement;

function keep(name, value) {
  try {
    if (value === null) {
      localStorage.removeItem(name);
    } else {
      localStorage.setItem(name, value);
    }
  } catch {
    // A browser that keeps nothing still switches the page that is open.
  }
}

function show() {
  const theme = root.dataset.theme ?? "auto";
  for (const button of document.querySelectorAll("[data-switch]")) {
    const on = button.dataset.switch === "senior" ? "senior" in root.dataset : button.value === theme;
    button.setAttribute("aria-pressed", String(on));
  }
}

function press(event) {
  const button = event.currentTarget;
  if (button.dataset.switch === "senior") {
    const on = root.toggleAttribute("data-senior");
    keep("senior", on ? "1" : null);
  } else if (button.value === "auto") {
    root.removeAttribute("data-theme");
    keep("theme", null);
  } else {
    root.dataset.theme = button.value;
    keep("theme", button.value);
  }
  show();
}

export function wireDisplay() {
  for (const button of document.querySelectorAll("[data-switch]")) {
    button.addEventListener("click", press);
  }
  show();
}
