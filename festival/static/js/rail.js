// What scrolls sideways opens at the entry that matters: the day rail, the filters, the organizers' menu.
export function wire() {
  for (const rail of document.querySelectorAll(".rail__days, .chips--scroll, .manage__nav, .nav")) {
    const entry = rail.querySelector("[aria-current]");
    if (entry && rail.scrollWidth > rail.clientWidth) {
      const start = entry.getBoundingClientRect().left - rail.getBoundingClientRect().left + rail.scrollLeft;
      rail.scrollLeft = start - (rail.clientWidth - entry.offsetWidth) / 3;
    }
  }
}
