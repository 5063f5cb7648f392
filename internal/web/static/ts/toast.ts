// Toasts rise from #toasts, drawn by the server or by toast(). They leave by
// themselves, but never under the pointer or the focus.
import { say } from "./say";

export interface Act {
  label: string;
  run(): void;
}

export function toast(text: string, act?: Act, stays = false): HTMLElement | undefined {
  const region = document.getElementById("toasts");
  if (!region) return;
  const box = document.createElement("div");
  box.className = "toast";
  if (stays) box.dataset.stays = "";
  const p = document.createElement("p");
  p.textContent = text;
  box.append(p);
  if (act) {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "toast-act";
    b.textContent = act.label;
    b.onclick = () => {
      box.remove();
      act.run();
    };
    box.append(b);
  }
  region.append(box);
  return box;
}

function arm(box: HTMLElement) {
  if (box.dataset.armed !== undefined) return;
  box.dataset.armed = "";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.setAttribute("aria-label", say("close"));
  close.textContent = "×";
  close.onclick = () => box.remove();
  box.append(close);
  if (box.dataset.stays !== undefined) return;
  let timer = 0;
  const start = () => (timer = window.setTimeout(() => box.remove(), 10_000));
  const stop = () => clearTimeout(timer);
  box.addEventListener("pointerenter", stop);
  box.addEventListener("focusin", stop);
  box.addEventListener("pointerleave", start);
  box.addEventListener("focusout", start);
  start();
}

const region = document.getElementById("toasts");
if (region) {
  const all = () => region.querySelectorAll<HTMLElement>(".toast").forEach(arm);
  new MutationObserver(all).observe(region, { childList: true });
  all();
}

// What a change said of itself is said once: a reload does not say it again.
const here = new URL(location.href);
if (here.searchParams.has("done")) {
  here.searchParams.delete("done");
  here.searchParams.delete("of");
  history.replaceState(history.state, "", here);
}
