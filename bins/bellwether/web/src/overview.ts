import { text } from "./texts";

// What stands below a page's long table comes when a reader comes near: its room is there before it.
const NEAR = "600px";
const LINES = 40;

interface LogLine {
  at: string;
  level: string;
  part: string;
  words: string;
}

async function fill(place: HTMLElement): Promise<void> {
  const answer = await fetch(place.dataset["overview"] ?? "").catch(() => undefined);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const brought = page.querySelector("[data-brought]");
  place.replaceChildren(...(brought ? [brought] : [...page.body.children]).map((part) => document.importNode(part, true)));
  document.dispatchEvent(new Event("charts"));
}

function line(of: LogLine): HTMLLIElement {
  const item = document.createElement("li");
  item.className = of.level;
  const at = document.createElement("time");
  at.dateTime = of.at;
  at.textContent = new Date(of.at).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  at.title = of.at;
  const words = document.createElement("span");
  if (of.level !== "info") words.append(Object.assign(document.createElement("b"), { textContent: `${of.level} ` }));
  words.append(of.words);
  item.append(at, words);
  return item;
}

async function readLog(card: HTMLElement): Promise<void> {
  const level = card.querySelector("select")?.value ?? "info";
  const list = card.querySelector("ul");
  const answer = await fetch(`/api/v1/monitoring/log?level=${level}`).catch(() => undefined);
  if (!list) return;
  if (!answer?.ok) return list.replaceChildren(said(answer?.status === 403 ? text("log_owners") : text("unreachable")));
  const { items } = (await answer.json()) as { items: LogLine[] };
  list.replaceChildren(...(items.length ? items.slice(0, LINES).map(line) : [said(text("log_empty"))]));
}

function said(words: string): HTMLLIElement {
  return Object.assign(document.createElement("li"), { textContent: words });
}

/** Fills the places that wait for a reader. */
export function overview(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-overview]")) {
    const watcher = new IntersectionObserver(
      (seen) => {
        if (!seen.some((entry) => entry.isIntersecting)) return;
        watcher.disconnect();
        void fill(place);
      },
      { rootMargin: NEAR },
    );
    watcher.observe(place);
  }
  const card = document.querySelector<HTMLDetailsElement>("[data-server-log]");
  card?.addEventListener("toggle", () => card.open && void readLog(card));
  card?.querySelector("select")?.addEventListener("change", () => void readLog(card));
}
