// Comments on places, beside the stage: what is marked on it, the place that the
// next comment is on, and the way from one to the other.
import { fill, where, type Mark, type Place, type Tells, type Words } from "./mark";

// How a place is set: where it is touched, with keys, or as text with keys.
export type How = "pointer" | "keys" | "text";

// What a stage does with places, if it has any.
export interface Marks {
  marks(all: Mark[], chosen: string, may: boolean, words: Words): void;
  begin(how: How): void | "soon"; // soon: it says itself when it waits
  end(): void; // of setting one, and of the one that was set
  go(m: Mark): void;
}

const find = <T extends HTMLElement = HTMLElement>(what: string, within: ParentNode = document) => within.querySelector<T>(what);
const box = () => find("#places");
const form = () => find<HTMLFormElement>("#comments form.comment-form:has([data-place-field])");

let stage: Marks | undefined;
let all: Mark[] = [];
let words: Words = {};
let chosen = "";
let back: HTMLElement | null = null; // who had the focus before
let show: (tab: string) => void = () => {};
let narrow = () => false;

export const may = () => !!stage && !!box()?.hasAttribute("data-may");

export const tells: Tells & { all(): Mark[]; begun(): void } = {
  words: () => words,
  all: () => all,
  chosen(id) {
    choose(id);
    const li = document.getElementById(id);
    if (!li) {
      const to = new URL(location.href);
      to.searchParams.set("comments", id);
      to.hash = id;
      location.assign(to);
      return;
    }
    show("comments");
    li.scrollIntoView({ block: "nearest" });
    li.tabIndex = -1;
    li.focus({ preventScroll: true });
  },
  begun() {
    hint();
  },
  placed(p) {
    placing();
    const f = form();
    if (!f) return;
    find<HTMLInputElement>("[data-place-field]", f)!.value = JSON.stringify(p);
    const chip = find("[data-chip]", f)!;
    const text = where(p, words);
    chip.hidden = false;
    chip.querySelector("span")!.textContent = text;
    f.querySelector("details.say-where")?.setAttribute("hidden", "");
    this.say(fill(words.taken, { place: text }));
    show("comments");
    f.querySelector("textarea")!.focus();
    f.scrollIntoView({ block: "nearest" });
  },
  ended() {
    placing();
    stage?.end();
    this.say(words.ended);
    (back?.isConnected ? back : find("#stage [tabindex], #stage button"))?.focus({ preventScroll: true });
  },
  say(text) {
    const line = document.getElementById("place-said");
    if (line) line.textContent = text;
  },
};

// placing says on the page that a place is awaited, and how; or that none is.
let awaits: How | undefined;
function placing(how?: How) {
  awaits = how;
  document.querySelectorAll<HTMLElement>(".place-tools [data-place]").forEach((b) => {
    const on = !!how && (b.dataset.place === "text") === (how === "text");
    const label = b.querySelector<HTMLElement>(".label")!;
    b.setAttribute("aria-pressed", String(on));
    b.title = label.textContent = (on ? label.dataset.end : label.dataset.begin)!;
  });
  if (!how) hint();
}

// hint says what to do, once it would be noticed.
function hint() {
  const h = find("[data-hint]");
  if (!h) return;
  h.hidden = !awaits;
  if (awaits) h.textContent = { pointer: words.hint, keys: words.keys, text: words.textKeys }[awaits];
}

export const awaited = () => !!awaits;

// begin awaits a place: from the middle with keys, or wherever it is touched.
export function begin(how: How) {
  if (!stage) return;
  back = document.activeElement as HTMLElement | null;
  if (find(".place-tools")) {
    forget();
    if (narrow()) show("");
    placing(how);
  }
  if (stage.begin(how) !== "soon") tells.begun();
}

// forget takes the place from the form.
function forget() {
  stage?.end();
  const f = form();
  if (!f) return;
  find<HTMLInputElement>("[data-place-field]", f)!.value = "";
  find("[data-chip]", f)!.hidden = true;
  f.querySelector("details.say-where")?.removeAttribute("hidden");
}

function choose(id: string) {
  chosen = id;
  draw();
  void whole(id);
  document.querySelectorAll("#comments .is-chosen").forEach((x) => x.classList.remove("is-chosen"));
  document.getElementById(id)?.classList.add("is-chosen");
}

// whole asks for what is drawn at a place that the page does not hold, and shows it
// where that place is still looked at.
async function whole(id: string) {
  const m = all.find((x) => x.id === id);
  if (!m?.more) return;
  const answer = await fetch("/places/" + id).catch(() => undefined);
  if (!answer?.ok) return;
  Object.assign(m, await answer.json(), { more: false });
  if (chosen !== id) return;
  draw();
  stage?.go(m);
}

function draw() {
  const b = box();
  if (!stage || !b) return;
  stage.marks(all, chosen, b.hasAttribute("data-may"), words);
}

// on is told what the stage is; of one without places, undefined.
export function on(s: Marks | undefined, how: { show: (tab: string) => void; narrow: () => boolean }) {
  ({ show, narrow } = how);
  stage = s;
  read();
  const at = document.getElementById(location.hash.slice(1))?.closest("[id^=thr_], [id^=uns_]")?.id;
  const m = at && all.find((x) => x.id === at);
  if (m) {
    chosen = m.id;
    stage?.go(m);
    void whole(m.id);
  }
  draw();
}

let was = "";
function read() {
  const b = box();
  if (!b) return;
  was = b.dataset.marks ?? "[]";
  all = JSON.parse(was);
  words = JSON.parse(b.dataset.words ?? "{}");
}

// fresh is called when the page was laid over.
export function fresh() {
  if ((box()?.dataset.marks ?? "") !== was) {
    read();
    draw();
  }
}


addEventListener("click", (e) => {
  const t = e.target as Element;
  const a = t.closest<HTMLElement>("a[data-mark]");
  const m = a && all.find((x) => x.id === a.dataset.mark);
  if (m && stage) {
    e.preventDefault();
    if (narrow()) show("");
    choose(m.id);
    stage.go(m);
  }
  const does = t.closest<HTMLElement>("[data-place]")?.dataset.place;
  if (does === "begin") awaited() ? tells.ended() : begin(e.detail === 0 ? "keys" : "pointer");
  if (does === "text") awaited() ? tells.ended() : begin("text");
  if (does === "remove") {
    forget();
    form()?.querySelector("textarea")?.focus();
  }
});

// What was sent has its place.
document.addEventListener("vitrine:sent", () => stage?.end());

// Small forms are sent in place; the page is then laid over.
addEventListener("submit", (e) => {
  const f = e.target as HTMLFormElement;
  if (!f.matches("form[data-quick]") || e.defaultPrevented) return;
  e.preventDefault();
  const by = (e as SubmitEvent).submitter as HTMLButtonElement | null;
  const data = new FormData(f, by);
  void (async () => {
    try {
      const answer = await fetch(f.action, { method: "POST", body: new URLSearchParams(data as unknown as Record<string, string>), headers: { Accept: "text/html" } });
      if (!answer.ok) throw 0;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      f.closest("details")?.removeAttribute("open");
      (document.activeElement as HTMLElement | null)?.blur();
      document.getElementById("toasts")?.append(...page.querySelectorAll("#toasts > .toast"));
      document.dispatchEvent(new Event("vitrine:fresh"));
    } catch {
      if (by?.name) {
        const pressed = document.createElement("input");
        Object.assign(pressed, { type: "hidden", name: by.name, value: by.value });
        f.append(pressed);
      }
      f.submit();
    }
  })();
});
