import { text } from "./texts";

/** Copies what an element shows; an address within this server with the server in front of it. */
function copy(shown: HTMLElement): boolean {
  const words = shown.textContent?.trim() ?? "";
  const area = document.createElement("textarea");
  area.value = words.startsWith("/") ? new URL(words, location.href).href : words;
  area.className = "hidden-visually";
  document.body.append(area);
  area.select();
  // The clipboard's newer interface is there on secure pages alone, and these may be read without TLS at home.
  const copied = document.execCommand("copy");
  area.remove();
  return copied;
}

/** Shows the buttons that copy: without a script they could not. */
export function copyButtons(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copies]")) {
    const shown = document.getElementById(button.dataset["copies"] ?? "");
    if (!shown) continue;
    button.hidden = false;
    button.addEventListener("click", () => {
      if (!copy(shown)) return;
      button.textContent = text("copied");
      button.focus();
    });
  }
}
