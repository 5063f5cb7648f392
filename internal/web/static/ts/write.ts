// Composers: form[data-say]. What is typed is kept by the server as a draft;
// sending leaves the page where it is.
const form = (t: EventTarget | null) => (t as Element | null)?.closest?.<HTMLFormElement>("form[data-say]") ?? null;

const timers = new Map<HTMLFormElement, number>();

// What was typed, and is not known to be kept: leaving asks first.
const unkept = new Map<HTMLFormElement, number>();
let typed = 0;

function draftURL(f: HTMLFormElement): string {
  const [id, note] = f.dataset.place!.split(" ");
  return "/drafts/" + id + (note ? "?note=1" : "");
}

const named = (f: HTMLFormElement, name: string) => f.elements.namedItem(name) as HTMLInputElement | HTMLTextAreaElement | null;

function tell(f: HTMLFormElement, what: "saving" | "saved" | "unsaved" | "") {
  const state = f.querySelector<HTMLElement>(".draft-state");
  if (state) state.textContent = (what && state.dataset[what]) || "";
}

// save keeps a draft; what does not arrive is tried again with the next letter, and
// on leaving.
async function save(f: HTMLFormElement, leaving = false) {
  clearTimeout(timers.get(f));
  timers.delete(f);
  const at = unkept.get(f);
  const data = new URLSearchParams();
  for (const name of ["body", "subject", "once", "revision"]) {
    const field = named(f, name);
    if (field) data.set(name, field.value);
  }
  const answer = await fetch(draftURL(f), { method: "POST", body: data, keepalive: leaving }).catch(() => null);
  if (unkept.get(f) !== at) return; // there is more of it
  if (answer?.ok) unkept.delete(f);
  tell(f, answer?.ok ? (data.get("body") ? "saved" : "") : "unsaved");
}

// keep saves what is in a form a little later.
function keep(f: HTMLFormElement) {
  unkept.set(f, ++typed);
  clearTimeout(timers.get(f));
  timers.set(f, window.setTimeout(() => void save(f), 800));
  tell(f, "saving");
}

// leave forgets that something is to be kept: it is being sent.
function leave(f: HTMLFormElement) {
  clearTimeout(timers.get(f));
  timers.delete(f);
  unkept.delete(f);
  f.dataset.sent = "";
}

const unsaved = () => [...unkept.keys()].filter((f) => f.isConnected);

addEventListener("input", (e) => {
  const f = form(e.target);
  if (!f || !(e.target as Element).matches("textarea, [name=subject]")) return;
  const once = named(f, "once");
  if ("sent" in f.dataset && once) once.value = Date.now() + String(Math.random()); // typed on after going back: another one
  delete f.dataset.sent;
  keep(f);
});

// What the server did not take is in its form again, and nowhere else.
document.querySelectorAll<HTMLFormElement>("form[data-say][data-dirty]").forEach((f) => {
  f.removeAttribute("data-dirty");
  keep(f);
});

addEventListener("beforeunload", (e) => {
  if (unsaved().length) e.preventDefault();
});
addEventListener("pagehide", () => unsaved().forEach((f) => void save(f, true)));

// A link that comes back to this composer waits until the draft is kept.
addEventListener("click", (e) => {
  const a = (e.target as Element).closest<HTMLAnchorElement>("a[data-leave]");
  if (!a || e.defaultPrevented || e.metaKey || e.ctrlKey || e.shiftKey || !unsaved().length) return;
  e.preventDefault();
  void Promise.all(unsaved().map((f) => save(f))).then(() => {
    const here = new URL(location.href);
    const to = new URL(a.href);
    location.assign(to);
    if (to.pathname === here.pathname && to.search === here.search) location.reload();
  });
});

// How many files go along stands beside the clip.
const brought = (f: HTMLFormElement | null) => f?.querySelector<HTMLInputElement>("input[type=file][name=upload]") ?? null;
function count(f: HTMLFormElement) {
  const n = f.querySelectorAll(".attach-list input:checked").length + (brought(f)?.files?.length ?? 0);
  const at = f.querySelector("[data-chosen]");
  if (at) at.textContent = n ? String(n) : "";
}
addEventListener("change", (e) => {
  const f = form(e.target);
  if (f) count(f);
});

// Files that are pasted or dropped go along as well.
function bring(f: HTMLFormElement, files: FileList): boolean {
  const input = brought(f);
  if (!input || !files.length) return false;
  const all = new DataTransfer();
  for (const x of [...(input.files ?? []), ...files]) all.items.add(x);
  input.files = all.files;
  input.closest("details")!.open = true;
  count(f);
  return true;
}
addEventListener("paste", (e) => {
  const f = form(e.target);
  if (f && e.clipboardData && bring(f, e.clipboardData.files)) e.preventDefault();
});
addEventListener("dragover", (e) => {
  const f = form(e.target);
  if (!brought(f) || !e.dataTransfer?.types.includes("Files")) return;
  e.preventDefault();
  f!.classList.add("drops");
});
for (const end of ["dragleave", "drop"]) addEventListener(end, (e) => form(e.target)?.classList.remove("drops"));
addEventListener("drop", (e) => {
  const f = form(e.target);
  if (f && e.dataTransfer && bring(f, e.dataTransfer.files)) e.preventDefault();
});

addEventListener("keydown", (e) => {
  const f = form(e.target);
  if (!f || e.key !== "Enter" || !(e.metaKey || e.ctrlKey) || e.isComposing) return;
  e.preventDefault();
  f.requestSubmit(f.querySelector<HTMLButtonElement>("button:not([formaction]):not([type=button]):not([name=seek])") ?? undefined);
});

// Sent in place: the answer is the page as it is now, with an empty composer.
addEventListener("submit", (e) => {
  const f = form(e.target);
  const by = (e as SubmitEvent).submitter;
  if (!f || e.defaultPrevented || by?.hasAttribute("formaction")) return;
  leave(f); // what is sent is no draft any more
  if (!f.closest("[data-inplace]")) return;
  e.preventDefault();
  void send(f, by as HTMLButtonElement | null);
});

async function send(f: HTMLFormElement, by: HTMLButtonElement | null) {
  if (f.dataset.sending !== undefined) return;
  f.dataset.sending = "";
  const whole = f.closest<HTMLElement>("[data-keep]")!;
  try {
    const answer = await post(f, new FormData(f, by));
    const now = new DOMParser().parseFromString(answer.text, "text/html").getElementById(whole.id);
    const empty = now && [...now.querySelectorAll<HTMLFormElement>("form[data-say]")].find((x) => x.dataset.place === f.dataset.place);
    if (!empty || !(answer.ok || answer.wrong)) return again(f, by);
    // What is typed into the other form stays; what was quoted was quoted.
    const own = document.importNode(empty, true);
    f.replaceWith(own);
    if (answer.wrong) {
      own.removeAttribute("data-dirty");
      keep(own);
      (own.querySelector<HTMLElement>("[aria-invalid], [autofocus]") ?? own.querySelector("textarea")!).focus();
      return;
    }
    whole.dataset.keep = now.dataset.keep;
    whole.querySelectorAll(".quoting").forEach((x) => x.remove());
    own.querySelector("textarea")!.focus();
    // Comments are shown where the answer leads, a conversation at its end.
    const here = new URL(location.href);
    if (f.matches(".comment-form")) here.search = new URL(answer.url).search;
    else if (["quote", "at", "before", "after"].some((x) => here.searchParams.has(x))) here.search = "";
    history.replaceState(history.state, "", here);
    document.dispatchEvent(new CustomEvent("vitrine:sent"));
    document.dispatchEvent(new Event("vitrine:fresh"));
  } catch {
    again(f, by); // the browser says that it is offline, and keeps the page
  } finally {
    delete f.dataset.sending;
  }
}

// again sends the form as the browser does; sent twice, it is one message.
function again(f: HTMLFormElement, by: HTMLButtonElement | null) {
  void save(f, true);
  if (by?.name) {
    const pressed = document.createElement("input");
    Object.assign(pressed, { type: "hidden", name: by.name, value: by.value });
    f.prepend(pressed); // what is said comes before the files
  }
  f.submit();
}

interface Answer {
  ok: boolean;
  wrong: boolean; // it says what was
  url: string;
  text: string;
}

// post sends what is said; files with it tell how far they are.
function post(f: HTMLFormElement, data: FormData): Promise<Answer> {
  const files = brought(f)?.files?.length;
  if (!files) data.delete("upload");
  const state = f.querySelector<HTMLElement>(".draft-state");
  return new Promise((done, fail) => {
    const x = new XMLHttpRequest();
    x.open("POST", f.action);
    x.setRequestHeader("Accept", "text/html");
    if (files && state)
      x.upload.onprogress = (e) => (state.textContent = state.dataset.sending!.replace("#", String(Math.floor((100 * e.loaded) / e.total))));
    x.onload = () => done({ ok: x.status < 300, wrong: x.status === 422, url: x.responseURL, text: x.responseText });
    x.onerror = fail;
    x.send(files ? data : new URLSearchParams(data as unknown as Record<string, string>));
  });
}
