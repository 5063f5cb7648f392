// A password with data-strength="id" tells the meter of that id how hard it is
// to guess by its length and variety alone. Whether it is known to be bad, the
// server says: the list does not fit into a page.
function strength(pw: string): number {
  if (pw === "") return 0;
  if ([...pw].length < 15) return 1;
  return new Set(pw).size > 9 && [...pw].length >= 20 ? 3 : 2;
}

addEventListener("input", (e) => {
  const t = e.target as HTMLInputElement;
  const meter = t.dataset?.strength ? document.getElementById(t.dataset.strength) : null;
  if (!(meter instanceof HTMLMeterElement)) return;
  meter.value = strength(t.value);
  meter.setAttribute("aria-valuetext", (meter.dataset.words ?? "").split("|")[meter.value] ?? "");
});
