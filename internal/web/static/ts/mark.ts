// Places on a picture or a page, wherever that is drawn: those that are there,
// and one that is being set, by mouse, by finger or by keys. All are parts of
// what they lie on, so that zoom and size do not matter.

export interface Area {
  x: number;
  y: number;
  width?: number;
  height?: number;
}
export type Point = [number, number];
export interface Mark extends Partial<Area> {
  id: string;
  label: string;
  text: string;
  state: "open" | "resolved" | "team" | "unsent";
  of?: string; // of which earlier version it came along
  kind: "pin" | "region" | "text" | "time" | "range";
  page?: number;
  lines?: Area[];
  quote?: string;
  from?: number;
  until?: number;
  strokes?: Point[][];
  more?: boolean; // has lines or strokes that are asked for when it is shown
}
export type Place = Omit<Mark, "id" | "label" | "text" | "state" | "of" | "more">;
export interface Words {
  [key: string]: string;
}
export const fill = (text: string, values: Record<string, string | number>) => text.replace(/\{(\w+)\}/g, (_, k) => String(values[k] ?? ""));

// where says in words where a place is, as the server does.
export function where(p: Place, words: Words): string {
  const upper = (s: string) => s.charAt(0).toUpperCase() + s.slice(1);
  if (p.kind === "time" || p.kind === "range") {
    let at = clock(p.from ?? 0);
    if (p.kind === "range") at = fill(words.range, { from: at, until: clock(p.until ?? 0) });
    return p.strokes?.length ? fill(words.drawn, { at, where: ninth(around(p.strokes), words) || words.whole }) : at;
  }
  const { x = 0, y = 0, width = 0, height = 0, page } = p;
  const at = ninth({ x, y, width, height }, words);
  if (!page) return upper(at || words.whole);
  if (p.kind === "text") return fill(words.pageQuote, { page, quote: p.quote!.length > 60 ? p.quote!.slice(0, 60) + "…" : p.quote! });
  return at ? fill(words.pageWhere, { page, where: at }) : fill(words.page, { page });
}

// ninth says in which of nine parts the middle of an area is; "" of one that is
// nearly everything.
function ninth({ x, y, width = 0, height = 0 }: Area, words: Words): string {
  const third = (x: number) => Math.min(2, Math.max(0, Math.floor(3 * x)));
  return width < 0.9 || height < 0.9 ? (words.where as unknown as string[])[3 * third(y + height / 2) + third(x + width / 2)] : "";
}

// around is the area of a drawing.
function around(strokes: Point[][]): Area {
  const [xs, ys] = [0, 1].map((i) => strokes.flat().map((p) => p[i]));
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return { x, y, width: Math.max(...xs) - x, height: Math.max(...ys) - y };
}

export function clock(ms: number): string {
  const s = Math.floor(ms / 1000);
  const two = (n: number) => String(n).padStart(2, "0");
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

// head makes a button of a mark: its number, and in words what it is.
export function head(m: Mark, chosen: boolean, words: Words): HTMLButtonElement {
  const b = document.createElement("button");
  b.type = "button";
  b.className = "mark";
  b.dataset.id = m.id;
  b.dataset.state = m.state;
  b.setAttribute("aria-label", fill(m.of ? words.numberOf : words.number, { label: m.label, place: m.text, of: m.of ?? "" }));
  if (chosen) b.setAttribute("aria-current", "true");
  const label = document.createElement("span");
  label.textContent = m.label;
  if (m.of) {
    b.classList.add("along");
    b.title = label.dataset.of = m.of;
  }
  b.append(label);
  return b;
}

export interface Tells {
  words(): Words;
  chosen(id: string): void; // a mark was
  placed(p: Place): void; // a place was set
  ended(): void; // none was
  say(text: string): void; // to who does not see
}

export const kept = (x: number) => Math.round(Math.max(0, Math.min(1, x)) * 1e5) / 1e5;

// A Layer lies over one picture or page.
export class Layer {
  readonly over = document.createElement("div");
  private fresh?: HTMLElement;
  private area?: Area;

  constructor(readonly page: number | undefined, private tells: Tells) {
    this.over.className = "marks";
    this.over.addEventListener("pointerdown", (e) => this.over.hasAttribute("data-placing") && this.press(e));
    // A tap that sets a place does nothing else: it would take the focus along.
    this.over.addEventListener("touchstart", (e) => this.over.hasAttribute("data-placing") && e.preventDefault(), { passive: false });
    this.over.addEventListener("click", (e) => {
      const id = (e.target as Element).closest<HTMLElement>("[data-id]")?.dataset.id;
      if (!id) return;
      e.stopPropagation();
      this.tells.chosen(id);
    });
  }

  draw(all: Mark[], chosen: string) {
    for (const c of [...this.over.children]) if (c !== this.fresh) c.remove(); // which may have the focus
    this.over.prepend(...all.filter((m) => m.x !== undefined && (m.page || undefined) === this.page).map((m) => this.mark(m, m.id === chosen)));
  }

  private mark(m: Mark, chosen: boolean): HTMLElement {
    const b = head(m, chosen, this.tells.words());
    for (const l of m.lines ?? []) {
      const line = document.createElement("i");
      Object.assign(line.style, { left: (l.x - m.x!) * 100 + "cqw", top: (l.y - m.y!) * 100 + "cqh", width: (l.width ?? 0) * 100 + "cqw", height: (l.height ?? 0) * 100 + "cqh" });
      b.append(line);
    }
    b.classList.toggle("text", !!m.lines?.length);
    this.put(b, m as Area);
    return b;
  }

  private put(el: HTMLElement, a: Area) {
    el.classList.toggle("region", !!a.width);
    Object.assign(el.style, { left: a.x * 100 + "%", top: a.y * 100 + "%" });
    el.style.setProperty("--wide", (a.width ?? 0) * 100 + "cqw");
    el.style.setProperty("--high", (a.height ?? 0) * 100 + "cqh");
  }

  // begin lets a place be set; with keys, from a place on.
  begin(at?: { x: number; y: number }) {
    this.over.setAttribute("data-placing", "");
    if (!at) return;
    this.area = { x: kept(at.x), y: kept(at.y) };
    const el = this.show();
    el.tabIndex = 0;
    el.setAttribute("role", "application");
    el.addEventListener("keydown", (e) => this.key(e));
    el.focus({ preventScroll: true });
    el.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.tells.say(this.now() + ". " + this.tells.words().keys);
  }

  private now() {
    return where({ kind: this.area!.width ? "region" : "pin", page: this.page, ...this.area! }, this.tells.words());
  }

  private show(): HTMLElement {
    if (!this.fresh) {
      this.fresh = document.createElement("div");
      this.fresh.className = "mark fresh";
      const label = document.createElement("span");
      label.textContent = "+";
      this.fresh.append(label);
      this.over.append(this.fresh);
    }
    this.put(this.fresh, this.area!);
    this.fresh.setAttribute("aria-label", fill(this.tells.words().new, { place: this.now() }));
    return this.fresh;
  }

  private key(e: KeyboardEvent) {
    const a = this.area!;
    const step = e.altKey ? 0.005 : 0.02;
    const [dx, dy] = ({ ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] } as Record<string, number[]>)[e.key] ?? [0, 0];
    if (dx || dy) {
      if (e.shiftKey) {
        const width = Math.min(1 - a.x, Math.max(0, (a.width ?? 0) + dx));
        const height = Math.min(1 - a.y, Math.max(0, (a.height ?? 0) + dy));
        // An area has both: what was not sized yet is as small as it gets.
        this.area = width || height ? { ...a, width: kept(width || step), height: kept(height || step) } : { x: a.x, y: a.y };
      } else {
        a.x = kept(Math.min(1 - (a.width ?? 0), a.x + dx));
        a.y = kept(Math.min(1 - (a.height ?? 0), a.y + dy));
      }
      this.show().scrollIntoView({ block: "nearest", inline: "nearest" });
      this.tells.say(this.now());
    } else if (e.key === "Enter") this.take();
    else if (e.key === "Escape") this.tells.ended();
    else return;
    e.preventDefault();
    e.stopPropagation();
  }

  private part(e: PointerEvent): { x: number; y: number } {
    const b = this.over.getBoundingClientRect();
    return { x: kept((e.clientX - b.left) / b.width), y: kept((e.clientY - b.top) / b.height) };
  }

  // press sets a place from where the pointer goes down: there, or until where
  // it comes up again.
  press(e: PointerEvent) {
    if (e.button !== 0) return;
    e.preventDefault();
    const from = this.part(e);
    const [px, py] = [e.clientX, e.clientY];
    this.over.setPointerCapture(e.pointerId);
    const move = (m: PointerEvent) => {
      const to = this.part(m);
      const far = Math.hypot(m.clientX - px, m.clientY - py) > 8;
      this.area = far && to.x !== from.x && to.y !== from.y
        ? { x: Math.min(from.x, to.x), y: Math.min(from.y, to.y), width: kept(Math.abs(to.x - from.x)), height: kept(Math.abs(to.y - from.y)) }
        : from;
      this.show();
    };
    const end = (u: PointerEvent) => {
      for (const [name, f] of ways) this.over.removeEventListener(name, f as EventListener);
      if (u.type === "pointercancel") return this.tells.ended();
      move(u);
      this.take();
    };
    const ways: [string, (e: PointerEvent) => void][] = [["pointermove", move], ["pointerup", end], ["pointercancel", end]];
    for (const [name, f] of ways) this.over.addEventListener(name, f as EventListener);
  }

  // pin sets a place where the pointer is.
  pin(e: PointerEvent) {
    this.area = this.part(e);
    this.show();
    this.take();
  }

  private take() {
    const place: Place = { kind: this.area!.width ? "region" : "pin", page: this.page, ...this.area! };
    this.over.removeAttribute("data-placing");
    this.fresh?.removeAttribute("tabindex");
    this.tells.placed(place);
  }

  // end forgets what is being set.
  end() {
    this.over.removeAttribute("data-placing");
    this.fresh?.remove();
    this.fresh = undefined;
    this.area = undefined;
  }

  find(id: string): HTMLElement | null {
    return this.over.querySelector(`[data-id="${CSS.escape(id)}"]`);
  }
}
