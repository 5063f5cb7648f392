// openDialog shows a dialog as a modal one.
export function openDialog(d: HTMLDialogElement) {
  d.removeAttribute("popover");
  if (!d.open) d.showModal();
}
