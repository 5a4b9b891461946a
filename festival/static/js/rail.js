// The day rail opens at the day that matters.
export function wire() {
  const rail = document.querySelector(".rail__days");
  const day = rail.querySelector("[aria-current]");
  if (day && rail.scrollWidth > rail.clientWidth) {
    rail.scrollLeft = day.offsetLeft - rail.offsetLeft - (rail.clientWidth - day.offsetWidth) / 3;
  }
}
