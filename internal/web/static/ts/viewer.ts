// The viewer: zoom and pan, PDF in its frame, the transport of video and audio,
// the panel, the keys. The page is whole without it.
import { clock, fill, head, kept, Layer, where, type Mark, type Place, type Point, type Words } from "./mark";
import { awaited, begin as beginPlace, fresh, may, on, tells, type How, type Marks } from "./places";
import jbig2 from "../vendor/pdfjs/jbig2.wasm";
import openjpeg from "../vendor/pdfjs/openjpeg.wasm";
import symbols from "../vendor/pdfjs/FoxitSymbol.pfb";
import dingbats from "../vendor/pdfjs/FoxitDingbats.pfb";

const parts: Record<string, string> = {
  "jbig2.wasm": jbig2,
  "openjpeg.wasm": openjpeg,
  "FoxitSymbol.pfb": symbols,
  "FoxitDingbats.pfb": dingbats,
};

const find = <T extends HTMLElement = HTMLElement>(what: string, within: ParentNode = document) => within.querySelector<T>(what);
const steps = [0.1, 0.25, 0.33, 0.5, 0.67, 0.8, 1, 1.25, 1.5, 2, 3, 4, 6, 8];

// What the stage can do, whatever is on it.
interface Stage {
  act(what: string): void;
  key?(e: KeyboardEvent): boolean;
  writes?(): void; // a comment was begun
}

// Pictures: one, or the pages of a document below or beside each other. The
// scroller is the browser's own, so that fingers, wheel and keys move in it.
class Pictures implements Stage, Marks {
  private scale = 1; // 1 is a pixel of the original for a pixel of the page
  private fits = true;
  private scroller: HTMLElement;
  private images: HTMLImageElement[];
  private level: HTMLElement | null;
  private watch: ResizeObserver;

  constructor(private box: HTMLElement, around: HTMLElement = box) {
    this.scroller = find(".scroller", box)!;
    this.images = [...this.scroller.querySelectorAll("img")];
    this.level = find("[data-level]", around);
    this.scroller.addEventListener("wheel", (e) => this.wheel(e), { passive: false });
    this.scroller.addEventListener("touchmove", (e) => this.pinch(e), { passive: false });
    this.scroller.addEventListener("touchend", () => (this.fingers = undefined));
    this.drag();
    this.watch = new ResizeObserver(() => this.fits && this.fit());
    this.watch.observe(this.scroller);
  }

  private width(img: HTMLImageElement): number {
    return Number(img.getAttribute("width")) || img.naturalWidth || 1;
  }
  private height(img: HTMLImageElement): number {
    return Number(img.getAttribute("height")) || img.naturalHeight || 1;
  }

  // fit leaves the size to the style sheet, and finds out what came of it.
  private fit() {
    this.fits = true;
    delete this.box.dataset.zoomed;
    this.images.forEach((img) => img.style.removeProperty("inline-size"));
    const img = this.images[0];
    if (img) this.scale = img.getBoundingClientRect().width / this.width(img) || 1;
    this.write();
  }

  private write() {
    if (this.level) this.level.textContent = Math.round(this.scale * 100) + " %";
    this.follow();
    this.sharpen();
  }

  // sharpen loads the original where the picture is drawn larger than it is.
  private sharpen() {
    const img = this.images[0];
    const original = this.box.dataset.original;
    if (!img || !original || img.dataset.sharp !== undefined) return;
    if (img.getBoundingClientRect().width * devicePixelRatio <= img.naturalWidth * 1.05) return;
    img.dataset.sharp = "";
    const full = new Image();
    full.onload = () => (img.src = full.src);
    full.src = original;
  }

  zoom(to: number, x?: number, y?: number) {
    const s = this.scroller;
    const view = s.getBoundingClientRect();
    x ??= view.left + view.width / 2;
    y ??= view.top + view.height / 2;
    const under = this.images.find((i) => {
      const b = i.getBoundingClientRect();
      return y! <= b.bottom && x! <= b.right;
    }) ?? this.images[0];
    if (!under) return;
    const was = under.getBoundingClientRect();
    const fx = (x - was.left) / was.width;
    const fy = (y - was.top) / was.height;
    this.fits = false;
    this.scale = Math.max(0.05, Math.min(16, to));
    this.box.dataset.zoomed = "";
    this.images.forEach((img) => (img.style.inlineSize = this.width(img) * this.scale + "px"));
    const now = under.getBoundingClientRect();
    s.scrollBy(now.left + fx * now.width - x, now.top + fy * now.height - y);
    this.write();
  }

  private wheel(e: WheelEvent) {
    if (!e.ctrlKey && !e.metaKey) return;
    e.preventDefault();
    this.zoom(this.scale * Math.exp(-e.deltaY / 300), e.clientX, e.clientY);
  }

  private fingers?: { wide: number; scale: number };
  private pinch(e: TouchEvent) {
    if (e.touches.length !== 2) return;
    e.preventDefault();
    const [a, b] = [e.touches[0], e.touches[1]];
    const wide = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    this.fingers ??= { wide, scale: this.scale };
    this.zoom((this.fingers.scale * wide) / this.fingers.wide, (a.clientX + b.clientX) / 2, (a.clientY + b.clientY) / 2);
  }

  private drag() {
    const s = this.scroller;
    let from: { x: number; y: number; left: number; top: number; layer?: Layer } | undefined;
    s.addEventListener("pointerdown", (e) => {
      if (e.pointerType !== "mouse" || e.button !== 0 || (e.target as Element).closest(".mark, .marks[data-placing]")) return;
      const layer = this.direct() ? this.layers[this.images.indexOf(e.target as HTMLImageElement)] : undefined;
      if (layer && s.scrollWidth <= s.clientWidth + 1 && s.scrollHeight <= s.clientHeight + 1) return layer.press(e);
      from = { x: e.clientX, y: e.clientY, left: s.scrollLeft, top: s.scrollTop, layer };
      s.setPointerCapture(e.pointerId);
    });
    s.addEventListener("pointermove", (e) => {
      if (from) s.scrollTo(from.left - e.clientX + from.x, from.top - e.clientY + from.y);
    });
    s.addEventListener("pointerup", (e) => {
      if (from?.layer && Math.hypot(e.clientX - from.x, e.clientY - from.y) < 4) from.layer.pin(e);
      from = undefined;
    });
    s.addEventListener("pointercancel", () => (from = undefined));
    s.addEventListener("dragstart", (e) => e.preventDefault());
  }

  // current is the picture in the middle of the window.
  private current(): number {
    const view = this.scroller.getBoundingClientRect();
    return this.images.findIndex((i) => {
      const b = i.getBoundingClientRect();
      return b.bottom > view.top + view.height / 2 && b.right > view.left + view.width / 2;
    });
  }

  private page(by: number) {
    this.images[Math.max(0, Math.min(this.images.length - 1, this.current() + by))]?.scrollIntoView({ block: "start", inline: "center" });
  }

  // Places lie over each picture, in a layer of its size.
  private layers: Layer[] = [];
  private able = false;

  // direct reports whether the mouse sets places without a button before.
  private direct() {
    return this.able && !narrow.matches && find(".viewer")?.dataset.panel === "comments";
  }

  marks(all: Mark[], chosen: string, able: boolean) {
    this.able = able;
    if (!this.layers.length) this.lay();
    this.layers.forEach((l) => l.draw(all, chosen));
  }

  private lay() {
    const placed = (p: Place) => {
      this.layers.forEach((l) => l.over.removeAttribute("data-placing"));
      tells.placed(p);
    };
    const watch = new ResizeObserver(() => this.follow());
    this.images.forEach((img) => {
      const own: Layer = new Layer(Number(img.dataset.page) || undefined, { words: tells.words, chosen: (id) => tells.chosen(id), ended: () => tells.ended(), say: (s) => tells.say(s), placed: (p) => {
        this.layers.forEach((l) => l !== own && l.end());
        placed(p);
      } });
      this.layers.push(own);
      this.scroller.append(own.over);
      watch.observe(img);
    });
    this.follow();
  }

  private follow() {
    this.layers.forEach((l, i) => {
      const img = this.images[i];
      Object.assign(l.over.style, { left: img.offsetLeft + "px", top: img.offsetTop + "px", width: img.offsetWidth + "px", height: img.offsetHeight + "px" });
    });
  }

  begin(how: How) {
    if (how === "pointer") return this.layers.forEach((l) => l.begin());
    const n = Math.max(0, this.current());
    const img = this.images[n].getBoundingClientRect();
    const view = this.scroller.getBoundingClientRect();
    const middle = (from: number, until: number, start: number, size: number) => ((Math.max(from, start) + Math.min(until, start + size)) / 2 - start) / (size || 1);
    this.layers[n].begin({ x: middle(view.left, view.right, img.left, img.width), y: middle(view.top, view.bottom, img.top, img.height) });
  }

  end() {
    this.layers.forEach((l) => l.end());
  }

  go(m: Mark) {
    const i = Math.max(0, this.layers.findIndex((l) => l.page === (m.page || undefined)));
    const img = this.images[i];
    if (!img) return;
    img.loading = "eager";
    const to = () => (this.layers[i]?.find(m.id) ?? img).scrollIntoView({ block: "center", inline: "center" });
    if (img.complete) requestAnimationFrame(to);
    else img.addEventListener("load", () => requestAnimationFrame(to), { once: true });
  }

  act(what: string) {
    if (what === "in") this.zoom(steps.find((x) => x > this.scale * 1.01) ?? this.scale * 1.5);
    else if (what === "out") this.zoom([...steps].reverse().find((x) => x < this.scale * 0.99) ?? this.scale / 1.5);
    else if (what === "full") this.zoom(1);
    else if (what === "fit") this.fit();
    else if (what === "next") this.page(1);
    else if (what === "previous") this.page(-1);
  }

  key(e: KeyboardEvent): boolean {
    if (this.images.length < 2 || !/^Arrow(Left|Right)$/.test(e.key)) return false;
    this.page(e.key === "ArrowRight" ? 1 : -1);
    return true;
  }
}

const piece = 1 << 18; // of a PDF, asked for at once
const whole = 4 << 20; // up to this size all of it is fetched

// A PDF, in a frame without an origin. It may ask for bytes of the file and for
// a few parts by name, and can reach nothing by itself.
class PDF implements Stage, Marks {
  private frame = document.createElement("iframe");
  private address = "";
  private got = false;

  constructor(private box: HTMLElement, private instead: () => void) {
    const f = this.frame;
    f.setAttribute("sandbox", "allow-scripts");
    f.title = box.dataset.name ?? "";
    f.className = "pdf";
    const dark = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    f.src = box.dataset.pdf! + "&theme=" + (document.documentElement.dataset.theme || dark);
    addEventListener("message", this.hear);
    box.append(f);
    box.dataset.framed = "";
    setTimeout(() => this.got || this.fall(), 15_000);
  }

  private hear = (e: MessageEvent) => {
    if (e.source !== this.frame.contentWindow || e.origin !== "null" || e.data?.pdf !== true) return;
    const m = e.data;
    if (m.ready) void this.open();
    else if (m.want === "bytes") void this.bytes(m.key, m.begin, m.end);
    else if (m.want === "part") void this.part(m.key, m.name);
    else if (m.shown) {
      this.box.dataset.shown = String(m.shown);
      if (this.marked) this.post(this.marked);
      if (this.to) this.post({ go: this.to });
      if (this.awaits) this.post(this.awaits);
    } else if (m.chosen) tells.chosen(String(m.chosen));
    else if (m.placed) tells.placed(m.placed);
    else if (m.begun) tells.begun();
    else if (m.ended) tells.ended();
    else if (m.say) tells.say(String(m.say));
    else if (m.failed) this.fall();
    else if (m.pressed) press(m.pressed);
  };

  private post(what: object, give: Transferable[] = []) {
    // An origin of none cannot be named; where the frame may lead is the
    // content security policy's to say.
    this.frame.contentWindow?.postMessage({ pdf: true, ...what }, "*", give);
  }

  // open hands over a small file at once; of a large one the frame asks for what
  // it needs.
  private async open() {
    if (this.got) return;
    this.got = true;
    const head = await this.fetch(0, piece);
    if (!head) return this.fall();
    const { size } = head;
    let data: ArrayBuffer | undefined;
    if (head.data.byteLength >= size) data = head.data;
    else if (size <= whole) {
      const rest = await this.fetch(piece, size);
      if (!rest) return this.fall();
      data = await new Blob([head.data, rest.data]).arrayBuffer();
    }
    const style = getComputedStyle(document.documentElement);
    const brand = ["--accent-base", "--accent", "--accent-ink"].map((name) => [name, style.getPropertyValue(name)]);
    this.post({ open: true, size, brand, data }, data ? [data] : []);
  }

  // fetch reads a piece of the file. Its address lives a minute: when it has
  // ended, another is asked for.
  private async fetch(begin: number, end: number): Promise<{ data: ArrayBuffer; size: number } | undefined> {
    const headers = { Range: `bytes=${begin}-${end - 1}` };
    const view = this.box.dataset.view!;
    for (const url of this.address ? [this.address, view] : [view]) {
      try {
        const answer = await fetch(url, { headers, credentials: url === view ? "same-origin" : "omit", cache: "no-store" });
        if (answer.status !== 206 && !(answer.status === 200 && begin === 0)) continue;
        this.address = answer.url;
        const data = await answer.arrayBuffer();
        const size = Number(/\/(\d+)$/.exec(answer.headers.get("Content-Range") ?? "")?.[1]);
        return { data, size: size || data.byteLength };
      } catch {
        continue;
      }
    }
    return undefined;
  }

  private async bytes(key: string, begin: number, end: number) {
    const data = (await this.fetch(begin, end))?.data;
    this.post({ key, data }, data ? [data] : []);
  }

  private async part(key: string, name: string) {
    const url = Object.hasOwn(parts, name) ? parts[name] : undefined;
    const data = url && (await fetch(url).then((r) => (r.ok ? r.arrayBuffer() : undefined), () => undefined));
    this.post({ key, data }, data ? [data] : []);
  }

  // fall leaves the frame for the pictures of the pages.
  private fall() {
    removeEventListener("message", this.hear);
    this.frame.remove();
    delete this.box.dataset.framed;
    if (find("[data-waits]")) this.box.dataset.keep = ""; // until there are pictures
    this.instead();
  }

  act(what: string) {
    this.post({ act: what === "full" ? "fit" : what });
  }

  private marked?: object;
  private to?: string;
  private awaits?: object; // until the frame has drawn it

  marks(all: Mark[], chosen: string, able: boolean, words: Words) {
    this.post((this.marked = { marks: all, chosen, able, words }));
  }
  begin(how: How) {
    if (how !== "pointer") this.frame.focus();
    this.post((this.awaits = { begin: how }));
    return "soon" as const;
  }
  end() {
    this.awaits = undefined;
    this.post({ end: true });
  }
  go(m: Mark) {
    this.to = m.id;
    this.post({ go: m.id });
  }
}

const between = (x: number, least: number, most: number) => Math.round(Math.max(least, Math.min(most, x)) * 1e5) / 1e5;

// What the portal takes of a drawing.
const mostLines = 200;
const mostPoints = 1000;

// apart is how far a point is from the line between two others.
function apart([x, y]: Point, [ax, ay]: Point, [bx, by]: Point): number {
  const [dx, dy] = [bx - ax, by - ay];
  const part = between(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy || 1), 0, 1);
  return Math.hypot(x - ax - part * dx, y - ay - part * dy);
}

// simpler leaves out the points of a line that are no further from it than that.
function simpler(line: Point[], far: number): Point[] {
  let [at, most] = [0, far];
  for (let i = 1; i < line.length - 1; i++) {
    const d = apart(line[i], line[0], line.at(-1)!);
    if (d > most) [at, most] = [i, d];
  }
  if (at) return [...simpler(line.slice(0, at + 1), far).slice(0, -1), ...simpler(line.slice(at), far)];
  return line.length > 2 ? [line[0], line.at(-1)!] : line;
}

// fitting are lines as exact as the portal takes them.
function fitting(lines: Point[][]): Point[][] {
  let all = lines;
  for (let far = 0.0005; all.reduce((n, s) => n + s.length, 0) > mostPoints; far *= 2) all = lines.map((s) => simpler(s, far));
  return all;
}

// A box or an arrow that keys move over a frame.
interface Shape {
  kind: "box" | "arrow";
  x: number;
  y: number;
  width: number;
  height: number;
}

// Video and audio. The address that bytes come from lives a minute; when a seek
// finds it ended, it is asked for again, at the same place.
class Media implements Stage, Marks {
  private tries = 0;

  constructor(private media: HTMLMediaElement) {
    media.addEventListener("error", () => this.again());
    media.addEventListener("playing", () => (this.tries = 0));
    this.tools();
  }

  // Comments on times: what is marked below the player, the present time, a range
  // from one until another, and a drawing over the frame.
  private strip = find(".time-marks");
  private from?: number;
  private until?: number;
  private pen?: SVGSVGElement;
  private strokes: Point[][] = [];
  private shape?: Shape; // that keys move
  private all: Mark[] = [];

  private now() {
    return Math.round(this.media.currentTime * 1000);
  }

  private tools() {
    const m = this.media;
    const here = find("[data-place=here] .label");
    const say = () => {
      const words = tells.words();
      if (!here || !words.here) return;
      const at = this.from !== undefined && (this.until ?? this.now()) > this.from ? words.range.replace("{from}", clock(this.from)).replace("{until}", clock(this.until ?? this.now())) : clock(this.now());
      here.textContent = words.here.replace("{at}", at);
    };
    for (const what of ["timeupdate", "seeking", "seeked", "loadedmetadata", "durationchange"]) m.addEventListener(what, say);
    m.addEventListener("loadedmetadata", () => this.ticks(this.all, ""));
    m.addEventListener("play", () => this.drawn());
    find(".times")?.addEventListener("click", (e) => {
      const does = (e.target as Element).closest<HTMLElement>("[data-place]")?.dataset.place;
      if (does === "in") [this.from, this.until] = [this.now(), undefined];
      else if (does === "out") this.until = this.now();
      else if (does === "here") this.take();
      else if (does === "draw") this.pen?.dataset.draws !== undefined ? this.drawn() : this.draw();
      else if (does === "box" || does === "arrow") this.put(does);
      else if (does === "clear") {
        this.shape = undefined;
        this.paint([]);
        this.full(0);
      } else if (does === "done") this.take();
      say();
    });
  }

  private take() {
    const end = this.until ?? this.now();
    this.media.pause();
    this.add();
    const strokes = fitting(this.strokes);
    const place: Place = this.from !== undefined && end > this.from ? { kind: "range", from: this.from, until: end } : { kind: "time", from: this.now() };
    if (strokes.length) place.strokes = strokes;
    this.from = this.until = undefined;
    this.drawing(false);
    tells.placed(place);
  }

  // Whoever marked from when until when and goes on to write means that.
  writes() {
    if (this.from !== undefined && (this.until ?? 0) > this.from) this.take();
  }

  // over is what is drawn over the frame, as large as that.
  private over(): SVGSVGElement {
    if (this.pen?.isConnected) return this.pen;
    const svg = (this.pen = document.createElementNS("http://www.w3.org/2000/svg", "svg"));
    svg.setAttribute("class", "drawing");
    svg.setAttribute("viewBox", "0 0 1 1");
    svg.setAttribute("preserveAspectRatio", "none");
    this.media.after(svg);
    const follow = () => Object.assign(svg.style, { left: this.media.offsetLeft + "px", top: this.media.offsetTop + "px", width: this.media.offsetWidth + "px", height: this.media.offsetHeight + "px" });
    new ResizeObserver(follow).observe(this.media);
    follow();
    let on = false;
    const point = (e: PointerEvent): Point => {
      const b = svg.getBoundingClientRect();
      return [kept((e.clientX - b.left) / b.width), kept((e.clientY - b.top) / b.height)];
    };
    let grip: Point | undefined; // of the shape that is being set
    svg.addEventListener("keydown", (e) => this.keys(e));
    svg.addEventListener("pointerdown", (e) => {
      if (!this.shape && this.full(1)) return;
      svg.setPointerCapture(e.pointerId);
      if (this.shape) {
        const [x, y] = point(e);
        grip = [x - this.shape.x, y - this.shape.y];
        return;
      }
      on = true;
      this.strokes.push([point(e)]);
      this.paint(this.strokes);
    });
    svg.addEventListener("pointermove", (e) => {
      if (grip && this.shape) {
        const [x, y] = point(e);
        return this.shift(x - grip[0] - this.shape.x, y - grip[1] - this.shape.y);
      }
      const line = this.strokes.at(-1);
      if (!on || !line) return;
      const [x, y] = point(e);
      const [a, b] = line.at(-1)!;
      if (Math.hypot(x - a, y - b) < 0.006) return;
      line.push([x, y]);
      this.paint(this.strokes);
    });
    for (const end of ["pointerup", "pointercancel"])
      svg.addEventListener(end, () => {
        on = !!(grip = undefined);
        if (!this.shape) this.paint(fitting(this.strokes));
      });
    return svg;
  }

  // full says that so many more lines do not fit.
  private full(more: number): boolean {
    const no = this.strokes.length + more > mostLines;
    const hint = find("p.drawing-tools");
    if (hint) hint.textContent = tells.words()[no ? "full" : "draw"];
    if (no) tells.say(tells.words().full);
    return no;
  }

  private paint(strokes: Point[][]) {
    this.strokes = strokes;
    if (!this.shape) this.over().removeAttribute("tabindex");
    this.over().replaceChildren(
      ...[...strokes, ...this.outline()].map((s, i) => {
        const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
        line.setAttribute("points", (s.length === 1 ? [s[0], s[0]] : s).map((p) => p.join(",")).join(" "));
        if (i >= strokes.length) line.setAttribute("class", "fresh");
        return line;
      }),
    );
  }

  // put sets a box or an arrow into the middle, for keys to move and size.
  private put(kind: "box" | "arrow") {
    this.add();
    if (this.full(2)) return;
    this.shape = { kind, x: 0.4, y: 0.4, width: 0.2, height: 0.2 };
    const svg = this.over();
    svg.setAttribute("tabindex", "0");
    svg.setAttribute("role", "application");
    svg.focus({ preventScroll: true });
    this.follow();
    tells.say(svg.getAttribute("aria-label") + ". " + tells.words().shapeKeys);
  }

  // outline are the strokes of the shape that is being set. An arrow begins at its
  // point; its head looks the same on every screen.
  private outline(): Point[][] {
    if (!this.shape) return [];
    const { kind, x, y, width, height } = this.shape;
    const [right, bottom] = [kept(x + width), kept(y + height)];
    if (kind === "box") return [[[x, y], [right, y], [right, bottom], [x, bottom], [x, y]]];
    const { width: wide, height: high } = this.over().getBoundingClientRect();
    const turn = Math.atan2(height * high, width * wide);
    const barb = (by: number): Point => [kept(x + (0.04 * wide * Math.cos(turn + by)) / wide), kept(y + (0.04 * wide * Math.sin(turn + by)) / high)];
    return [[[right, bottom], [x, y]], [barb(0.5), [x, y], barb(-0.5)]];
  }

  // follow draws the shape as it is now, and says where it is.
  private follow() {
    this.paint(this.strokes);
    const words = tells.words();
    const place = where({ ...this.shape!, kind: "region" }, words);
    this.over().setAttribute("aria-label", fill(words.shape, { shape: words[this.shape!.kind], place }));
  }

  private shift(dx: number, dy: number) {
    const a = this.shape!;
    a.x = between(a.x + dx, Math.max(0, -a.width), Math.min(1, 1 - a.width));
    a.y = between(a.y + dy, Math.max(0, -a.height), Math.min(1, 1 - a.height));
    this.follow();
  }

  // size moves the corner of a box, or where an arrow comes from: from any side.
  private size(dx: number, dy: number) {
    const a = this.shape!;
    const least = a.kind === "box" ? 0.005 : -1;
    a.width = between(a.width + dx, Math.max(least, -a.x), 1 - a.x);
    a.height = between(a.height + dy, Math.max(least, -a.y), 1 - a.y);
    this.follow();
  }

  private keys(e: KeyboardEvent) {
    if (!this.shape) return;
    const { kind } = this.shape;
    const step = e.altKey ? 0.005 : 0.02;
    const [dx, dy] = ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] } as Record<string, number[]>)[e.key] ?? [0, 0];
    if (dx || dy) {
      e.shiftKey ? this.size(dx, dy) : this.shift(dx, dy);
      tells.say(this.over().getAttribute("aria-label")!);
    } else if (e.key === "Enter") {
      this.add();
      find("[data-place=done]")?.focus();
    } else if (e.key === "Escape") {
      this.shape = undefined;
      this.paint(this.strokes);
      find(`[data-place=${kind}]`)?.focus();
    } else return;
    e.preventDefault();
    e.stopPropagation();
  }

  // add makes the shape a part of the drawing.
  private add() {
    if (!this.shape) return;
    const outline = this.outline();
    this.shape = undefined;
    this.paint([...this.strokes, ...outline]);
  }

  private drawing(on: boolean) {
    document.querySelectorAll<HTMLElement>(".drawing-tools").forEach((tools) => (tools.hidden = !on));
    find("[data-place=draw]")?.setAttribute("aria-pressed", String(on));
    on ? (this.over().dataset.draws = "") : delete this.pen?.dataset.draws;
  }

  private draw() {
    this.media.pause();
    this.paint([]);
    this.full(0);
    this.drawing(true);
  }

  // drawn takes away what is drawn over the frame.
  private drawn() {
    this.strokes = [];
    this.shape = undefined;
    this.drawing(false);
    this.pen?.remove();
  }

  private ticks(all: Mark[], chosen: string) {
    this.all = all;
    const whole = this.media.duration * 1000;
    if (!this.strip || !(whole > 0)) return;
    this.strip.replaceChildren(
      ...all
        .filter((m) => m.kind === "time" || m.kind === "range")
        .map((m) => {
          const b = head(m, m.id === chosen, tells.words());
          b.classList.add("tick");
          const from = m.from ?? 0;
          b.style.left = (100 * Math.min(from, whole)) / whole + "%";
          if (m.until) b.style.setProperty("--long", (100 * Math.max(0, Math.min(m.until, whole) - from)) / whole + "cqi");
          b.addEventListener("click", () => {
            this.go(m);
            tells.chosen(m.id);
          });
          return b;
        }),
    );
  }

  marks(all: Mark[], chosen: string) {
    this.ticks(all, chosen);
  }
  begin() {
    this.take();
  }
  end() {
    this.from = this.until = undefined;
    this.drawn();
  }
  go(m: Mark) {
    const v = this.media;
    v.pause();
    this.drawn();
    v.currentTime = (m.from ?? 0) / 1000;
    if (m.strokes?.length) this.paint(m.strokes);
    this.pen?.classList.toggle("along", !!m.of);
    this.strokes = [];
  }

  private again() {
    const m = this.media;
    if (m.error?.code !== MediaError.MEDIA_ERR_NETWORK && !(this.tries === 0 && m.currentTime > 0)) return;
    if (++this.tries > 3) return;
    const at = m.currentTime;
    const paused = m.paused;
    m.addEventListener(
      "loadedmetadata",
      () => {
        m.currentTime = at;
        if (!paused) void m.play().catch(() => {});
      },
      { once: true },
    );
    m.load();
  }

  private seek(by: number) {
    this.media.currentTime = Math.max(0, Math.min(this.media.duration || 0, this.media.currentTime + by));
  }

  act() {}

  key(e: KeyboardEvent): boolean {
    const m = this.media;
    switch (e.key) {
      case " ":
        if (e.target === m) return false; // the browser's own
      case "k":
      case "K":
        if (m.paused) void m.play().catch(() => {});
        else m.pause();
        return true;
      case "j":
      case "J":
        this.seek(-10);
        return true;
      case "l":
      case "L":
        this.seek(10);
        return true;
      case "d":
      case "D":
        if (!may() || !find("[data-place=draw]")) return false;
        if (this.pen?.dataset.draws === undefined) this.draw();
        find("[data-place=box]")?.focus();
        return true;
      case "ArrowLeft":
      case "ArrowRight":
        if (e.target === m) return false;
        this.seek(e.key === "ArrowLeft" ? -5 : 5);
        return true;
    }
    return false;
  }
}

// Two pictures over each other, with a slider between them; and two beside each
// other that move together.
function compare(box: HTMLElement) {
  const slider = find<HTMLInputElement>("input[type=range]", box);
  if (slider) {
    const set = () => box.style.setProperty("--at", slider.value + "%");
    slider.addEventListener("input", set);
    set();
    const over = find(".overlay", box)!;
    let held = false;
    const to = (e: PointerEvent) => {
      const b = over.getBoundingClientRect();
      slider.value = String(Math.max(0, Math.min(100, ((e.clientX - b.left) / b.width) * 100)));
      set();
    };
    over.addEventListener("pointerdown", (e) => {
      held = true;
      over.setPointerCapture(e.pointerId);
      to(e);
    });
    over.addEventListener("pointermove", (e) => held && to(e));
    over.addEventListener("pointerup", () => (held = false));
    over.addEventListener("dragstart", (e) => e.preventDefault());
  }
  const sides = [...box.querySelectorAll<HTMLElement>(".scroller")];
  sides.forEach((one) => {
    one.addEventListener("scroll", () => {
      const other = sides.find((s) => s !== one);
      if (!other || document.activeElement === other || !one.matches(":hover, :focus, :focus-within")) return;
      other.scrollTo(one.scrollLeft, one.scrollTop);
    });
  });
}

class Sides implements Stage {
  private all: Pictures[];
  constructor(box: HTMLElement) {
    this.all = [...box.querySelectorAll<HTMLElement>("[data-side]")].filter((b) => find(".scroller", b)).map((b) => new Pictures(b, box));
    compare(box);
  }
  act(what: string) {
    this.all.forEach((p) => p.act(what));
  }
}

// The page.

let stage: Stage | undefined;
let shown: HTMLElement | undefined;
let of = ""; // what is drawn on it

function begin() {
  const box = find("#stage");
  if (!box || (box === shown && box.dataset.keep === of)) return;
  shown = box;
  of = box.dataset.keep ?? "";
  const set = (s?: Stage) => {
    stage = s;
    on(s && "marks" in s && find("#places") ? (s as Stage & Marks) : undefined, { show, narrow: () => narrow.matches });
  };
  const pictures = () => set(find(".scroller img", box) ? new Pictures(box) : undefined);
  const media = find<HTMLMediaElement>("video, audio", box);
  if (box.dataset.stage === "compare") set(new Sides(box));
  else if (box.dataset.pdf) set(new PDF(box, pictures));
  else if (media) set(new Media(media));
  else pictures();
}

const panel = () => find("#panel");
const narrow = matchMedia("(width < 56rem)");

// show opens the panel at a tab, or closes it: "".
function show(tab: string) {
  const p = panel();
  if (!p) return;
  p.dataset.open = tab;
  find(".viewer")!.dataset.panel = tab;
  p.querySelectorAll<HTMLElement>("[data-tab]").forEach((s) => (s.hidden = tab !== "" && s.dataset.tab !== tab));
  document.querySelectorAll<HTMLElement>("[data-panel-tab]").forEach((a) => {
    const on = a.dataset.panelTab === tab;
    if (a.matches(".tabs a")) on ? a.setAttribute("aria-current", "page") : a.removeAttribute("aria-current");
    else a.setAttribute("aria-pressed", String(on));
  });
  const here = new URL(location.href);
  here.searchParams.set("panel", tab || "none");
  history.replaceState(history.state, "", here);
}

function toggle(tab: string) {
  const p = panel();
  if (!p) return;
  const open = find(".viewer")!.dataset.panel ?? "";
  show(open === tab ? "" : tab);
  if (open === tab) return;
  const into = tab === "comments" ? find("#comments form.comment-form textarea", p) : null;
  (into ?? find("h2, a, button", p))?.focus({ preventScroll: true });
}

addEventListener("click", (e) => {
  const t = e.target as Element;
  const tab = t.closest<HTMLElement>("[data-panel-tab]");
  if (tab) {
    e.preventDefault();
    if (tab.matches(".tabs a")) show(tab.dataset.panelTab!);
    else toggle(tab.dataset.panelTab!);
  }
  if (t.closest("[data-panel-close]")) {
    e.preventDefault();
    show("");
  }
  const act = t.closest<HTMLElement>("[data-act]");
  if (act) stage?.act(act.dataset.act!);
});

addEventListener("input", (e) => {
  if ((e.target as Element).closest("form")?.querySelector("[data-place-field]")) stage?.writes?.();
});

// press is a key of the page, from here or from the frame.
function press(key: string): boolean {
  const link = (rel: string) => find<HTMLAnchorElement>(`.viewer-top a[rel=${rel}]`);
  switch (key) {
    case "c":
    case "C":
      if (may()) beginPlace("keys");
      else toggle("comments");
      return true;
    case "t":
    case "T":
      if (!may() || !find("[data-framed]")) return false;
      beginPlace("text");
      return true;
    case "v":
    case "V":
      toggle("versions");
      return true;
    case "i":
    case "I":
      toggle("info");
      return true;
    case "[":
      link("prev")?.click();
      return true;
    case "]":
      link("next")?.click();
      return true;
    case "?":
      find("[popovertarget=keys]")?.click();
      return true;
    case "Escape":
      if (awaited()) {
        tells.ended();
        return true;
      }
      if (!find(".viewer")?.dataset.panel || !narrow.matches) return false;
      show("");
      return true;
  }
  return false;
}

addEventListener("keydown", (e) => {
  const t = e.target as HTMLElement;
  if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented) return;
  if (t.closest("input, textarea, select, dialog, details.menu")) return;
  const does = { "+": "in", "=": "in", "-": "out", "0": "fit" }[e.key];
  if (does && stage) {
    stage.act(does);
    e.preventDefault();
  } else if (!(e.key === " " && t.closest("a, button, summary")) && (stage?.key?.(e) || press(e.key))) e.preventDefault();
});

// On a phone the panel is a sheet, and closed until it is asked for.
if (narrow.matches && find("#panel") && !new URL(location.href).searchParams.has("panel")) show("");
begin();
document.addEventListener("vitrine:swapped", () => {
  begin();
  fresh();
});
