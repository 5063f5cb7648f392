// Where files come from: the buttons of a [data-upload] form, a drop anywhere
// on its page, the clipboard. Who will see them is said before, and chosen.
import { Place, add } from "./upload";

const form = () => document.querySelector<HTMLFormElement>("form[data-upload]");

function place(f: HTMLFormElement, audience?: string): Place {
  const d = f.dataset;
  const chosen = f.querySelector<HTMLInputElement>("input[name=audience]:checked, input[type=hidden][name=audience]")?.value ?? "";
  const note = f.querySelector<HTMLInputElement>("[name=note]")?.value ?? "";
  return { project: d.project ?? "", folder: d.folder ?? "", file: d.file ?? "", request: d.request ?? "", audience: audience ?? chosen, note };
}

// Who was chosen to see what is brought stays chosen when the page is laid over
// anew.
let chosen = { for: "", audience: "" };
const key = (f: HTMLFormElement) => f.action + " " + f.dataset.folder;
addEventListener("change", (e) => {
  const t = e.target as HTMLInputElement;
  const f = t.name === "audience" ? t.closest<HTMLFormElement>("form[data-upload]") : null;
  if (f) chosen = { for: key(f), audience: t.value };
});
document.addEventListener("vitrine:swapped", () => {
  const f = form();
  if (!f || chosen.for !== key(f)) return;
  f.querySelectorAll<HTMLInputElement>("input[type=radio][name=audience]").forEach((i) => (i.checked = i.value === chosen.audience));
});

const junk = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/i;

function take(files: Iterable<File>, f: HTMLFormElement, audience?: string, folder?: string) {
  const to = place(f, audience);
  if (folder !== undefined) to.folder = folder;
  for (const file of files) {
    const parts = file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(0, -1) : [];
    if (!junk.test(file.name)) add(file, to, parts.join("/"));
  }
}

// From a drop, folders are walked through.
async function walk(entry: FileSystemEntry, path: string, found: (f: File, path: string) => void): Promise<void> {
  if (entry.isFile) {
    const file = await new Promise<File>((ok, no) => (entry as FileSystemFileEntry).file(ok, no));
    if (!junk.test(file.name)) found(file, path);
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((ok, no) => reader.readEntries(ok, no));
    if (some.length === 0) return;
    for (const e of some) await walk(e, path ? path + "/" + entry.name : entry.name, found);
  }
}

async function dropped(data: DataTransfer, f: HTMLFormElement, audience?: string, folder?: string) {
  const to = place(f, audience);
  if (folder !== undefined) to.folder = folder;
  // Both lists are gone after the first await.
  const entries = [...data.items].map((i) => i.webkitGetAsEntry?.()).filter((e): e is FileSystemEntry => !!e);
  if (entries.length === 0) return take([...data.files], f, audience, folder);
  for (const e of entries) await walk(e, "", (file, path) => add(file, to, path));
}

addEventListener("change", (e) => {
  const t = e.target as HTMLInputElement;
  const f = t.type === "file" ? t.closest<HTMLFormElement>("form[data-upload]") : null;
  if (!f || !t.files?.length) return;
  take([...t.files], f);
  t.value = "";
});

addEventListener("click", (e) => {
  const b = (e.target as Element).closest<HTMLButtonElement>("button[data-pick]");
  const input = b?.closest("form")?.querySelector<HTMLInputElement>(`input[type=file][data-from=${b.dataset.pick}]`);
  input?.click();
});

// A drop: the form rises over the page with a place for each audience.
const carries = (e: DragEvent) => e.dataTransfer?.types.includes("Files") && form() !== null && document.querySelector("dialog[open]") === null;
let over = 0;
const root = document.documentElement;

function end() {
  over = 0;
  root.removeAttribute("data-dragging");
  document.querySelectorAll("[data-over]").forEach((x) => x.removeAttribute("data-over"));
}

const target = (e: DragEvent) => (e.target as Element).closest?.<HTMLElement>("[data-drop]");

addEventListener("dragenter", (e) => {
  if (!carries(e)) return;
  e.preventDefault();
  over++;
  root.setAttribute("data-dragging", "");
});
addEventListener("dragleave", (e) => {
  if (over > 0 && --over === 0) end();
  if (e.relatedTarget === null) end();
});
addEventListener("dragover", (e) => {
  if (!carries(e)) return;
  e.preventDefault();
  const t = target(e);
  e.dataTransfer!.dropEffect = t ? "copy" : "none";
  document.querySelectorAll("[data-over]").forEach((x) => x !== t && x.removeAttribute("data-over"));
  t?.setAttribute("data-over", "");
});
addEventListener("drop", (e) => {
  if (!carries(e)) return;
  e.preventDefault();
  const t = target(e);
  const f = form()!;
  end();
  if (t) void dropped(e.dataTransfer!, f, t.dataset.drop || undefined);
});

addEventListener("paste", (e) => {
  const f = form();
  if (!f || !e.clipboardData?.files.length || (e.target as Element).closest?.("input, textarea, [contenteditable]")) return;
  e.preventDefault();
  const at = new Date();
  const stamp = at.getFullYear() + [at.getMonth() + 1, at.getDate()].map((n) => "-" + String(n).padStart(2, "0")).join("") + " " + [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, "0")).join(".");
  const files = [...e.clipboardData.files].map((x) => (/^image\.\w+$/.test(x.name) ? new File([x], (f.dataset.pasted ?? "") + " " + stamp + x.name.slice(5), { type: x.type }) : x));
  take(files, f);
});
