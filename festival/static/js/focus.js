// What needs to be read first gets the focus: the sum of errors, the result of a scan.
export function wire() {
  document.querySelector("[data-errors], [data-verdict]")?.focus();
}
