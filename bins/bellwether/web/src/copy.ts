import { text } from "./texts";

/** Puts words onto the clipboard, by way of a field beside an element: what is outside of an open dialog cannot be selected. */
export function copyWords(words: string, beside: Element): boolean {
  const area = document.createElement("textarea");
  area.value = words;
  area.className = "hidden-visually";
  beside.after(area);
  area.select();
  // The clipboard's newer interface is there on secure pages alone, and these may be read without TLS at home.
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** Shows the buttons that copy what an element shows: without a script they could not. */
export function copyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copies]")) {
    const shown = document.getElementById(button.dataset["copies"] ?? "");
    if (!shown) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      const words = shown.textContent?.trim() ?? "";
      // An address within this server is of use with the server in front of it.
      if (!copyWords(words.startsWith("/") ? new URL(words, location.href).href : words, button)) return;
      button.textContent = text("copied");
      button.focus();
    });
  }
}
