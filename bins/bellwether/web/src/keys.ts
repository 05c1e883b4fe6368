// Keys for those who know them: `/` and Ctrl-K search, `g` and a letter goes to a page, `j` and `k` walk through a table,
// `?` tells them all. What is shown is loaded when it is first asked for.

import { PAGES, pageLink } from "./sections";

const GO_WITHIN_MS = 1_500;

let goes = 0;
/** What is typed while the palette is on its way. */
let ahead: string | undefined;

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

/** Moves the focus to the next or previous row of the table it is in, or of the first. */
function walk(step: number): void {
  const current = document.activeElement?.closest("main tbody tr");
  const table = current?.closest("table") ?? document.querySelector("main table:has(tbody a)");
  const rows = [...(table?.querySelectorAll<HTMLTableRowElement>("tbody tr") ?? [])].filter((row) => row.offsetParent);
  const at = rows.indexOf(current as HTMLTableRowElement);
  const row = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + step, 0), rows.length - 1)];
  const target = row?.querySelector<HTMLElement>("a, button, input, summary");
  (target ?? row)?.focus();
  row?.scrollIntoView({ block: "nearest" });
}

function search(): void {
  if (ahead !== undefined) return;
  ahead = "";
  const arrived = (palette: typeof import("./palette")) => palette.toggle(ahead);
  void import("./palette").then(arrived).catch(() => undefined).finally(() => (ahead = undefined));
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented) return;
  const searches = event.key.toLowerCase() === "k" && (event.ctrlKey || event.metaKey);
  if (searches && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    search();
    return;
  }
  if (ahead !== undefined && event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    ahead += event.key;
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || document.querySelector("dialog[open]")) return;
  if (goes && Date.now() - goes < GO_WITHIN_MS) {
    goes = 0;
    const link = pageLink(PAGES[event.key] ?? "");
    if (!link) return;
    event.preventDefault();
    link.click();
    return;
  }
  goes = event.key === "g" ? Date.now() : 0;
  if (event.key === "/") search();
  else if (event.key === "?") void import("./palette").then((palette) => palette.help(), () => undefined);
  else if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else return;
  event.preventDefault();
}

export function keys(): void {
  document.addEventListener("keydown", onKey);
  for (const button of document.querySelectorAll("[data-palette]")) {
    button.addEventListener("click", search);
  }
  for (const button of document.querySelectorAll<HTMLElement>("[data-keys]")) {
    button.addEventListener("click", () => void import("./palette").then((palette) => palette.help(), () => undefined));
  }
}
