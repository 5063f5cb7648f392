// Small conveniences, each tied to one data attribute.
import { say } from "./say";

addEventListener("click", async (e) => {
  const t = e.target as Element;

  // data-copy="text": puts it on the clipboard and says so in place.
  const copy = t.closest<HTMLButtonElement>("button[data-copy]");
  if (copy) {
    await navigator.clipboard.writeText(copy.dataset.copy!);
    const label = copy.querySelector(".label") ?? copy;
    const was = label.textContent;
    label.textContent = say("copied");
    copy.dataset.done = "";
    setTimeout(() => {
      label.textContent = was;
      delete copy.dataset.done;
    }, 2000);
  }

  // data-reveal="id": shows or hides a password.
  const eye = t.closest<HTMLButtonElement>("button[data-reveal]");
  if (eye) {
    const field = document.getElementById(eye.dataset.reveal!) as HTMLInputElement;
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    eye.setAttribute("aria-pressed", String(show));
  }
});

// data-needs="why": a button that sends nothing before there are words in one of its
// form's notes, or a mark: it leads there, and says so.
addEventListener("click", (e) => {
  const t = (e.target as Element).closest<HTMLButtonElement>("button[data-needs]");
  const notes = [...(t?.form?.querySelectorAll<HTMLTextAreaElement>("textarea[name^=note]") ?? [])];
  if (!notes.length || notes.some((n) => n.value.trim()) || t!.form!.querySelector("[name^='change.']:checked")) return;
  e.preventDefault();
  const note = notes.at(-1)!;
  note.setCustomValidity(t!.dataset.needs!);
  note.reportValidity();
  for (const is of ["input", "click"]) addEventListener(is, () => note.setCustomValidity(""), { once: true, capture: true });
});

// The current one of tabs that are wider than a phone comes into sight.
for (const a of document.querySelectorAll<HTMLElement>(".tabs [aria-current]")) {
  const tabs = a.closest<HTMLElement>(".tabs")!;
  tabs.scrollLeft = a.offsetLeft - tabs.offsetLeft - (tabs.clientWidth - a.offsetWidth) / 2;
}

// data-accent: shows the colour on the whole page while it is chosen.
addEventListener("input", (e) => {
  const t = e.target as HTMLInputElement;
  if (!t.matches("[data-accent]")) return;
  const root = document.documentElement.style;
  root.setProperty("--accent-base", t.value);
  root.setProperty("--accent", `light-dark(${t.value}, color-mix(in oklab, ${t.value}, #fff 45%))`);
});

// data-zone: a select that nobody has touched yet begins with the zone of the
// device, if it is offered.
document.querySelectorAll<HTMLSelectElement>("select[data-zone]").forEach((t) => {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...t.options].some((o) => o.value === here)) t.value = here;
});

addEventListener("change", (e) => {
  const t = e.target as HTMLInputElement | HTMLSelectElement;
  // data-theme-choice: shows the theme before it is saved.
  if (t.matches("[data-theme-choice]")) document.documentElement.dataset.theme = t.value;
  // data-submit: a filter that applies by itself.
  if (t.matches("[data-submit]")) t.form?.requestSubmit();
  // data-opens="value …": choosing one of them shows the fields it is about.
  const row = t.matches("select") ? t.closest<HTMLElement>("[data-opens]") : null;
  if (row?.dataset.opens!.split(" ").includes(t.value)) row.querySelector<HTMLDetailsElement>(".more > details")!.open = true;
});

// data-visit="/visits/…": told once, when it has really been on the screen; of a page
// that a mail leads to not before somebody has touched it, as the programs that look
// through mails open it, too, and run its scripts.
const told = new Set<string>();
let touched = !document.querySelector("[data-visit^='/decide/']");
const touches = ["pointerdown", "pointermove", "wheel", "keydown"];
function touch(e: Event) {
  if (!e.isTrusted) return;
  touched = true;
  for (const t of touches) removeEventListener(t, touch);
  seen.disconnect();
  observe();
}
if (!touched) for (const t of touches) addEventListener(t, touch, { passive: true });
const seen = new IntersectionObserver((all) => {
  for (const one of all) {
    const url = (one.target as HTMLElement).dataset.visit!;
    if (!one.isIntersecting || !touched || told.has(url) || document.visibilityState !== "visible") continue;
    told.add(url);
    seen.unobserve(one.target);
    void fetch(url, { method: "POST", keepalive: true });
  }
});
function observe() {
  document.querySelectorAll<HTMLElement>("[data-visit]").forEach((x) => {
    if (!told.has(x.dataset.visit!)) seen.observe(x);
  });
}
document.addEventListener("visibilitychange", () => {
  // Observing again asks again, now that the page is in view.
  seen.disconnect();
  observe();
});
document.addEventListener("vitrine:swapped", observe);
observe();
