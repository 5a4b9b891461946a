// WeChat's browser drops calendar files without a word. Say what to do instead.
export function wire() {
  if (!/MicroMessenger/i.test(navigator.userAgent)) {
    return;
  }
  const overlay = document.querySelector("[data-overlay='wechat']");
  let opener = null;
  const close = () => {
    overlay.hidden = true;
    opener?.focus();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-wechat='blocked']");
    if (!link) {
      return;
    }
    event.preventDefault();
    opener = link;
    overlay.querySelector("[data-overlay-link]").textContent = location.href;
    const picture = overlay.querySelector("[data-overlay-qr]");
    if (/\/(calendar|activities\/[a-z0-9-]+)$/.test(location.pathname)) { // pages for everybody: another phone may open them
      picture.src = `${location.pathname}/qr.svg`;
      picture.hidden = false;
    }
    overlay.hidden = false;
    overlay.focus();
  });
  overlay.querySelector("[data-overlay-close]").addEventListener("click", close);
  overlay.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      close();
    }
  });
}
