// Ticked rows: how many there are, one box for all on the page, and ticks that a search or another filter does not let go.
// Without script each is ticked by itself, and they come along when the page is turned.
const ROWS = 'form[data-pick] input[name="pick"][type="checkbox"]';
const ELSEWHERE = 'form[data-pick] input[name="pick"][type="hidden"]';

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
  const ids = [...document.querySelectorAll(ELSEWHERE), ...picked].map((one) => one.value);
  words.textContent = ids.length ? form.dataset.pick.replace("{n}", ids.length) : form.dataset.idle;
  carry(ids.join("."));
  const all = every(form);
  all.checked = picked.length > 0 && picked.length === boxes.length;
  all.indeterminate = picked.length > 0 && picked.length < boxes.length;
}

// What is ticked goes along with the search, and with the filters that can be taken away.
function carry(ids) {
  document.querySelector('form[data-live="roster"] [name="picked"]').value = ids;
  for (const link of document.querySelectorAll(".chips--used a")) {
    const url = new URL(link.href);
    if (ids) {
      url.searchParams.set("picked", ids);
    } else {
      url.searchParams.delete("picked");
    }
    link.href = url;
  }
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
