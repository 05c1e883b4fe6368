import { text as said } from "./texts";

// Keeps an open page true: puts changed figures into their cells as the server tells them.
interface Shown {
  text: string;
  title?: string;
  direction?: string;
  sort?: string;
  more?: string;
  bar?: string;
}

interface Job {
  kind: string;
  state: string;
  done: number;
  total: number;
  remaining_seconds: number | null;
}

const TONES = ["up", "down", "flat", "live", "delayed", "recent", "closed", "cached", "stale", "manual", "missing"];
/** A browser opens six connections to a server at most: hidden pages must not hold them. */
const HIDDEN_MS = 5_000;
const AGAIN_MS = [1_000, 2_000, 5_000, 15_000, 30_000];
const SPOKEN_EVERY_MS = 10_000;
const DRAWN_EVERY_MS = 60_000;
const REFRESHES = /^(refresh-prices|keep-prices|fill-history)/;

const main = document.querySelector<HTMLElement>("main[data-events]");
let stream: EventSource | undefined;
let last = "";
let failures = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
let drawn = Date.now();
let spoken = 0;
let toSay: string | undefined;
let words: string | undefined;
/** Whether only the prices' freshness is followed, and the figures stay as they were when the page was made. */
const isStill = main?.hasAttribute("data-still") ?? false;
/** The page has other rows than the server, and could not be fetched yet. */
let isReshaped = false;

const find = (name: string) =>
  [...document.querySelectorAll<HTMLElement>("[data-cell]")].find((element) => element.dataset["cell"] === name);

function part(element: Element, name: string): Element | null {
  return element.querySelector(`[data-${name}]`);
}

function setText(element: Element | null, text: string): boolean {
  if (!element || element.textContent === text) return false;
  element.textContent = text;
  return true;
}

function setAttribute(element: Element | null | undefined, name: string, value: string): void {
  if (element && (element.getAttribute(name) ?? "") !== value) element.setAttribute(name, value);
}

/** Puts what the server says into a cell; the same as the template does with the same description. */
function patch(element: HTMLElement, shown: Shown): void {
  const text = part(element, "text") ?? element;
  const changed = setText(text, shown.text);
  setText(part(element, "more"), shown.more ?? "");
  setAttribute(element, "title", shown.title ?? "");
  setAttribute(element.closest("[data-sort]"), "data-sort", shown.sort ?? "");
  setAttribute(part(element, "bar"), "width", shown.bar ?? "");
  const toned = part(element, "tone") ?? element;
  if (shown.direction ? !toned.classList.contains(shown.direction) : TONES.some((tone) => toned.classList.contains(tone))) {
    toned.classList.remove(...TONES);
    if (shown.direction) toned.classList.add(shown.direction);
  }
  if (changed && element.checkVisibility?.()) {
    text.classList.remove("changed");
    requestAnimationFrame(() => text.classList.add("changed"));
  }
}

/** Says something in the live region, the newest of it, and not more often than anybody wants to hear. */
function say(sentence: string): void {
  const region = document.querySelector("#said");
  if (!region) return;
  const isWaiting = toSay !== undefined;
  toSay = sentence;
  if (isWaiting) return;
  setTimeout(() => {
    region.textContent = toSay ?? "";
    toSay = undefined;
    spoken = Date.now();
  }, Math.max(0, spoken + SPOKEN_EVERY_MS - Date.now()));
}

function figures(told: { version: string; cells: Record<string, Shown> }): void {
  if (!main) return;
  const names = Object.keys(told.cells);
  const elements = new Map([...document.querySelectorAll<HTMLElement>("[data-cell]")].map((e) => [e.dataset["cell"], e]));
  for (const name of names) {
    const element = elements.get(name);
    if (element) patch(element, told.cells[name]!);
  }
  document.querySelector<HTMLElement>(".pill[hidden]")?.removeAttribute("hidden");
  if (isStill) return;
  main.dataset["shown"] = told.version;
  const value = told.cells["value"];
  if (value) say(said("total_value", { value: elements.get("value")?.textContent ?? "" }));
  if (names.length && Date.now() - drawn > DRAWN_EVERY_MS) void draw();
}

function freshness(told: { cell: Shown; refreshing: boolean }): void {
  const pill = find("freshness");
  if (!pill) return;
  words = told.cell.text;
  pill.toggleAttribute("data-refreshing", told.refreshing);
  patch(pill, told.cell);
}

function job(told: Job): void {
  const pill = find("freshness");
  if (!pill || !REFRESHES.test(told.kind)) return;
  words ??= part(pill, "text")?.textContent ?? "";
  const runs = told.state === "running";
  pill.toggleAttribute("data-refreshing", runs);
  const { done, total, remaining_seconds: seconds } = told;
  const sentence = seconds === null ? said("refreshing", { done, total }) : said("refreshing_for", { done, total, seconds });
  const progress = total > 0 ? sentence : words;
  setText(part(pill, "text"), runs ? progress : words);
}

function toast(title: string, body: string, kind: string): void {
  const all = document.querySelector("#toasts");
  if (!all) return;
  const line = document.createElement("div");
  line.className = `toast ${kind}`;
  const strong = document.createElement("b");
  strong.textContent = title;
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon";
  close.textContent = said("close");
  close.addEventListener("click", () => line.remove());
  line.append(strong, body ? ` ${body}` : "", close);
  for (const same of all.querySelectorAll(`.${kind}`)) if (kind === "circuit" || kind === "newer") same.remove();
  all.append(line);
  while (all.childElementCount > 3) all.firstElementChild?.remove();
  if (kind !== "circuit" && kind !== "newer") setTimeout(() => line.remove(), 12_000);
}

function circuit(told: { source: string; state: string; until: string | null }): void {
  if (told.state !== "open") {
    document.querySelector("#toasts .circuit")?.remove();
    return;
  }
  const { source, until } = told;
  const locale = document.documentElement.lang;
  const at = until && new Date(until).toLocaleTimeString(locale, { hour: "2-digit", minute: "2-digit" });
  toast(at ? said("not_answering_until", { source, at }) : said("not_answering", { source }), "", "circuit");
}

async function fetched(cache: RequestCache): Promise<Document | undefined> {
  const answer = await fetch(location.href, { cache, headers: { accept: "text/html" } }).catch(() => undefined);
  if (!answer?.ok) return undefined;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** Draws the chart and the small ones anew: the same room, newer lines. */
async function draw(): Promise<void> {
  drawn = Date.now();
  const page = await fetched("default");
  const put = (old: Element | null | undefined, fresh: Element | null | undefined) => {
    if (old && fresh) old.replaceWith(fresh);
  };
  put(document.querySelector("value-chart > svg"), page?.querySelector("value-chart > svg"));
  document.querySelector("value-chart")?.dispatchEvent(new Event("drawn"));
  for (const row of page?.querySelectorAll<HTMLElement>("tr[data-symbol]") ?? []) {
    const here = document.querySelector(`tr[data-symbol="${CSS.escape(row.dataset["symbol"] ?? "")}"]`);
    put(here?.querySelector(".spark"), row.querySelector(".spark"));
  }
}

/** The page has other rows: its content is fetched and put in the place of the old, under the reader's eyes. */
async function resync(): Promise<void> {
  if (isStill) {
    close();
    return toast(said("newer"), "", "newer");
  }
  isReshaped = true;
  // Newly made: what was made a moment ago is the page that is to go.
  const page = await fetched("reload");
  const fresh = page?.querySelector<HTMLElement>("main[data-events]");
  if (!main || !page || !fresh) return again();
  const focused = document.activeElement;
  const path: number[] = [];
  for (let at = focused; at && at !== main && main.contains(at); at = at.parentElement) {
    path.unshift([...(at.parentElement?.children ?? [])].indexOf(at));
  }
  const sideways = [...main.querySelectorAll(".scroll")].map((box) => box.scrollLeft);
  const sorted = main.querySelector<HTMLTableCellElement>("th[aria-sort]");
  const column = sorted?.cellIndex;
  const order = sorted?.getAttribute("aria-sort");
  const [x, y] = [scrollX, scrollY];
  main.replaceChildren(...fresh.childNodes);
  main.dataset["shown"] = fresh.dataset["shown"] ?? "";
  const pill = page.querySelector(".pill");
  if (pill) document.querySelector(".pill")?.replaceWith(pill);
  words = undefined;
  document.dispatchEvent(new Event("content"));
  const heads = main.querySelector<HTMLTableElement>("table[data-sortable]")?.tHead?.rows[0]?.cells;
  const button = column == null ? null : heads?.[column]?.querySelector("button");
  for (let clicks = 0; button && clicks < 2 && button.parentElement?.getAttribute("aria-sort") !== order; clicks += 1) button.click();
  main.querySelectorAll(".scroll").forEach((box, n) => (box.scrollLeft = sideways[n] ?? 0));
  scrollTo(x, y);
  if (path.length) {
    const place = path.reduce<Element | undefined>((at, n) => at?.children[n], main);
    if (place instanceof HTMLElement) place.focus({ preventScroll: true });
  }
  say(said("up_to_date"));
  isReshaped = false;
  open();
}

function close(): void {
  clearTimeout(timer);
  stream?.close();
  stream = undefined;
}

function again(): void {
  close();
  const wait = AGAIN_MS[Math.min(failures, AGAIN_MS.length - 1)]!;
  failures += 1;
  // Not all pages at once after a restart.
  timer = setTimeout(open, wait * (0.5 + Math.random()));
}

function open(): void {
  close();
  if (!main || document.hidden) return;
  if (isReshaped) return void resync();
  const address = new URL(main.dataset["events"] ?? "", location.href);
  address.searchParams.set("shown", main.dataset["shown"] ?? "");
  if (last) address.searchParams.set("after", last);
  const opened = new EventSource(address);
  stream = opened;
  const on = <T>(name: string, then: (told: T) => void) =>
    opened.addEventListener(name, (event: MessageEvent<string>) => {
      last = event.lastEventId || last;
      then(JSON.parse(event.data) as T);
    });
  opened.addEventListener("open", () => {
    failures = 0;
    document.documentElement.dataset["live"] = "on";
  });
  opened.addEventListener("error", () => {
    delete document.documentElement.dataset["live"];
    again();
  });
  on("figures", figures);
  on("freshness", freshness);
  on("job", job);
  on("circuit", circuit);
  on<{ title: string; body: string }>("notification", (told) => {
    toast(told.title, told.body, "note");
    say(`${told.title} ${told.body}`);
    document.dispatchEvent(new Event("notified"));
    if (!main?.hasAttribute("data-list")) return;
    close();
    void resync();
  });
  on("resync", () => {
    close();
    void resync();
  });
}

/** Follows the page's events for as long as somebody looks at it. */
export function live(): void {
  let hiding: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiding);
    if (document.hidden) hiding = setTimeout(close, HIDDEN_MS);
    else if (!stream) open();
  });
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  open();
}
