// What makes a list of files quick: the count of what is ticked, one tick for
// all, and forms of a page of their own in a dialog.
import { openDialog } from "./dialog";

const kept = new Set<string>();
const key = (i: HTMLInputElement) => i.name + " " + i.value;
const ticks = () => [...document.querySelectorAll<HTMLInputElement>("input[data-tick]")];

function count() {
  const all = ticks();
  const n = all.filter((i) => i.checked).length;
  document.querySelectorAll<HTMLElement>("[data-ticked]").forEach((x) => (x.textContent = (n === 1 ? x.dataset.one : x.dataset.many)?.replace("{n}", String(n)) ?? ""));
  document.querySelectorAll<HTMLInputElement>("input[data-tick-all]").forEach((x) => {
    x.checked = n > 0 && n === all.length;
    x.indeterminate = n > 0 && n < all.length;
  });
}

let lastTick: HTMLInputElement | undefined;
addEventListener("click", (e) => {
  const t = e.target as Element;
  if (t instanceof HTMLInputElement && t.matches("input[data-tick]")) {
    const all = ticks();
    // With Shift, all between this and the last one.
    if ((e as MouseEvent).shiftKey && lastTick?.isConnected) {
      const [a, b] = [all.indexOf(lastTick), all.indexOf(t)].sort((x, y) => x - y);
      all.slice(a, b + 1).forEach((i) => (i.checked = t.checked));
    }
    lastTick = t;
  }
  if (t.closest("[data-untick]")) {
    ticks().forEach((i) => (i.checked = false));
    remember();
  }
  const a = t.closest<HTMLAnchorElement>("a[data-dialog]");
  if (a && e instanceof MouseEvent && e.button === 0 && !e.metaKey && !e.ctrlKey && !e.shiftKey) {
    e.preventDefault();
    e.stopPropagation();
    void dialog(a);
  }
}, true);

function remember() {
  kept.clear();
  ticks().forEach((i) => i.checked && kept.add(key(i)));
  count();
}

addEventListener("change", (e) => {
  const t = e.target as HTMLInputElement;
  if (t.matches("input[data-tick-all]")) ticks().forEach((i) => (i.checked = t.checked));
  if (t.matches("input[data-tick], input[data-tick-all]")) remember();
});

// A page laid over this one does not untick.
document.addEventListener("vitrine:swapped", () => {
  ticks().forEach((i) => (i.checked = kept.has(key(i))));
  count();
});
addEventListener("pageshow", remember);
addEventListener("keydown", (e) => {
  if (e.key !== "Escape" || kept.size === 0 || document.querySelector("dialog[open], details.menu[open]")) return;
  ticks().forEach((i) => (i.checked = false));
  remember();
});

// part is the form of a page that may be shown in a dialog, with its title.
async function part(answer: Response): Promise<HTMLElement[] | undefined> {
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const body = page.querySelector<HTMLElement>("[data-dialog-body]");
  if (!answer.ok || !body) return undefined;
  const title = document.createElement("h2");
  title.id = "dialog-title";
  title.textContent = page.querySelector("h1")?.textContent ?? "";
  return [title, document.importNode(body, true)];
}

// dialog shows the form of another page over this one. What goes wrong in it is
// shown by that page.
async function dialog(a: HTMLAnchorElement) {
  a.closest<HTMLDetailsElement>("details.menu")?.removeAttribute("open");
  const parts = await fetch(a.href, { headers: { Accept: "text/html" } }).then(part).catch(() => undefined);
  if (!parts) {
    location.assign(a.href);
    return;
  }
  const d = document.createElement("dialog");
  d.className = "dialog";
  d.setAttribute("aria-labelledby", "dialog-title");
  d.append(...parts);
  d.addEventListener("click", (e) => {
    if (!(e.target as Element).closest("[data-dialog-close]")) return;
    e.preventDefault();
    e.stopPropagation();
    d.close();
  });
  // A button that only looks further stays in the dialog.
  d.addEventListener("submit", (e) => {
    const b = (e as SubmitEvent).submitter;
    if (!b?.hasAttribute("data-stay")) return;
    e.preventDefault();
    e.stopPropagation();
    const f = e.target as HTMLFormElement;
    const body = new URLSearchParams(new FormData(f, b) as unknown as Record<string, string>);
    void fetch(f.action, { method: "POST", body, headers: { Accept: "text/html" } }).then(part).then((parts) => {
      if (!parts) return location.reload();
      d.replaceChildren(...parts);
      d.querySelector<HTMLElement>(".places button:not(:disabled), .acts a")?.focus();
    });
  });
  d.addEventListener("close", () => {
    d.remove();
    (a.closest("details.menu")?.querySelector<HTMLElement>("summary") ?? a).focus();
  });
  document.body.append(d);
  openDialog(d);
  const field = d.querySelector<HTMLInputElement>("input[autofocus]");
  field?.focus();
  // Of a file's name, the ending stays.
  if (field?.dataset.stem !== undefined) field.setSelectionRange(0, field.value.lastIndexOf(".") > 0 ? field.value.lastIndexOf(".") : field.value.length);
}
