// A form that survives a lost connection: what was typed is kept in this tab until it is answered.
// Never kept: passwords, one-time codes, tokens, files, and whatever the page marks as sensitive.
const SECRET = new Set(["csrf_token", "idempotency_key", "code", "password", "otp"]);

function mayKeep(field) {
  return (
    field.name &&
    !SECRET.has(field.name) &&
    !["password", "file", "hidden", "submit", "button"].includes(field.type) &&
    !("sensitive" in field.dataset)
  );
}

function remembered(key) {
  try {
    return JSON.parse(sessionStorage.getItem(key)) ?? null;
  } catch {
    return null;
  }
}

function remember(form, key) {
  const values = [...form.elements].filter(mayKeep).map((field) =>
    ["checkbox", "radio"].includes(field.type) ? [field.name, field.value, field.checked] : [field.name, field.value],
  );
  try {
    sessionStorage.setItem(key, JSON.stringify(values));
  } catch {
    // A full or forbidden store: the browser's own memory of the form has to do.
  }
}

function refill(form, values) {
  for (const [name, value, checked] of values) {
    for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
      if (!mayKeep(field)) {
        continue;
      }
      if (checked === undefined) {
        field.value = value;
      } else if (field.value === value && !field.disabled) {
        field.checked = checked;
      }
    }
  }
}

function wireForm(form) {
  const key = `form:${form.dataset.keep}`;
  const note = form.querySelector("[data-kept]");
  const say = (lost) => {
    if (note) {
      note.hidden = !lost;
    }
  };
  const answered = document.querySelector("[data-errors]") !== null || form.querySelector("[data-answered]") !== null;
  const before = remembered(key);
  if (before && !answered) {
    refill(form, before); // the page was closed or lost before an answer came
  }
  form.addEventListener("input", () => remember(form, key));
  form.addEventListener("submit", (event) => {
    remember(form, key);
    if (!navigator.onLine) {
      event.preventDefault();
      say(true);
      note?.scrollIntoView({ block: "center" });
    } else if (answered) {
      history.replaceState(history.state, "", location.href); // coming back asks for the page anew, and sends nothing again
    }
  });
  addEventListener("offline", () => {
    remember(form, key);
    say(true);
  });
  addEventListener("online", () => say(false));
}

export function wire() {
  document.querySelectorAll("form[data-keep]").forEach(wireForm);
}
