// The words a script says come from the page, in the reader's language.
export function say(key: string): string {
  return document.body.getAttribute("data-say-" + key) ?? "";
}
