import { copyWords } from "./copy";
import { text } from "./texts";

// Opens how a figure came about beside the page: the same content as the derivation's own page.
const main = document.querySelector<HTMLElement>("main[data-derivations]");
let panel: HTMLDialogElement | undefined;
let body: HTMLElement | undefined;
/** What a click on "back" leads to. */
let trail: string[] = [];

/** The address of a figure's derivation, as the page's links have it. */
function addressOf(element: HTMLElement): string | undefined {
  if (element instanceof HTMLAnchorElement) return element.href;
  const name = element.dataset["figure"];
  if (!name || !main) return undefined;
  return `${main.dataset["derivations"]}${encodeURIComponent(name)}${main.dataset["view"] ?? ""}`;
}

function button(label: string, act: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "icon";
  made.textContent = label;
  made.addEventListener("click", act);
  return made;
}

function build(): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  dialog.className = "panel";
  dialog.setAttribute("aria-label", text("derivation"));
  const bar = document.createElement("div");
  bar.className = "panel-bar";
  bar.append(
    button(text("back"), () => {
      trail.pop();
      const before = trail.pop();
      if (before) void show(before);
      else dialog.close();
    }),
    button(text("close"), () => dialog.close()),
  );
  body = document.createElement("div");
  dialog.append(bar, body);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) return dialog.close();
    const link = (event.target as Element).closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (link.dataset["copy"] !== undefined) {
      event.preventDefault();
      if (copyWords(link.href, link)) link.textContent = text("copied");
    } else if (link.pathname.includes("/derivations/") && !link.pathname.startsWith("/api/")) {
      event.preventDefault();
      void show(link.href);
    }
  });
  dialog.addEventListener("close", () => (trail = []));
  document.body.append(dialog);
  return dialog;
}

async function show(address: string): Promise<void> {
  panel ??= build();
  if (!panel.open) panel.showModal();
  trail.push(address);
  try {
    const answer = await fetch(address);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const content = page.querySelector(".derivation") ?? page.querySelector("#content");
    if (trail.at(-1) !== address || !content) return;
    body?.replaceChildren(document.importNode(content, true));
    panel.scrollTop = 0;
  } catch {
    if (body) body.textContent = text("unreachable");
  }
}

/** Clicks and Enter on any figure of the page. */
export function derivations(): void {
  const open = (event: Event): void => {
    const figure = (event.target as Element).closest<HTMLElement>("[data-figure]");
    const address = figure && addressOf(figure);
    if (!address) return;
    event.preventDefault();
    void show(address);
  };
  document.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || getSelection()?.toString()) return;
    open(event);
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !(event.target instanceof HTMLAnchorElement)) open(event);
  });
}
