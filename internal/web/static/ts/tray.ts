// The tray: what is on its way up, at the bottom of the page. Its shapes and
// words come with the page as templates; it stays while the page moves on.
import { Job, State, again, answer, drop, flowing, jobs, left, onChange, open, pause, resume } from "./upload";

const shapes = document.getElementById("tray-shapes") as HTMLTemplateElement | null;

if (shapes) {
  const words = shapes.dataset;
  const shape = (name: string) => shapes.content.querySelector<HTMLElement>(`[data-shape=${name}]`)!.cloneNode(true) as HTMLElement;
  const say = (key: string, values: Record<string, string> = {}) =>
    (words["say" + key[0].toUpperCase() + key.slice(1)] ?? "").replace(/\{(\w+)\}/g, (_, name: string) => values[name] ?? "");

  const tray = shape("tray");
  document.body.append(tray);
  const part = <T extends Element>(of: Element, name: string) => of.querySelector<T & HTMLElement>(`[data-${name}]`)!;
  const list = part<HTMLOListElement>(tray, "list");
  const title = part(tray, "title");
  const sum = part(tray, "sum");
  const bar = part<HTMLProgressElement>(tray, "total");
  const told = part(tray, "told");
  const more = part(tray, "more");
  const rows = new Map<Job, HTMLElement>();
  const shown = 60; // rows at once; the rest is counted

  const lang = document.documentElement.lang || "en";
  // size is as the pages write it: a MB has 1,048,576 bytes, and nothing is
  // rounded up.
  const size = (n: number) => {
    if (n < 1024) return new Intl.NumberFormat(lang, { style: "unit", unit: "byte", unitDisplay: "long" }).format(n);
    const units = ["kb", "mb", "gb", "tb"];
    let i = 0;
    for (n /= 1024; n >= 1024 && i < units.length - 1; i++) n /= 1024;
    const tenths = Math.floor(n * 10) / 10;
    return say(units[i], { n: new Intl.NumberFormat(lang).format(n < 10 ? tenths : Math.floor(n)) });
  };
  const time = (seconds: number) => {
    const [n, unit] = seconds < 90 ? [Math.max(1, Math.round(seconds / 5) * 5), "second"] : seconds < 5400 ? [Math.round(seconds / 60), "minute"] : [Math.round(seconds / 3600), "hour"];
    return new Intl.NumberFormat(lang, { style: "unit", unit: unit as string, unitDisplay: "long" }).format(n as number);
  };

  // note is what a row says under the name.
  function note(j: Job): string {
    const of = { sent: size(j.sent), size: size(j.size) };
    switch (j.state) {
      case "sending":
        if (j.size > 0 && j.sent >= j.size) return say("closing");
        if (j.speed > 1 && j.size - j.sent > j.speed * 3) return say("left", { ...of, time: time((j.size - j.sent) / j.speed) });
        return say("sending", of);
      case "waiting":
        return say("waiting", of);
      case "paused":
        return say("paused", of);
      case "cut":
        return say("cut", of);
      case "clash":
        return say("clash");
      case "left":
        return say(j.why === "other" ? "other" : "again", { ...of, name: j.name });
      case "failed":
        return j.said || say(j.why);
      case "done":
        return say("done", of);
    }
  }

  const spoken = new Map<Job, State>();
  function speak(j: Job) {
    if (spoken.get(j) === j.state) return;
    spoken.set(j, j.state);
    if (j.state === "done" || j.state === "failed" || j.state === "clash") told.textContent = j.name + ": " + note(j);
  }

  function draw(j: Job) {
    const row = rows.get(j);
    if (!row) return;
    row.dataset.state = j.state;
    part(row, "note").textContent = note(j);
    const bar = part<HTMLProgressElement>(row, "bar");
    bar.max = Math.max(j.size, 1);
    bar.value = j.state === "done" ? bar.max : j.sent;
  }

  function rowOf(j: Job): HTMLElement {
    let row = rows.get(j);
    if (!row) {
      row = shape("row");
      part(row, "name").textContent = j.path ? j.path + "/" + j.name : j.name;
      row.querySelectorAll<HTMLElement>("[data-do]").forEach((b) => {
        if (b.title) b.setAttribute("aria-label", b.title + ": " + j.name);
        b.onclick = () => act(j, b.dataset.do!);
      });
      rows.set(j, row);
    }
    return row;
  }

  const rank: Record<State, number> = { clash: 0, failed: 1, left: 2, sending: 3, cut: 4, paused: 5, waiting: 6, done: 7 };

  // drawAll lays out the rows anew: what needs an answer first, then what moves.
  let was = "";
  function drawAll() {
    const order = jobs.length > shown ? jobs.slice().sort((a, b) => rank[a.state] - rank[b.state] || a.id - b.id) : jobs;
    const visible = order.slice(0, shown);
    const now = visible.map((j) => j.id).join();
    if (now !== was) {
      was = now;
      const focused = document.activeElement;
      list.replaceChildren(...visible.map(rowOf));
      if (focused instanceof HTMLElement && focused.isConnected && focused !== document.activeElement) focused.focus();
      for (const [j] of rows) if (!jobs.includes(j)) rows.delete(j);
    }
    visible.forEach(draw);
    const rest = jobs.length - visible.length;
    more.hidden = rest === 0;
    more.textContent = say("more", { n: String(rest) });
    total();
    if (tucked && jobs.some((j) => j.state !== "left")) tuck(false);
    tray.hidden = jobs.length === 0;
  }

  function total() {
    const live = jobs.filter((j) => j.state !== "left");
    const done = live.filter((j) => j.state === "done").length;
    const all = live.reduce((n, j) => n + j.size, 0);
    const sent = live.reduce((n, j) => n + (j.state === "done" ? j.size : j.sent), 0);
    const asking = jobs.filter((j) => j.state === "clash" || j.state === "failed").length;
    const rest = live.length - done;
    bar.max = Math.max(all, 1);
    bar.value = sent;
    bar.hidden = rest === 0;
    tray.dataset.state = asking ? "asks" : flowing() ? "flows" : rest ? "rests" : live.length ? "done" : "left";
    title.textContent = asking ? say("titleAsks", { n: String(asking) }) : flowing() ? say("titleFlows", { n: String(rest) }) : rest ? say("titlePaused") : live.length ? say("titleDone", { n: String(done) }) : say("titleLeft");
    sum.textContent = live.length ? say("sum", { done: String(done), n: String(live.length), sent: size(sent), size: size(all) }) : "";
  }

  function act(j: Job, what: string) {
    switch (what) {
      case "pause":
        return pause(j);
      case "resume":
      case "retry":
        return resume(j);
      case "version":
      case "both":
        return answer(j, what);
      case "cancel": {
        const next = rows.get(j)?.nextElementSibling?.querySelector<HTMLElement>("button:not([hidden])");
        drop(j);
        (next ?? part(tray, "fold")).focus();
        return;
      }
      case "choose": {
        const pick = document.createElement("input");
        pick.type = "file";
        pick.onchange = () => pick.files?.[0] && again(j, pick.files[0]);
        pick.click();
      }
    }
  }

  let frame = 0;
  onChange((j) => {
    if (j) speak(j);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(drawAll);
  });

  let tucked = false; // folded by itself, until there is something new
  function tuck(on: boolean) {
    tucked = on;
    tray.toggleAttribute("data-folded", on);
    part(tray, "fold").setAttribute("aria-expanded", String(!on));
  }
  part(tray, "fold").onclick = () => {
    tuck(!tray.hasAttribute("data-folded"));
    tucked = false;
  };
  part(tray, "pause-all").onclick = () => jobs.slice().forEach(pause);
  part(tray, "resume-all").onclick = () => jobs.slice().forEach(resume);
  part(tray, "clear").onclick = () => {
    jobs.filter((j) => j.state === "done").forEach(drop);
  };
  // What earlier pages left is told of, but in one line.
  void left().then(() => {
    if (jobs.length && jobs.every((j) => j.state === "left")) tuck(true);
  });
}

addEventListener("beforeunload", (e) => {
  if (open() && !document.documentElement.hasAttribute("data-saving")) e.preventDefault();
});
