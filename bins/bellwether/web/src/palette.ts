// The command palette: pages, portfolios, holdings and actions by a few letters of their name. And the list of keys.
import { PAGES, pageLink } from "./sections";
import { text } from "./texts";

interface Entry {
  name: string;
  /** What it is, or its symbol. */
  beside: string;
  act: () => void;
}

const MOST_SHOWN = 12;
/** A portfolio with more holdings than these pages have is searched on its own page. */
const MOST_FETCHED_PAGES = 10;

let dialog: HTMLDialogElement | undefined;
let input: HTMLInputElement;
let list: HTMLUListElement;
let shown: Entry[] = [];
let chosen = 0;
let entries: Entry[] = [];
let holdings: Promise<Entry[]> | undefined;

function go(address: string): () => void {
  return () => location.assign(address);
}

function press(selector: string): () => void {
  return () => document.querySelector<HTMLElement>(selector)?.click();
}

function portfolioId(): string | undefined {
  return pageLink("holdings")?.pathname.split("/")[2];
}

async function refresh(): Promise<void> {
  const said = document.querySelector("#said");
  const answer = await fetch(`/api/refresh-all-prices/${portfolioId()}`, { method: "POST" }).catch(() => undefined);
  if (said) said.textContent = answer?.ok ? text("refresh_begun") : text("refresh_refused");
}

function pagesAndActions(): Entry[] {
  const links = (selector: string, beside: string) =>
    [...document.querySelectorAll<HTMLAnchorElement>(selector)].map((link) => ({
      name: link.textContent?.trim() || link.getAttribute("aria-label") || "",
      beside,
      act: go(link.href),
    }));
  const page = text("palette_page");
  const found = [...links("nav.sections a", page), ...links("footer a, a.bell", page), ...links(".switch a", text("palette_portfolio"))];
  const action = text("palette_action");
  const transactions = pageLink("transactions");
  if (transactions) found.push({ name: text("palette_add"), beside: action, act: go(`${transactions.href}#new`) });
  if (portfolioId()) found.push({ name: text("palette_refresh"), beside: action, act: () => void refresh() });
  found.push(
    { name: text("palette_privacy"), beside: action, act: press("[data-toggle=privacy]") },
    { name: text("palette_theme"), beside: action, act: press("[data-toggle=theme]") },
    { name: text("palette_print"), beside: action, act: () => print() },
    { name: text("palette_keys"), beside: action, act: help },
  );
  return found;
}

/** Everything that is or was held, fetched once a page and only when somebody searches. */
async function fetchHoldings(): Promise<Entry[]> {
  const found: Entry[] = [];
  const id = portfolioId();
  let cursor = "";
  for (let page = 0; id && page < MOST_FETCHED_PAGES; page += 1) {
    const asked = `/api/v1/portfolios/${id}/holdings?state=all&fields=symbol,name&limit=500${cursor}`;
    const answer = await fetch(asked).catch(() => undefined);
    if (!answer?.ok) break;
    const told = (await answer.json()) as { items: { symbol: string; name?: string | null }[]; next?: string | null };
    for (const { symbol, name } of told.items) {
      const address = `/portfolio/${id}/holdings/${encodeURIComponent(symbol)}`;
      found.push({ name: name || symbol, beside: symbol, act: go(address) });
    }
    if (!told.next) break;
    cursor = `&cursor=${encodeURIComponent(told.next)}`;
  }
  return found;
}

/** How well an entry answers to what was typed: the smaller the better, undefined when not at all. */
function rank(entry: Entry, typed: string): number | undefined {
  const [name, beside] = [entry.name.toLocaleLowerCase(), entry.beside.toLocaleLowerCase()];
  if (beside === typed || name === typed) return 0;
  if (name.startsWith(typed) || beside.startsWith(typed)) return 1;
  if (name.split(/[\s-]+/).some((word) => word.startsWith(typed))) return 2;
  return name.includes(typed) || beside.includes(typed) ? 3 : undefined;
}

function draw(): void {
  const typed = input.value.trim().toLocaleLowerCase();
  const ranked = entries.flatMap((entry) => {
    const place = typed ? rank(entry, typed) : 0;
    return place === undefined ? [] : [{ entry, place }];
  });
  ranked.sort((a, b) => a.place - b.place);
  shown = ranked.slice(0, typed ? MOST_SHOWN : undefined).map(({ entry }) => entry);
  chosen = 0;
  list.replaceChildren(
    ...shown.map((entry, index) => {
      const item = document.createElement("li");
      item.id = `palette-${index}`;
      item.setAttribute("role", "option");
      const beside = document.createElement("span");
      beside.textContent = entry.beside;
      item.append(entry.name, beside);
      item.addEventListener("click", () => run(index));
      return item;
    }),
  );
  list.hidden = shown.length === 0;
  dialog?.querySelector("p")?.toggleAttribute("hidden", shown.length > 0);
  choose(0);
}

function choose(index: number): void {
  chosen = Math.min(Math.max(index, 0), Math.max(shown.length - 1, 0));
  for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", String(at === chosen));
  const item = list.children[chosen];
  input.setAttribute("aria-activedescendant", item?.id ?? "");
  item?.scrollIntoView({ block: "nearest" });
}

function run(index: number): void {
  const entry = shown[index];
  dialog?.close();
  entry?.act();
}

function build(): HTMLDialogElement {
  const made = document.createElement("dialog");
  made.className = "palette";
  made.setAttribute("aria-label", text("palette"));
  input = document.createElement("input");
  input.type = "text";
  input.autocomplete = "off";
  input.spellcheck = false;
  input.placeholder = text("palette_hint");
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-label": text("palette"),
    "aria-expanded": "true",
    "aria-controls": "palette-list",
    "aria-autocomplete": "list",
  })) input.setAttribute(name, value);
  list = document.createElement("ul");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", text("palette"));
  const nothing = document.createElement("p");
  nothing.textContent = text("palette_nothing");
  made.append(input, list, nothing);
  input.addEventListener("input", draw);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") run(chosen);
    else return;
    event.preventDefault();
  });
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  return made;
}

/** Opens the palette with what was typed already, or closes it when it is open. */
export function toggle(typed = ""): void {
  dialog ??= build();
  if (dialog.open) return dialog.close();
  entries = pagesAndActions();
  input.value = typed;
  dialog.showModal();
  draw();
  holdings ??= fetchHoldings();
  void holdings.then((found) => {
    entries = [...entries.filter((entry) => !found.includes(entry)), ...found];
    if (input.value) draw();
  });
}

/** Opens the list of keys. */
export function help(): void {
  const made = document.createElement("dialog");
  made.className = "palette keys";
  made.setAttribute("aria-label", text("keys"));
  const title = document.createElement("h2");
  title.textContent = text("keys");
  const all = document.createElement("dl");
  const line = (keys: string[], what: string) => {
    const [row, term, told] = [document.createElement("div"), document.createElement("dt"), document.createElement("dd")];
    for (const key of keys) term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
    told.textContent = what;
    row.append(term, told);
    all.append(row);
  };
  line(["/", "Ctrl K"], text("palette"));
  for (const [key, page] of Object.entries(PAGES)) {
    const name = pageLink(page)?.textContent?.trim();
    if (name) line(["g", key], name);
  }
  line(["j", "k"], text("keys_rows"));
  line(["Enter"], text("keys_open"));
  line(["Esc"], text("keys_close"));
  line(["?"], text("keys"));
  const close = Object.assign(document.createElement("button"), { type: "button", className: "icon", textContent: text("close") });
  close.addEventListener("click", () => made.close());
  made.append(title, all, close);
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  made.addEventListener("close", () => made.remove());
  document.body.append(made);
  made.showModal();
}
