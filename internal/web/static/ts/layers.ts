// Dialogs and menus. Without script a dialog is a popover and a menu is a
// <details>; here dialogs become modal and menus get arrow keys.
import { openDialog } from "./dialog";

addEventListener("click", (e) => {
  const t = e.target as Element;

  const opener = t.closest<HTMLElement>("[popovertarget]");
  const target = opener && document.getElementById(opener.getAttribute("popovertarget")!);
  if (target instanceof HTMLDialogElement) {
    e.preventDefault();
    if (opener!.getAttribute("popovertargetaction") === "hide") target.close();
    else openDialog(target);
    return;
  }
  // A press on the backdrop closes.
  if (t instanceof HTMLDialogElement && t.open && t.matches(":modal")) {
    const box = t.getBoundingClientRect();
    const m = e as MouseEvent;
    if (m.clientX < box.left || m.clientX > box.right || m.clientY < box.top || m.clientY > box.bottom) t.close();
  }

  document.querySelectorAll<HTMLDetailsElement>("details.menu[open]").forEach((d) => {
    if (!d.contains(t)) d.open = false;
  });
});

addEventListener("keydown", (e) => {
  const menu = (e.target as Element).closest?.<HTMLDetailsElement>("details.menu");
  if (!menu) return;
  const items = [...menu.querySelectorAll<HTMLElement>(".menu-list a, .menu-list button")];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const go = (i: number) => {
    e.preventDefault();
    menu.open = true;
    items[(i + items.length) % items.length]?.focus();
  };
  if (e.key === "ArrowDown") go(at + 1);
  else if (e.key === "ArrowUp") go(at < 0 ? items.length - 1 : at - 1);
  else if (e.key === "Home" && menu.open) go(0);
  else if (e.key === "End" && menu.open) go(items.length - 1);
  else if (e.key === "Escape" && menu.open) {
    e.preventDefault();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  }
});

addEventListener("focusout", (e) => {
  const menu = (e.target as Element).closest?.<HTMLDetailsElement>("details.menu[open]");
  const to = e.relatedTarget as Node | null;
  if (menu && to && !menu.contains(to)) menu.open = false;
});
