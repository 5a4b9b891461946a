// Ticked rows: how many there are, and one box for all on the page. Without script each is ticked by itself.
const ROWS = 'form[data-pick] input[name="pick"]';

function refresh() {
  const form = document.querySelector("form[data-pick]");
  if (!form) {
    return;
  }
  const boxes = [...document.querySelectorAll(ROWS)];
  const picked = boxes.filter((box) => box.checked);
  for (const box of boxes) {
    box.closest("tr").classList.toggle("is-picked", box.checked);
  }
  const words = form.querySelector("[data-picked]");
  words.dataset.idle ??= words.textContent;
  words.textContent = picked.length ? form.dataset.pick.replace("{n}", picked.length) : words.dataset.idle;
  const all = every(form);
  all.checked = picked.length > 0 && picked.length === boxes.length;
  all.indeterminate = picked.length > 0 && picked.length < boxes.length;
}

// The box in the head of the table, made where there is none yet.
function every(form) {
  const head = form.querySelector("thead .c-pick");
  let box = head.querySelector("input");
  if (!box) {
    box = document.createElement("input");
    box.type = "checkbox";
    box.dataset.every = "";
    box.setAttribute("aria-label", head.textContent.trim());
    head.append(box);
  }
  return box;
}

export function wire() {
  document.addEventListener("change", (event) => {
    if ("every" in event.target.dataset) {
      for (const box of document.querySelectorAll(ROWS)) {
        box.checked = event.target.checked;
      }
    }
    if ("every" in event.target.dataset || event.target.matches(ROWS)) {
      refresh();
    }
  });
  document.addEventListener("live", refresh);
  refresh();
}
