// A form with data-guard knows whether it was changed: its save bar shows only
// then, and leaving asks first. A text area with data-draft keeps what was
// typed for this tab until it is sent.
let sending = false;

const entries = (f: HTMLFormElement) =>
  JSON.stringify([...new FormData(f)].filter(([k]) => k !== "once").map(([k, v]) => [k, v instanceof File ? v.name + v.size : v]));

const first = new WeakMap<HTMLFormElement, string>();

function watch(f: HTMLFormElement) {
  if (!first.has(f)) first.set(f, f.hasAttribute("data-dirty") ? "" : entries(f));
}

function watchAll() {
  document.querySelectorAll<HTMLFormElement>("form[data-guard]").forEach(watch);
  document.querySelectorAll<HTMLTextAreaElement>("textarea[data-draft]").forEach((t) => {
    if (t.dataset.restored !== undefined) return;
    t.dataset.restored = "";
    const kept = sessionStorage.getItem("draft:" + t.dataset.draft);
    if (kept && !t.value) t.value = kept;
  });
}

// dirty reports whether anything typed on this page is not sent yet.
export function dirty(): boolean {
  return document.querySelector("form[data-dirty]") !== null;
}

// leaving reports whether a form was just sent, and its answer is on its way.
export function leaving(): boolean {
  return sending;
}

function changed(e: Event) {
  const t = e.target as HTMLElement;
  if (t instanceof HTMLTextAreaElement && t.dataset.draft) {
    if (t.value) sessionStorage.setItem("draft:" + t.dataset.draft, t.value);
    else sessionStorage.removeItem("draft:" + t.dataset.draft);
  }
  const f = t.closest<HTMLFormElement>("form[data-guard]");
  if (f) {
    watch(f);
    f.toggleAttribute("data-dirty", first.get(f) !== entries(f));
  }
}

function forget(f: HTMLFormElement) {
  f.querySelectorAll<HTMLTextAreaElement>("textarea[data-draft]").forEach((t) =>
    sessionStorage.removeItem("draft:" + t.dataset.draft),
  );
}

addEventListener("input", changed);
addEventListener("change", changed);
addEventListener("reset", (e) => (e.target as Element).removeAttribute("data-dirty"));
addEventListener("submit", (e) => {
  const f = e.target as HTMLFormElement;
  if (e.defaultPrevented) return;
  sending = true;
  setTimeout(() => (sending = false), 4000);
  forget(f);
  // The second press of an impatient finger sends nothing.
  const b = (e as SubmitEvent).submitter as HTMLButtonElement | null;
  if (b && f.method === "post") {
    setTimeout(() => (b.disabled = true));
    setTimeout(() => (b.disabled = false), 4000);
  }
});
addEventListener("beforeunload", (e) => {
  if (!sending && dirty()) e.preventDefault();
});
addEventListener("pageshow", () => (sending = false));
document.addEventListener("htmx:afterRequest", (e) => {
  const { elt, successful } = (e as CustomEvent<{ elt: Element; successful: boolean }>).detail;
  if (!successful || !(elt instanceof HTMLFormElement)) return;
  forget(elt);
  first.set(elt, entries(elt));
  elt.removeAttribute("data-dirty");
});
document.addEventListener("htmx:load", watchAll);
document.addEventListener("vitrine:swapped", () => {
  // Laid over by the server: what it says now is what was saved.
  document.querySelectorAll<HTMLFormElement>("form[data-guard]:not([data-dirty])").forEach((f) => first.set(f, entries(f)));
  watchAll();
});
watchAll();
