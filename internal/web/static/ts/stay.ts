// While bytes flow the page is not left: what a link or a form leads to is laid
// into this document instead, so that the uploads go on.
import { open } from "./upload";

let moved = false; // this document is at an address it was not loaded from

async function go(url: string, init: RequestInit, push: boolean) {
  let answer: Response;
  try {
    answer = await fetch(url, { headers: { Accept: "text/html" }, ...init });
  } catch {
    return; // offline: the page stays
  }
  const page = answer.headers.get("Content-Type")?.startsWith("text/html") && !answer.headers.get("Content-Disposition") ? new DOMParser().parseFromString(await answer.text(), "text/html") : null;
  const old = document.querySelector(".shell");
  const now = page?.querySelector(".shell");
  if (!page || !old || !now || old.className !== now.className) {
    if ((init.method ?? "GET") === "GET" || answer.redirected) location.assign(answer.url);
    return;
  }
  await load(page);
  document.querySelectorAll("body > .banner").forEach((b) => b.remove());
  old.replaceWith(...page.querySelectorAll("body > .banner"), now);
  document.title = page.title;
  document.getElementById("toasts")?.append(...page.querySelectorAll("#toasts > .toast"));
  if (push) {
    const to = new URL(answer.url);
    to.searchParams.delete("done");
    to.searchParams.delete("of");
    to.hash = new URL(url, location.href).hash;
    history.pushState(null, "", to);
    scrollTo(0, 0);
    document.getElementById("main")?.focus();
  }
  moved = true;
  document.dispatchEvent(new Event("vitrine:swapped"));
}

// load fetches the styles and scripts of the page that this document lacks.
async function load(page: Document) {
  const waits: Promise<unknown>[] = [];
  page.head.querySelectorAll<HTMLLinkElement>("link[rel=stylesheet]").forEach((l) => {
    if (document.head.querySelector(`link[href="${CSS.escape(l.getAttribute("href")!)}"]`)) return;
    const own = document.importNode(l);
    waits.push(new Promise((ok) => ((own.onload = ok), (own.onerror = ok))));
    document.head.append(own);
  });
  await Promise.all(waits);
  page.head.querySelectorAll<HTMLScriptElement>("script[src]").forEach((s) => {
    if (document.head.querySelector(`script[src="${CSS.escape(s.getAttribute("src")!)}"]`)) return;
    const own = document.createElement("script");
    own.src = s.getAttribute("src")!;
    document.addEventListener("vitrine:swapped", () => document.head.append(own), { once: true });
  });
}

addEventListener("click", (e) => {
  const a = (e.target as Element).closest<HTMLAnchorElement>("a[href]");
  if (!a || e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey || !open()) return;
  if (a.target || a.hasAttribute("download") || a.origin !== location.origin) return;
  if (a.pathname === location.pathname && a.search === location.search && a.hash) return;
  e.preventDefault();
  void go(a.href, {}, true);
});

addEventListener("submit", (e) => {
  const f = e.target as HTMLFormElement;
  const b = (e as SubmitEvent).submitter as HTMLButtonElement | null;
  // What answers with a file to keep does not leave the page.
  if (f.matches("[data-download]") || b?.matches("[data-download]")) {
    document.documentElement.setAttribute("data-saving", "");
    setTimeout(() => document.documentElement.removeAttribute("data-saving"), 1000);
    return;
  }
  if (e.defaultPrevented || !open()) return;
  const data = new FormData(f, b);
  const url = new URL(b?.getAttribute("formaction") ?? f.getAttribute("action") ?? location.href, location.href);
  if (url.origin !== location.origin || url.pathname === "/sign-out") return;
  e.preventDefault();
  if (f.method === "get") {
    url.search = new URLSearchParams(data as unknown as Record<string, string>).toString();
    void go(url.href, {}, true);
    return;
  }
  const multipart = f.enctype === "multipart/form-data";
  void go(url.href, { method: "POST", body: multipart ? data : new URLSearchParams(data as unknown as Record<string, string>) }, true);
});

addEventListener("popstate", () => {
  if (!moved) return;
  if (open()) void go(location.href, {}, false);
  else location.reload();
});
