// An @ in a textarea[data-mention] opens a list of those who will read it: a
// combobox with a listbox, for the mouse, the keyboard and screen readers.
let field: HTMLTextAreaElement | null = null;
let list: HTMLElement | null = null;
let from = 0; // where the @ stands
let asked = 0;

// A field of several lines is a combobox only while there is something to choose.
const about = ["role", "aria-autocomplete", "aria-haspopup", "aria-expanded", "aria-controls", "aria-activedescendant"];

const live = document.createElement("p");
live.className = "sr";
live.setAttribute("role", "status");
document.body.append(live);

function close() {
  asked++;
  list?.remove();
  list = null;
  if (field) for (const a of about) field.removeAttribute(a);
  live.textContent = "";
}

const options = () => [...(list?.querySelectorAll<HTMLElement>("[role=option]") ?? [])];

function select(o: HTMLElement | undefined) {
  if (!o || !field) return;
  for (const x of options()) x.setAttribute("aria-selected", String(x === o));
  field.setAttribute("aria-activedescendant", o.id);
  o.scrollIntoView({ block: "nearest" });
}

function take(o: HTMLElement) {
  const f = field!;
  f.setRangeText(`@${o.dataset.name} `, from, f.selectionStart, "end");
  close();
  f.focus();
  f.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

// begun is what was typed after an @ that stands before the caret: up to four words, the
// last of which has begun where no list is open, as after a name that was taken.
function begun(f: HTMLTextAreaElement): string | null {
  if (f.selectionStart !== f.selectionEnd) return null;
  const m = /(?:^|[^\p{L}\p{N}])@([\p{L}\p{M}\p{N}.'’-]*(?: [\p{L}\p{M}\p{N}.'’-]*){0,3})$/u.exec(f.value.slice(0, f.selectionStart));
  if (!m || m[1].length > 60 || (m[1].endsWith(" ") && !list)) return null;
  from = f.selectionStart - m[1].length - 1;
  return m[1];
}

async function ask(f: HTMLTextAreaElement, q: string) {
  const n = ++asked;
  try {
    const chosen = [...(f.form?.querySelectorAll<HTMLInputElement>("[name=person]:checked") ?? [])].map((x) => "&person=" + x.value);
    const answer = await fetch(`/mentionable?${f.dataset.mention}${chosen.join("")}&q=${encodeURIComponent(q)}`);
    if (n !== asked || !answer.ok || document.activeElement !== f) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const now = page.getElementById("mentions");
    if (n !== asked) return;
    if (!now?.childElementCount) return close();
    list?.remove();
    list = document.importNode(now, true);
    f.insertAdjacentElement("afterend", list);
    f.setAttribute("role", "combobox");
    f.setAttribute("aria-autocomplete", "list");
    f.setAttribute("aria-haspopup", "listbox");
    f.setAttribute("aria-expanded", "true");
    f.setAttribute("aria-controls", "mentions");
    live.textContent = list.dataset.found!;
    select(options()[0]);
  } catch {
    close();
  }
}

addEventListener("input", (e) => {
  const f = e.target as HTMLTextAreaElement;
  if (!f.matches?.("textarea[data-mention]")) return;
  if (field !== f) close();
  field = f;
  const q = begun(f);
  if (q === null) close();
  else void ask(f, q);
});

// Before the keys of the composer.
addEventListener("keydown", (e) => {
  if (!list || e.target !== field || e.isComposing) return;
  const all = options();
  const at = all.findIndex((o) => o.getAttribute("aria-selected") === "true");
  if (e.key === "ArrowDown") select(all[(at + 1) % all.length]);
  else if (e.key === "ArrowUp") select(all[(at - 1 + all.length) % all.length]);
  else if ((e.key === "Enter" || e.key === "Tab") && !e.ctrlKey && !e.metaKey && !e.shiftKey && at >= 0) take(all[at]);
  else if (e.key === "Escape") close();
  else return;
  e.preventDefault();
  e.stopPropagation();
}, true);

addEventListener("mousedown", (e) => {
  const o = (e.target as Element).closest<HTMLElement>("#mentions [role=option]");
  if (!o) return;
  e.preventDefault(); // the caret stays
  take(o);
});
addEventListener("focusout", (e) => {
  if (e.target === field) close();
});
