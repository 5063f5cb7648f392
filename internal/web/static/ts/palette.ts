// The team's command palette: Ctrl or Cmd and K. The server answers /search
// with rows of links; arrows move, Enter goes.
import { openDialog } from "./dialog";

const box = document.getElementById("palette") as HTMLDialogElement | null;
const input = box?.querySelector<HTMLInputElement>("input[type=search]");
const list = box?.querySelector<HTMLElement>("[data-results]");

if (/Mac|iP/.test(navigator.platform)) {
  document.querySelectorAll("[data-palette-key]").forEach((k) => (k.textContent = "⌘K"));
}

if (box && input && list) {
  addEventListener("keydown", (e) => {
    if ((e.ctrlKey || e.metaKey) && !e.shiftKey && !e.altKey && e.key.toLowerCase() === "k") {
      e.preventDefault();
      openDialog(box);
      input.select();
    }
  });

  let timer = 0;
  let asked: AbortController | undefined;
  const ask = async () => {
    asked?.abort();
    asked = new AbortController();
    try {
      const url = box.dataset.search + "?q=" + encodeURIComponent(input.value);
      const answer = await fetch(url, { headers: { "HX-Request": "true" }, signal: asked.signal });
      if (!answer.ok) return;
      list.innerHTML = await answer.text();
      mark(0);
    } catch {
      // Replaced by the next question, or offline.
    }
  };

  const rows = () => [...list.querySelectorAll<HTMLAnchorElement>("a[href]")];
  const mark = (i: number) => {
    const all = rows();
    all.forEach((a, n) => a.toggleAttribute("data-current", n === i));
    all[i]?.scrollIntoView({ block: "nearest" });
  };

  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(ask, 120);
  });
  input.addEventListener("keydown", (e) => {
    const all = rows();
    const at = all.findIndex((a) => a.hasAttribute("data-current"));
    if (e.key === "ArrowDown") mark((at + 1) % all.length);
    else if (e.key === "ArrowUp") mark((at - 1 + all.length) % all.length);
    else if (e.key === "Enter" && all[at]) location.assign(all[at].href);
    else return;
    e.preventDefault();
  });
}
