// The page that draws a PDF. It runs in a frame without an origin and without a
// network: the page around it hands it the bytes that it asks for, piece by
// piece. So whatever a PDF may get pdf.js to do, there is nowhere to take it.
import { getDocument, OutputScale, PDFDataRangeTransport, TextLayer } from "../vendor/pdfjs/pdf.min.mjs";
import "../vendor/pdfjs/pdf.worker.min.mjs"; // runs here: no worker may be started
import { fill, Layer, where, type Area, type Mark, type Words } from "./mark";

interface Place {
  item: number;
  at: number;
}
interface Sheet {
  n: number;
  box: HTMLElement;
  width: number; // at 100 %
  height: number;
  known: boolean; // the size is this page's own
  drawn: number; // the scale of what is on it, 0 for nothing
  task?: { cancel(): void; promise: Promise<void> };
  layer?: any;
  turn: number; // of the drawing: a newer one has the word
  over?: Layer; // the places on it
}
interface Match {
  page: number;
  from: Place;
  to: Place;
}

const most = 5000; // pages that get a place: a lying count costs no more
const steps = [0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4];
const $ = <T extends HTMLElement>(what: string) => document.querySelector<T>(what)!;
const pages = $("#pages");
const thumbs = $("#thumbs");
const field = $<HTMLInputElement>("[data-page]");
const level = $("[data-zoom]");
const found = $("[data-found]");
const query = $<HTMLInputElement>("[data-find] input");

// The page around.

let around = "";
function tell(what: object) {
  parent.postMessage({ pdf: true, ...what }, around || "*");
}

const waiting = new Map<string, (data: ArrayBuffer | undefined) => void>();
function ask(key: string, what: object): Promise<ArrayBuffer | undefined> {
  return new Promise((done) => {
    waiting.set(key, done);
    tell({ key, ...what });
  });
}

addEventListener("message", (e) => {
  if (e.source !== parent || (around && e.origin !== around)) return;
  const m = e.data;
  if (m?.pdf !== true) return;
  if (m.open) {
    around ||= e.origin;
    for (const [name, value] of m.brand) document.documentElement.style.setProperty(name, value);
    void open(m.size, m.data);
  } else if (m.key) {
    waiting.get(m.key)?.(m.data);
    waiting.delete(m.key);
  } else if (m.act) act(m.act);
  else if (m.marks) showMarks(m.marks, m.chosen, m.able, m.words);
  else if (m.begin) begin(m.begin);
  else if (m.end) endPlace();
  else if (m.go) goTo(m.go);
});

class Pieces extends PDFDataRangeTransport {
  requestDataRange(begin: number, end: number) {
    void ask("bytes " + begin, { want: "bytes", begin, end }).then((data) => {
      if (data) this.onDataRange(begin, new Uint8Array(data));
      else tell({ failed: "gone" });
    });
  }
}

// Decoders and fonts that few files need.
class Parts {
  async fetch({ filename }: { filename: string }): Promise<Uint8Array> {
    const data = await ask("part " + filename, { want: "part", name: filename });
    if (!data) throw new Error("not available: " + filename);
    return new Uint8Array(data);
  }
}

// The document.

let file: any;
let sheets: Sheet[] = [];
let scale = 1;
let fits: "width" | "page" | "" = "width";
let current = 1;

async function open(size: number, data?: ArrayBuffer) {
  if (file) return;
  const task = getDocument({
    ...(data ? { data: new Uint8Array(data) } : { range: new Pieces(size, null), rangeChunkSize: 1 << 18 }),
    disableStream: true,
    disableAutoFetch: true,
    BinaryDataFactory: Parts,
    useWorkerFetch: false,
    enableXfa: false,
    maxImageSize: 100e6,
    verbosity: 0,
  });
  task.onPassword = () => {
    tell({ failed: "password" });
    void task.destroy();
  };
  try {
    file = await task.promise;
    const first = await file.getPage(1);
    const { width, height } = first.getViewport({ scale: 96 / 72 });
    lay(width, height);
    tell({ shown: file.numPages });
  } catch {
    tell({ failed: "broken" });
  }
}

function lay(width: number, height: number) {
  const n = Math.min(file.numPages, most);
  $("[data-pages]").textContent = String(file.numPages);
  for (let i = 1; i <= n; i++) {
    const box = document.createElement("section");
    box.className = "sheet";
    box.setAttribute("aria-label", field.getAttribute("aria-label") + " " + i);
    sheets.push({ n: i, box, width, height, known: false, drawn: 0, turn: 0 });
  }
  fit();
  pages.replaceChildren(...sheets.map((s) => s.box));
  sheets.forEach((s) => near.observe(s.box));
  document.body.dataset.ready = "";
}

function fit() {
  const s = sheets[current - 1];
  if (!s) return;
  const wide = (pages.clientWidth - 2 * gap()) / s.width;
  const high = (pages.clientHeight - 2 * gap()) / s.height;
  if (fits) scale = clamp(fits === "width" ? Math.min(wide, 1.6) : Math.min(wide, high));
  sheets.forEach(size);
  level.textContent = Math.round(scale * 100) + " %";
}

const gap = () => parseFloat(getComputedStyle(pages).paddingInlineStart) || 0;
const clamp = (x: number) => Math.max(0.1, Math.min(5, x));

function size(s: Sheet) {
  s.box.style.width = s.width * scale + "px";
  s.box.style.height = s.height * scale + "px";
  s.box.style.setProperty("--total-scale-factor", String((scale * 96) / 72));
}

// zoom keeps what is at a place of the window where it is.
function zoom(to: number, x = pages.clientWidth / 2, y = pages.clientHeight / 2) {
  to = clamp(to);
  const s = sheets[current - 1];
  if (!s) return;
  const at = s.box.getBoundingClientRect();
  const frame = pages.getBoundingClientRect();
  const fx = (x + frame.left - at.left) / at.width;
  const fy = (y + frame.top - at.top) / at.height;
  fits = "";
  scale = to;
  fit();
  const now = s.box.getBoundingClientRect();
  pages.scrollBy(now.left + fx * now.width - x - frame.left, now.top + fy * now.height - y - frame.top);
  redraw();
}

const up = () => zoom(steps.find((x) => x > scale + 0.01) ?? scale * 1.25);
const down = () => zoom([...steps].reverse().find((x) => x < scale - 0.01) ?? scale / 1.25);

let later = 0;
function redraw() {
  clearTimeout(later);
  later = window.setTimeout(() => sheets.forEach((s) => s.drawn && s.drawn !== scale && isNear.has(s) && void draw(s)), 150);
}

// Only what is on the screen, or nearly, is drawn and kept.
const isNear = new Set<Sheet>();
const near = new IntersectionObserver(
  (all) => {
    for (const one of all) {
      const s = sheets.find((s) => s.box === one.target)!;
      if (one.isIntersecting) {
        isNear.add(s);
        void draw(s);
      } else {
        isNear.delete(s);
        clear(s);
      }
    }
  },
  { root: pages, rootMargin: "50% 0px" },
);

function clear(s: Sheet) {
  s.turn++;
  s.task?.cancel();
  s.task = undefined;
  s.layer = undefined;
  s.drawn = 0;
  put(s);
}

// put draws what is on a page; its places stay where they are, as whoever sets one
// by keys has the focus in it.
function put(s: Sheet, ...parts: Node[]) {
  for (const c of [...s.box.children]) if (c !== s.over?.over) c.remove();
  s.box.prepend(...parts);
}

async function draw(s: Sheet) {
  const turn = ++s.turn;
  s.task?.cancel();
  const page = await file.getPage(s.n).catch(() => undefined);
  if (!page || turn !== s.turn) return;
  if (!s.known) {
    const own = page.getViewport({ scale: 96 / 72 });
    s.known = true;
    if (own.width !== s.width || own.height !== s.height) {
      s.width = own.width;
      s.height = own.height;
      if (s.n === 1 && fits) fit();
      else size(s);
    }
  }
  const at = scale;
  const viewport = page.getViewport({ scale: (at * 96) / 72 });
  const out = new OutputScale();
  out.limitCanvas(viewport.width, viewport.height, 1 << 24, -1);
  const canvas = document.createElement("canvas");
  canvas.width = Math.floor(viewport.width * out.sx);
  canvas.height = Math.floor(viewport.height * out.sy);
  s.task = page.render({ canvas, viewport, transform: out.scaled ? [out.sx, 0, 0, out.sy, 0, 0] : null });
  try {
    await s.task!.promise;
  } catch {
    return; // a newer drawing, or a page that cannot be drawn
  }
  if (turn !== s.turn) return;
  const text = document.createElement("div");
  text.className = "textLayer";
  put(s, canvas, text);
  s.drawn = at;
  const layer = new TextLayer({ textContentSource: await page.getTextContent(), container: text, viewport });
  await layer.render().catch(() => {});
  if (turn !== s.turn) return;
  s.layer = layer;
  mark(s);
  if (s === reads?.sheet) read();
}

// Where one is.

function look() {
  const middle = pages.scrollTop + pages.clientHeight / 2;
  let n = 1;
  for (const s of sheets) {
    if (s.box.offsetTop > middle) break;
    n = s.n;
  }
  if (pages.scrollTop + pages.clientHeight >= pages.scrollHeight - 2) n = sheets.length;
  if (n === current && field.value === String(n)) return;
  current = n;
  if (document.activeElement !== field) field.value = String(n);
  tell({ at: n });
  thumbs.querySelector("[aria-current]")?.removeAttribute("aria-current");
  const t = thumbs.children[n - 1];
  t?.setAttribute("aria-current", "true");
  if (!thumbs.hidden) t?.scrollIntoView({ block: "nearest" });
}
let frame = 0;
pages.addEventListener("scroll", () => {
  cancelAnimationFrame(frame);
  frame = requestAnimationFrame(look);
});

function go(n: number) {
  const s = sheets[Math.max(1, Math.min(sheets.length, n)) - 1];
  if (!s) return;
  pages.scrollTop = s.box.offsetTop - gap();
  look();
}

field.addEventListener("change", () => {
  const n = parseInt(field.value, 10);
  if (n > 0) go(n);
  field.value = String(current);
});
field.addEventListener("focus", () => field.select());

new ResizeObserver(() => {
  if (!file) return;
  const s = sheets[current - 1];
  const into = s ? (pages.scrollTop - s.box.offsetTop) / s.box.offsetHeight : 0;
  fit();
  if (s) pages.scrollTop = s.box.offsetTop + into * s.box.offsetHeight;
  redraw();
}).observe(pages);

// Small pictures of the pages.

const small = new IntersectionObserver(
  (all) => {
    for (const one of all) {
      if (!one.isIntersecting) continue;
      small.unobserve(one.target);
      void picture(one.target as HTMLElement);
    }
  },
  { root: thumbs, rootMargin: "100% 0px" },
);

async function picture(b: HTMLElement) {
  const page = await file.getPage(Number(b.dataset.n)).catch(() => undefined);
  if (!page) return;
  const one = page.getViewport({ scale: 1 });
  const viewport = page.getViewport({ scale: 180 / Math.max(one.width, one.height * 0.7) });
  const canvas = document.createElement("canvas");
  canvas.width = viewport.width;
  canvas.height = viewport.height;
  await page.render({ canvas, viewport }).promise.catch(() => {});
  b.prepend(canvas);
  b.querySelector("i")?.remove();
}

function showThumbs(on: boolean) {
  thumbs.hidden = !on;
  $("[data-do=thumbs]").setAttribute("aria-pressed", String(on));
  if (on && !thumbs.children.length) {
    thumbs.append(
      ...sheets.map((s) => {
        const b = document.createElement("button");
        b.type = "button";
        b.dataset.n = String(s.n);
        b.setAttribute("aria-label", field.getAttribute("aria-label") + " " + s.n);
        const blank = document.createElement("i");
        blank.style.aspectRatio = s.width + " / " + s.height;
        const n = document.createElement("span");
        n.textContent = String(s.n);
        b.append(blank, n);
        return b;
      }),
    );
    [...thumbs.children].forEach((t) => small.observe(t));
    thumbs.children[current - 1]?.setAttribute("aria-current", "true");
  }
  thumbs.children[current - 1]?.scrollIntoView({ block: "nearest" });
}
thumbs.addEventListener("click", (e) => {
  const b = (e.target as Element).closest<HTMLElement>("button");
  if (b) go(Number(b.dataset.n));
});

// Finding.

const texts = new Map<number, { folded: string; places: Place[] }>();
let matches: Match[] = [];
let chosen = -1;
let search = 0;

const fold = (c: string) => c.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

// text of a page as it is compared: folded, with where each letter stands.
async function text(n: number) {
  let t = texts.get(n);
  if (t) return t;
  const page = await file.getPage(n);
  const content = await page.getTextContent();
  let folded = "";
  const places: Place[] = [];
  content.items.forEach((it: any, item: number) => {
    for (let at = 0; at < it.str.length; at++) {
      for (const c of fold(it.str[at])) {
        folded += c;
        places.push({ item, at });
      }
    }
    if (it.hasEOL) {
      folded += " ";
      places.push({ item, at: it.str.length });
    }
  });
  texts.set(n, (t = { folded, places }));
  return t;
}

async function find() {
  const turn = ++search;
  const what = fold(query.value.trim()).replace(/\s+/g, " ");
  matches = [];
  chosen = -1;
  isNear.forEach(mark);
  found.textContent = "";
  if (!what || !file) return;
  for (let i = 0; i < sheets.length && matches.length < 1000; i++) {
    const n = ((current - 1 + i) % sheets.length) + 1; // from where one is
    const t = await text(n).catch(() => undefined);
    if (turn !== search) return;
    if (!t) continue;
    for (let at = t.folded.indexOf(what); at >= 0; at = t.folded.indexOf(what, at + what.length)) {
      matches.push({ page: n, from: t.places[at], to: t.places[at + what.length - 1] });
    }
    if (matches.length && chosen < 0) choose(0);
    else count();
  }
  if (!matches.length) found.textContent = found.dataset.none!;
}

function count() {
  if (matches.length) found.textContent = found.dataset.of!.replace("{n}", String(chosen + 1)).replace("{of}", String(matches.length));
}

function choose(i: number) {
  if (!matches.length) return;
  chosen = (i + matches.length) % matches.length;
  count();
  const s = sheets[matches[chosen].page - 1];
  if (s.layer) mark(s, true);
  else go(s.n); // and drawn, it is marked
  isNear.forEach((x) => x !== s && mark(x));
}

// mark shows what was found on a page that is drawn.
const hits = "highlights" in CSS ? { all: new Highlight(), one: new Highlight() } : undefined;
if (hits) {
  CSS.highlights.set("found", hits.all);
  CSS.highlights.set("chosen", hits.one);
}
const ranges = new WeakMap<Sheet, Range[]>();
function mark(s: Sheet, move = true) {
  ranges.get(s)?.forEach((r) => {
    hits?.all.delete(r);
    hits?.one.delete(r);
  });
  s.box.querySelectorAll(".hit").forEach((x) => x.classList.remove("hit"));
  const divs: HTMLElement[] | undefined = s.layer?.textDivs;
  if (!divs) return;
  const mine: Range[] = [];
  matches.forEach((m, i) => {
    if (m.page !== s.n) return;
    const from = divs[m.from.item]?.firstChild;
    const to = divs[m.to.item]?.firstChild;
    if (!from || !to) return;
    const r = document.createRange();
    try {
      r.setStart(from, m.from.at);
      r.setEnd(to, Math.min(m.to.at + 1, to.textContent!.length));
    } catch {
      return;
    }
    mine.push(r);
    if (hits) (i === chosen ? hits.one : hits.all).add(r);
    else divs[m.from.item].classList.add("hit");
    if (i === chosen && move) {
      const at = r.getBoundingClientRect();
      const box = pages.getBoundingClientRect();
      if (at.top < box.top || at.bottom > box.bottom) pages.scrollTop += at.top - box.top - box.height / 3;
      if (at.left < box.left || at.right > box.right) pages.scrollLeft += at.left - box.left - box.width / 3;
    }
  });
  ranges.set(s, mine);
}

let typing = 0;
query.addEventListener("input", () => {
  clearTimeout(typing);
  typing = window.setTimeout(find, 200);
});
query.addEventListener("keydown", (e) => {
  if (e.key === "Escape") {
    query.value = "";
    void find();
    pages.focus();
  }
});
$("[data-find]").addEventListener("submit", (e) => {
  e.preventDefault();
  choose(chosen + ((e as SubmitEvent).submitter?.dataset.do === "before" ? -1 : 1));
});

// Places on the pages. What is set is told to the page around.

let marked: Mark[] = [];
let chosenMark = "";
let able = false;
let words: Words = {};

function showMarks(all: Mark[], chosen: string, may: boolean, w: Words) {
  [marked, chosenMark, able, words] = [all, chosen, may, w];
  const on = new Set(marked.map((m) => m.page));
  sheets.forEach((s) => (on.has(s.n) || s.over) && over(s).draw(marked, chosenMark));
}

// over is the layer of a page, made when it is first needed.
function over(s: Sheet): Layer {
  if (!s.over) {
    const own: Layer = (s.over = new Layer(s.n, {
      words: () => words,
      chosen: (id) => tell({ chosen: id }),
      ended: () => tell({ ended: true }),
      say: (text) => tell({ say: text }),
      placed: (placed) => {
        sheets.forEach((x) => (x.over === own ? x.over.over.removeAttribute("data-placing") : x.over?.end()));
        tell({ placed });
      },
    }));
    s.box.append(own.over);
  }
  return s.over;
}

// What is tapped or pressed now is noticed once the browser has drawn that the
// layers are there.
const begun = () => requestAnimationFrame(() => requestAnimationFrame(() => tell({ begun: true })));

function begin(how: string) {
  if (!able) return;
  if (how !== "pointer" && selected()) return takeText();
  if (how === "pointer") {
    sheets.forEach((s) => over(s).begin());
    return begun();
  }
  // Keys come here only once the browser knows that the frame has the focus.
  awaits = how === "text" ? beginReading : beginWithKeys;
  if (document.hasFocus()) focused();
}

let awaits: (() => void) | undefined;
function focused() {
  awaits?.();
  awaits = undefined;
}
addEventListener("focus", focused);

function beginWithKeys() {
  const s = sheets[current - 1];
  if (!s) return;
  const page = s.box.getBoundingClientRect();
  const view = pages.getBoundingClientRect();
  const middle = (from: number, until: number, start: number, size: number) => ((Math.max(from, start) + Math.min(until, start + size)) / 2 - start) / (size || 1);
  over(s).begin({ x: middle(view.left, view.right, page.left, page.width), y: middle(view.top, view.bottom, page.top, page.height) });
  begun();
}

function endPlace() {
  awaits = undefined;
  if (reads) getSelection()?.removeAllRanges();
  reads = undefined;
  sheets.forEach((s) => s.over?.end());
}

function goTo(id: string) {
  const m = marked.find((x) => x.id === id);
  if (!m?.page || !sheets[m.page - 1]) return;
  go(m.page);
  over(sheets[m.page - 1]).find(id)?.scrollIntoView({ block: "center", inline: "center" });
}

// Text that is marked on one page can be commented on.
function selected(): { sheet: Sheet; range: Range } | undefined {
  const chosen = getSelection();
  if (!able || !chosen || chosen.isCollapsed || !chosen.rangeCount) return;
  const range = chosen.getRangeAt(0);
  const of = (n: Node) => (n instanceof Element ? n : n.parentElement)?.closest(".sheet");
  const sheet = sheets.find((s) => s.box === of(range.startContainer));
  return sheet && range.toString().trim() ? { sheet, range } : undefined;
}

// lines are where the marked text stands: a rectangle for each line.
function lines(box: HTMLElement, range: Range): Area[] {
  const page = box.getBoundingClientRect();
  const all: Area[] = [];
  const part = (x: number) => Math.max(0, Math.min(1, x));
  for (const r of range.getClientRects()) {
    const x = part((r.left - page.left) / page.width);
    const y = part((r.top - page.top) / page.height);
    const a = { x, y, width: part((r.right - page.left) / page.width) - x, height: part((r.bottom - page.top) / page.height) - y };
    if (a.width < 0.001 || a.height < 0.001 || a.height > 0.5) continue;
    const line = all.find((l) => Math.abs(l.y + l.height! / 2 - a.y - a.height / 2) < a.height / 2);
    if (!line) {
      all.push(a);
      continue;
    }
    const right = Math.max(line.x + line.width!, a.x + a.width);
    const bottom = Math.max(line.y + line.height!, a.y + a.height);
    line.x = Math.min(line.x, a.x);
    line.y = Math.min(line.y, a.y);
    line.width = right - line.x;
    line.height = bottom - line.y;
  }
  return all.slice(0, 100);
}

function takeText() {
  const s = selected();
  if (!s) return;
  const all = lines(s.sheet.box, s.range);
  const quote = s.range.toString().replace(/\s+/g, " ").trim().slice(0, 480);
  if (!all.length) return;
  const x = Math.min(...all.map((l) => l.x));
  const y = Math.min(...all.map((l) => l.y));
  const width = Math.max(...all.map((l) => l.x + l.width!)) - x;
  const height = Math.max(...all.map((l) => l.y + l.height!)) - y;
  offer.remove();
  reads = undefined;
  getSelection()?.removeAllRanges();
  tell({ placed: { kind: "text", page: s.sheet.n, x, y, width, height, quote, lines: all } });
}

// Text is marked by keys, too: up and down choose a line, left and right a word, and
// with Shift more or less of them. Beyond the last line is the next page.

interface Word {
  first: Text; // where it begins,
  start: number;
  last: Text; // and ends
  end: number;
  box: DOMRect;
  line: number;
}

// reads is what is being marked: at is what was chosen at first, from a word to
// another, and head how far it goes.
let reads: { sheet: Sheet; words?: Word[]; at: [number, number]; head: number; enter: 1 | -1 } | undefined;

function beginReading() {
  const sheet = sheets[current - 1];
  if (!sheet) return;
  pages.focus({ preventScroll: true });
  reads = { sheet, at: [0, 0], head: 0, enter: 1 };
  read();
  begun();
}

// read begins on a page once its text is there: at the line that is seen first, or
// from below at the last.
function read() {
  const { sheet, enter } = reads!;
  if (!sheet.layer) return;
  const first = !reads!.words;
  const all = (reads!.words = wordsOn(sheet));
  if (!all.length) return tell({ say: fill(words.textNone, { page: sheet.n }) });
  if (!first) return marksText();
  const top = pages.getBoundingClientRect().top;
  lineOf(enter < 0 ? all.length - 1 : Math.max(0, all.findIndex((w) => w.box.top >= top)));
  marksText();
}

// wordsOn are the words of a page, in the order in which they stand in the file.
function wordsOn(s: Sheet): Word[] {
  const all: Word[] = [];
  const r = document.createRange();
  let line = 0;
  for (const div of s.layer.textDivs as HTMLElement[]) {
    const text = div.firstChild;
    if (!(text instanceof Text)) continue;
    for (const m of text.data.matchAll(/\S+/g)) {
      const end = m.index + m[0].length;
      r.setStart(text, m.index);
      r.setEnd(text, end);
      const box = r.getBoundingClientRect();
      if (!box.width || !box.height) continue;
      const was = all.at(-1);
      const same = was && Math.abs(was.box.top + was.box.height / 2 - box.top - box.height / 2) < box.height / 2;
      if (same && !m.index && was.end === was.last.data.length && Math.abs(box.left - was.box.right) < box.height / 8) {
        // A word in two pieces.
        [was.last, was.end, was.box] = [text, end, new DOMRect(was.box.left, was.box.top, box.right - was.box.left, was.box.height)];
        continue;
      }
      if (was && !same) line++;
      all.push({ first: text, start: m.index, last: text, end, box, line });
    }
  }
  return all;
}

// lineOf chooses the line of a word.
function lineOf(n: number) {
  const all = reads!.words!;
  reads!.at = [all.findIndex((w) => w.line === all[n].line), all.findLastIndex((w) => w.line === all[n].line)];
  reads!.head = reads!.at[1];
}

// marksText marks what is chosen, brings it into sight and says it.
function marksText() {
  const { sheet, words: all, at, head } = reads!;
  const from = all![Math.min(at[0], head)];
  const to = all![Math.max(at[1], head)];
  getSelection()?.setBaseAndExtent(from.first, from.start, to.last, to.end);
  const r = document.createRange();
  const near = all![head];
  r.setStart(near.first, near.start);
  r.setEnd(near.last, near.end);
  const [box, view] = [r.getBoundingClientRect(), pages.getBoundingClientRect()];
  if (box.top < view.top || box.bottom > view.bottom) pages.scrollTop += box.top - view.top - view.height / 3;
  if (box.left < view.left || box.right > view.right) pages.scrollLeft += box.left - view.left - view.width / 3;
  const quote = getSelection()!.toString().replace(/\s+/g, " ").trim();
  tell({ say: where({ kind: "text", page: sheet.n, quote: quote.length > 60 ? quote.slice(0, 28) + " … " + quote.slice(-28) : quote }, words) });
}

function readKey(e: KeyboardEvent): boolean {
  const r = reads!;
  const all = r.words ?? [];
  const way = ({ ArrowUp: -1, ArrowLeft: -1, ArrowDown: 1, ArrowRight: 1 } as Record<string, 1 | -1>)[e.key];
  if (e.key === "Enter" && all.length) takeText();
  else if (e.key === "Escape") tell({ ended: true });
  else if (!way) return false;
  else if (!all.length || !e.shiftKey) step(way, /Up|Down/.test(e.key));
  else {
    if (/Up|Down/.test(e.key)) {
      const next = all[r.head].line + way;
      const end = way > 0 ? r.head >= r.at[0] : r.head > r.at[1]; // of that line, or its beginning
      const to = end ? all.findLastIndex((w) => w.line === next) : all.findIndex((w) => w.line === next);
      if (to >= 0) r.head = to;
    } else {
      r.at = [r.at[0], r.at[0]]; // of a line, its words
      r.head = Math.max(0, Math.min(all.length - 1, r.head + way));
    }
    marksText();
  }
  return true;
}

// step chooses the next line or word, or that before.
function step(way: 1 | -1, line: boolean) {
  const r = reads!;
  const all = r.words ?? [];
  const whole = r.at[0] !== r.at[1];
  const to = line ? (way > 0 ? all.findIndex((w) => w.line === all[r.at[1]].line + 1) : all.findLastIndex((w) => w.line === all[r.at[0]].line - 1)) : whole ? (way > 0 ? r.at[0] : r.at[1]) : r.at[0] + way;
  if (all[to]) {
    if (line) lineOf(to);
    else [r.at, r.head] = [[to, to], to];
    return marksText();
  }
  const sheet = sheets[r.sheet.n - 1 + way];
  if (!sheet) return;
  reads = { sheet, at: [0, 0], head: 0, enter: way };
  go(sheet.n);
  read();
}

const offer = document.createElement("button");
offer.type = "button";
offer.className = "offer";
offer.addEventListener("pointerdown", (e) => e.preventDefault()); // which would unmark the text
offer.addEventListener("click", takeText);
document.addEventListener("selectionchange", () => {
  const s = selected();
  if (!s) return offer.remove();
  const page = s.sheet.box.getBoundingClientRect();
  const last = [...s.range.getClientRects()].at(-1);
  if (!last) return;
  offer.textContent = words.selected ?? "";
  Object.assign(offer.style, { left: Math.max(0, Math.min(last.right - page.left, page.width - 120)) + "px", top: last.bottom - page.top + 6 + "px" });
  if (offer.parentElement !== s.sheet.box) s.sheet.box.append(offer);
});

// What can be done, by buttons, keys and from the page around.

function act(what: string) {
  switch (what) {
    case "in":
      return up();
    case "out":
      return down();
    case "fit":
      fits = fits === "width" ? "page" : "width";
      fit();
      return redraw();
    case "thumbs":
      return showThumbs(thumbs.hidden);
    case "next":
      return go(current + 1);
    case "previous":
      return go(current - 1);
    case "find":
      document.body.dataset.finding = "";
      query.focus();
      return query.select();
  }
}

addEventListener("click", (e) => {
  const b = (e.target as Element).closest<HTMLElement>("button[data-do]");
  if (b && b.dataset.do !== "after" && b.dataset.do !== "before") act(b.dataset.do!);
});

addEventListener("keydown", (e) => {
  if ((e.ctrlKey || e.metaKey) && e.key.toLowerCase() === "f") {
    e.preventDefault();
    return act("find");
  }
  if (e.ctrlKey || e.metaKey || e.altKey || (e.target as Element).matches("input")) return;
  if (reads && readKey(e)) return e.preventDefault();
  const does = { "+": "in", "=": "in", "-": "out", "0": "fit", ArrowRight: "next", ArrowLeft: "previous" }[e.key];
  if (does) {
    e.preventDefault();
    act(does);
  } else if (/^[vicftVICFT?[\]]$|^Escape$/.test(e.key)) tell({ pressed: e.key });
});

pages.addEventListener(
  "wheel",
  (e) => {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    const box = pages.getBoundingClientRect();
    zoom(scale * Math.exp(-e.deltaY / 300), e.clientX - box.left, e.clientY - box.top);
  },
  { passive: false },
);

// Two fingers: the page follows them, and is drawn again when they leave.
let fingers: { wide: number; scale: number } | undefined;
const spread = (t: TouchList) => Math.hypot(t[0].clientX - t[1].clientX, t[0].clientY - t[1].clientY);
pages.addEventListener(
  "touchmove",
  (e) => {
    if (e.touches.length !== 2) return;
    e.preventDefault();
    const wide = spread(e.touches);
    fingers ??= { wide, scale };
    const box = pages.getBoundingClientRect();
    const x = (e.touches[0].clientX + e.touches[1].clientX) / 2 - box.left;
    const y = (e.touches[0].clientY + e.touches[1].clientY) / 2 - box.top;
    zoom((fingers.scale * wide) / fingers.wide, x, y);
  },
  { passive: false },
);
addEventListener("touchend", () => (fingers = undefined));

tell({ ready: true });
