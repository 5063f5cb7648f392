// A conversation on the screen: where it opens, what was read of it, who is
// writing, and that its end stays in view.
const thread = () => document.getElementById("thread");

// What scrolls: on a desk the conversation, elsewhere the page.
function scroller() {
  const t = thread();
  return t && getComputedStyle(t).overflowY !== "visible" ? t : document.scrollingElement!;
}

let atEnd = false;
function measure() {
  const s = scroller();
  atEnd = s.scrollHeight - s.scrollTop - s.clientHeight < 160;
}

function toEnd() {
  const s = scroller();
  s.scrollTop = s.scrollHeight;
  atEnd = true;
}

// What was new when the page was opened stays marked while it is read.
function remember() {
  const t = thread();
  const here = new URL(location.href);
  if (!t || !document.getElementById("new") || here.searchParams.has("since")) return;
  here.searchParams.set("since", t.dataset.since ?? "");
  history.replaceState(history.state, "", here);
}

// Whether the end of something is really on the screen: not beyond its edge, nor in
// a part of the page that is scrolled away or put away, nor behind a bar.
function shown(x: Element) {
  const { left, width, bottom } = x.getBoundingClientRect();
  return x.contains(document.elementsFromPoint(left + width / 2, bottom - 4).find((e) => !e.closest("#toasts")) ?? null);
}

// Told once the newest message has been on it; what did not get through is told again.
let told = "";
function read() {
  const t = thread();
  const last = t?.dataset.last;
  if (!t || !last || told === last || document.visibilityState !== "visible" || !document.hasFocus()) return;
  const li = document.getElementById(last);
  if (!li || !shown(li)) return;
  told = last;
  fetch(`${t.dataset.here}/read?upto=${last}`, { method: "POST", keepalive: true }).catch(() => (told = ""));
}

// Comments, likewise.
const readThem = () => {
  if (document.visibilityState !== "visible" || !document.hasFocus()) return;
  for (const t of document.querySelectorAll<HTMLElement>("[data-read]")) {
    if (!shown(t.querySelector("ol")!)) continue;
    const url = t.dataset.read!;
    fetch(url, { method: "POST", keepalive: true }).catch(() => (t.dataset.read = url));
    t.removeAttribute("data-read");
  }
};

let hide = 0;
function typing(e: Event) {
  const t = thread();
  const [id, ...name] = ((e as CustomEvent<string>).detail ?? "").split(" ");
  const line = document.getElementById("typing");
  if (!t || !line || t.dataset.thread !== id) return;
  line.textContent = line.dataset.says!.replace("%", name.join(" ") || line.dataset.someone!);
  clearTimeout(hide);
  hide = window.setTimeout(() => (line.textContent = ""), 6000);
}

document.addEventListener("vitrine:typing", typing);
document.addEventListener("vitrine:sent", () => (atEnd = true));

// That somebody is writing is told every few seconds at most.
let last = 0;
addEventListener("input", (e) => {
  const f = (e.target as Element).closest<HTMLFormElement>("#thread form[data-say]");
  const t = thread();
  if (!f || !t || !(e.target as Element).matches("textarea") || Date.now() - last < 3000) return;
  last = Date.now();
  void fetch(`${t.dataset.here}/typing?to=${f.classList.contains("team") ? "team" : "client"}`, { method: "POST" }).catch(() => {});
});

let newest = thread()?.dataset.last;
document.addEventListener("vitrine:swapped", () => {
  const now = thread()?.dataset.last;
  if (now !== newest) {
    newest = now;
    clearTimeout(hide);
    const line = document.getElementById("typing");
    if (line) line.textContent = "";
    if (atEnd && thread()?.hasAttribute("data-fresh")) toEnd();
  }
  remember();
  read();
  readThem();
});

addEventListener("scroll", () => {
  measure();
  read();
  readThem();
}, { capture: true, passive: true });
addEventListener("focus", () => (read(), readThem()));
document.addEventListener("visibilitychange", () => (read(), readThem()));
// What is opened or grows narrow may bring them onto it.
for (const by of ["click", "keyup", "resize"]) addEventListener(by, () => setTimeout(readThem, 300));
setTimeout(readThem, 800);

// Where nothing but panes scrolls, a key that would scroll the page scrolls the
// conversation, or the list of them.
addEventListener("keydown", (e) => {
  const page = document.scrollingElement!;
  const pane = thread() ?? document.getElementById("talk-list");
  const at = document.activeElement;
  if (pane && pane !== at && at?.contains(pane) && page.scrollHeight <= page.clientHeight && /^( |Page(Up|Down)|Arrow(Up|Down)|Home|End)$/.test(e.key)) pane.focus({ preventScroll: true });
});

if (thread()) {
  remember();
  const hash = location.hash.slice(1);
  if (!hash || hash === "end") toEnd();
  measure();
  setTimeout(read, 400);
}
