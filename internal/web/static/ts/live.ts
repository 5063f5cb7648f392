// The live stream carries only "changed": the page is then fetched again with
// the reader's own rights and laid over the old one.
import { Idiomorph } from "../vendor/idiomorph.js";
import { dirty, leaving } from "./forms";
import { say } from "./say";
import { toast } from "./toast";

const parts = ["main", "#rail", "#top"];

let news: HTMLElement | undefined;
let fetching = false;
let again = false;
let talk = false; // all that is new is that something was said

function busy(): boolean {
  const a = document.activeElement;
  return (
    dirty() ||
    document.querySelector("dialog[open], details.menu[open]") !== null ||
    (a !== null && !a.closest("[data-keep]") && a.matches("main input:not([type=checkbox],[type=radio],[type=submit]), main textarea, main select"))
  );
}

// anew loads the page again: it is no longer what its reader sees. When that
// comes of a form they have just sent, the answer to it comes first.
function anew() {
  if (leaving()) setTimeout(() => location.reload(), 4000);
  else location.reload();
}

// changes is false for what a script draws into: while it is about the same, it
// stays as it is.
function changes(old: Node, now: Node): boolean {
  const keep = old instanceof HTMLElement && old.dataset.keep;
  return !keep || !(now instanceof HTMLElement) || keep !== now.dataset.keep;
}

// owed lays the page over once its reader is no longer busy.
let owes = 0;
function owed() {
  owes ||= window.setInterval(() => {
    if (busy()) return;
    clearInterval(owes);
    owes = 0;
    void refresh();
  }, 500);
}

// refresh lays the page over anew. What was said somewhere leaves somebody who is
// busy where they are: the navigation and the bell alone count it, until they are not.
async function refresh() {
  const lay = busy() && talk ? ["#rail", "#top"] : parts;
  if (lay !== parts) owed();
  talk = false;
  if (busy() && lay === parts) {
    if (!news?.isConnected) news = toast(say("news"), { label: say("refresh"), run: () => location.reload() }, true);
    return;
  }
  if (fetching) {
    again = true;
    return;
  }
  fetching = true;
  const here = location.href;
  try {
    const answer = await fetch(here, { headers: { Accept: "text/html" }, cache: "no-store", signal: AbortSignal.timeout(20_000) });
    if (location.href !== here) {
      again = true; // another page was laid into this document meanwhile
      return;
    }
    // Somewhere else, or nowhere: this page is no longer theirs.
    if (!answer.ok || new URL(answer.url).pathname !== location.pathname) {
      anew();
      return;
    }
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (location.href !== here) return;
    if (busy() && lay === parts) return refreshLater();
    for (const part of lay) {
      const old = document.querySelector(part);
      const now = page.querySelector(part);
      if (old && now) Idiomorph.morph(old, now, { ignoreActiveValue: true, callbacks: { beforeNodeMorphed: changes, beforeAttributeUpdated: (name: string) => name !== "open" } });
    }
    document.title = page.title;
    document.dispatchEvent(new Event("vitrine:swapped"));
    void rise().catch(() => {});
  } catch (e) {
    // Offline: the stream comes back with the network and says so again. But a line
    // that was dead may have been taken up again for this.
    again ||= (e as Error).name === "TimeoutError";
  } finally {
    fetching = false;
    if (again) {
      again = false;
      void refresh();
    }
  }
}

// What its reader is told of while they have a page open rises on it, unless they
// have read it within a moment.
const newest = () => document.querySelector<HTMLElement>(".bell")?.dataset.news ?? "";
let known = newest();
async function rise() {
  const id = newest();
  if (id <= known) return;
  known = id;
  await new Promise((done) => setTimeout(done, 3000));
  const answer = await fetch(`/notices/${id}/line`);
  if (answer.status === 200 && !answer.redirected && location.pathname !== "/notices") toast(await answer.text(), { label: say("open"), run: () => location.assign(`/notices/${id}`) });
}

function refreshLater() {
  again = false;
  setTimeout(refresh, 1000);
}

let wait = 0;
function soon(e?: Event) {
  talk = e?.type === "said" && (talk || !wait);
  clearTimeout(wait);
  wait = window.setTimeout(() => ((wait = 0), void refresh()), 150 + Math.random() * 350);
}

// refused leaves a page whose reader may no longer open it. A proxy that has lost its
// server for a moment says nothing of that.
async function refused() {
  const answer = await fetch(location.href, { headers: { Accept: "text/html" }, cache: "no-store" });
  if (answer.status < 500 && (!answer.ok || new URL(answer.url).pathname !== location.pathname)) anew();
}

// The line to the server. It beats every 20 seconds: when two beats stayed away it is
// dead, though nobody has said so, and is opened anew.
const url = document.body.dataset.live;
let line: EventSource | undefined;
let heard = 0; // when it last said something
let missed = false; // something may have happened while there was none
let tries = 0;
let timer = 0; // until it is opened anew
let hide = 0; // until a page that is hidden lets go of it

function end(pause?: number) {
  clearTimeout(timer);
  if (pause) timer = window.setTimeout(connect, pause);
  missed ||= !!line;
  line?.close();
  line = undefined;
}

function connect() {
  end(50_000);
  const stream = (line = new EventSource(url!));
  const on = (kind: string, act?: (e: MessageEvent) => void) =>
    stream.addEventListener(kind, (e: Event) => {
      heard = Date.now();
      clearTimeout(timer);
      timer = window.setTimeout(connect, 50_000);
      act?.(e as MessageEvent);
    });
  on("open", () => {
    if (missed) soon();
    missed = false;
    tries = 0;
  });
  on("beat");
  on("changed", soon);
  on("said", soon);
  on("typing", (e) => document.dispatchEvent(new CustomEvent("vitrine:typing", { detail: e.data })));
  // Too many pages of this person are open: those that nobody looks at wait, or they
  // would drive out each other.
  on("wait", () => end(60_000));
  on("bye", () => {
    end();
    anew();
  });
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) void refused().catch(() => {}); // and not broken off
    end(Math.min(60_000, 1000 * 2 ** tries) * (0.5 + Math.random()));
    tries = Math.min(tries + 1, 6);
  });
}

// A page that is hidden for a while lets go of its line; shown again it catches up. A
// machine that has slept finds its line dead.
function look() {
  clearTimeout(hide);
  if (document.hidden) hide = window.setTimeout(end, 30_000);
  else if (!line || Date.now() - heard > 25_000) connect();
}

if (url) {
  look();
  document.addEventListener("visibilitychange", look);
  addEventListener("focus", look);
  addEventListener("online", () => {
    heard = 0;
    look();
  });
  addEventListener("pagehide", () => end());
}

// What is no news to anybody, such as that a preview is made or a mail has left, the
// page that waits for it asks for: soon, then less often.
let asks = 0;
function ask(pause: number) {
  asks = 0;
  if (!document.querySelector("[data-waits]")) return;
  asks = window.setTimeout(() => {
    if (document.visibilityState === "visible") soon();
    ask(Math.min(pause * 1.25, 30_000));
  }, pause);
}
ask(1500);
document.addEventListener("vitrine:swapped", () => asks || ask(1500));
document.addEventListener("vitrine:fresh", () => void refresh());

addEventListener("pageshow", (e) => {
  // Brought back from the back/forward cache: show what is true now.
  if (e.persisted) location.reload();
});
