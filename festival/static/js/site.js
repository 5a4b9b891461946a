// Comfort only: every page reads and every form works without this. Loads what a page has use for.
import { wireDisplay } from "./switches.js";

const uses = [
  ["[data-copy], [data-copy-link], [data-share], [data-print]", "./share.js"],
  ["form[data-keep]", "./keep.js"],
  ["[data-wait]", "./wait.js"],
  ["[data-errors], [data-verdict]", "./focus.js"],
  ["[data-wechat]", "./wechat.js"],
  [".rail__days, .chips--scroll, .manage__nav, .nav", "./rail.js"],
  ["form[data-live]", "./live.js"],
  ["form[data-live='roster']", "./pick.js"],
  ["[data-picture]", "./picture.js"],
  ["[data-verify]", "./verify.js"],
  ["[data-door]", "./door.js"],
  ["[data-today]", "./today.js"],
];

wireDisplay();
for (const [selector, module] of uses) {
  if (document.querySelector(selector)) {
    import(module).then((part) => part.wire());
  }
}
