// The pages on which something is written or set up, beside the script of every
// page.

// button[data-preview]: shows in place what the text of a field will look like.
// Without this script the same button opens it in a window of its own.
function previews() {
  document.querySelectorAll<HTMLButtonElement>("button[data-preview][type=submit]").forEach((b) => {
    const text = b.form!.elements.namedItem(b.value) as HTMLTextAreaElement;
    const shown = document.createElement("div");
    shown.className = "prose preview";
    shown.hidden = true;
    shown.tabIndex = 0;
    shown.setAttribute("role", "region");
    shown.setAttribute("aria-label", b.dataset.preview!);
    b.type = "button"; // before it moves, else the Enter key would press it
    b.setAttribute("aria-pressed", "false");
    text.after(shown, b);
    b.addEventListener("click", async () => {
      const on = shown.hidden;
      if (on) {
        const resp = await fetch(b.formAction, { method: "POST", body: new URLSearchParams({ of: b.value, [b.value]: text.value }) });
        const page = new DOMParser().parseFromString(await resp.text(), "text/html");
        const drawn = page.querySelector("main .prose") ?? page.querySelector("main h1");
        shown.replaceChildren(...(drawn?.childNodes ?? []));
      }
      shown.style.minBlockSize = `${text.offsetHeight}px`;
      shown.hidden = !on;
      text.hidden = on;
      b.setAttribute("aria-pressed", String(on));
      (on ? shown : text).focus();
    });
  });
}
previews();
document.addEventListener("vitrine:swapped", previews);

// ul[data-rows]: rows that can be added and removed. The last one is empty.
document.querySelectorAll<HTMLElement>("[data-rows]").forEach((list) => {
  const row = () => list.lastElementChild!;
  const blank = row().cloneNode(true) as HTMLElement;
  const field = (x: Element) => x.querySelector("input")!;
  list.querySelectorAll("li").forEach((x) => x !== list.firstElementChild && !field(x).value && x.remove());
  list.addEventListener("click", (e) => {
    const b = (e.target as Element).closest("[data-remove-row]");
    if (!b) return;
    const x = b.closest("li")!;
    field(x).value = "";
    field(x).dispatchEvent(new Event("input", { bubbles: true }));
    const near = x.nextElementSibling ?? x.previousElementSibling;
    if (near) {
      x.remove();
      field(near).focus();
    } else field(x).focus();
  });
  document.querySelector(`[data-add-row="${list.id}"]`)?.addEventListener("click", () => {
    const x = blank.cloneNode(true) as HTMLElement;
    field(x).id = `${field(x).id}-${list.children.length}`;
    x.querySelector("label")!.htmlFor = field(x).id;
    list.append(x);
    field(x).focus();
  });
});

// [data-colour]: a colour by its code, by a picker, or one of a few, and how
// buttons and links look with it.
document.querySelectorAll<HTMLElement>("[data-colour]").forEach((box) => {
  const picker = box.querySelector<HTMLInputElement>("input[type=color]")!;
  const code = box.querySelector<HTMLInputElement>("input[type=text]")!;
  const sample = box.querySelector("img")!;
  const show = (colour: string, from?: Element) => {
    if (from !== code) code.value = colour.toUpperCase();
    if (from !== picker) {
      picker.value = colour;
      picker.dispatchEvent(new Event("input", { bubbles: true }));
    }
    sample.src = `/accent.svg?colour=${colour.slice(1)}`;
    box.querySelectorAll<HTMLButtonElement>("button[value]").forEach((b) => b.setAttribute("aria-pressed", String(b.value === colour)));
  };
  picker.addEventListener("input", (e) => e.isTrusted && show(picker.value, picker));
  code.addEventListener("input", () => {
    const m = /^#?([0-9a-f]{6})$/i.exec(code.value.trim());
    code.setCustomValidity(m ? "" : code.title);
    if (m) show(`#${m[1]!.toLowerCase()}`, code);
  });
  box.addEventListener("click", (e) => {
    const b = (e.target as Element).closest<HTMLButtonElement>("button[value]");
    if (b) show(b.value);
  });
});
