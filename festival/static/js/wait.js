// The button for a new code counts down; the server keeps the limit, this only tells it. The button stays focusable meanwhile.
function wireButton(button) {
  const word = button.textContent;
  let left = Number(button.dataset.wait);
  const stop = (event) => event.preventDefault();
  const tick = () => {
    if (left <= 0) {
      clearInterval(timer);
      button.removeEventListener("click", stop);
      button.removeAttribute("aria-disabled");
      button.textContent = word;
      return;
    }
    button.textContent = button.dataset.waitWord.replace("{n}", left);
    left -= 1;
  };
  button.setAttribute("aria-disabled", "true");
  button.addEventListener("click", stop);
  const timer = setInterval(tick, 1000);
  tick();
}

export function wire() {
  document.querySelectorAll("[data-wait]").forEach(wireButton);
}
