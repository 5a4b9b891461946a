// Runs before the first paint, so that a page never flashes in the wrong size or colour. What it reads, site.js writes.
(function () {
  "use strict";
  var root = document.documentElement;
  root.classList.add("has-script");
  function kept(name) {
    try {
      return window.localStorage.getItem(name);
    } catch (_refused) {
      return null;
    }
  }
  if (kept("senior") === "1") {
    root.setAttribute("data-senior", "");
  }
  var theme = kept("theme");
  if (theme === "light" || theme === "dark") {
    root.setAttribute("data-theme", theme);
  }
})();
