import { text } from "../texts";
import type { Columns, Row, View } from "./columns";
import { span } from "./columns";
import { day } from "./words";

// What stands beside the crosshair, and what a screen reader says of it.
const NEAR_PX = 5;
const TRADES = 2;

function lineOf(row: Row): HTMLElement {
  const line = document.createElement("div");
  line.append(row.name ? `${row.name} ` : "");
  for (const [n, figure] of row.figures.entries()) {
    const strong = document.createElement("b");
    strong.textContent = figure.words;
    if (figure.isAmount) strong.className = "amount";
    line.append(n ? " " : "", strong);
  }
  return line;
}

const plain = (words: string): Row => ({ name: "", figures: [{ words, isAmount: false }] });

/** Own trades under the pointer, which may be of days beside it where a day is less than a pixel. */
function tradesNear(columns: Columns, at: number, width: number): Row[] {
  const reach = (NEAR_PX / width) * Math.max(1, columns.days.length - 1);
  const near = columns.trades.filter((trade) => Math.abs(trade.at - at) <= reach);
  const words = near.flatMap((trade) =>
    trade.words.map((of): Row => ({ name: trade.at === at ? "" : day(columns.days[trade.at]!), figures: [{ words: of, isAmount: true }] })),
  );
  const more = words.length - TRADES;
  return more > 0 ? [...words.slice(0, TRADES), plain(text("more_trades", { count: more }))] : words;
}

/** The lines of a reading at a day, or of a span of days. */
export function rows(columns: Columns, view: View, at: number, anchor: number | undefined, width: number): Row[] {
  if (anchor !== undefined && anchor !== at) {
    const [from, to] = anchor < at ? [anchor, at] : [at, anchor];
    return [plain(span(columns, from, to)), ...view.between(from, to)];
  }
  const told = view.read(at);
  const date = columns.days[at];
  return told.length && date ? [plain(day(date)), ...told, ...(view.hasTrades ? tradesNear(columns, at, width) : [])] : [];
}

export function show(box: HTMLElement, told: Row[]): void {
  box.replaceChildren(...told.map(lineOf));
}

/** The same to be heard; amounts are not said in private. */
export function spoken(told: Row[]): string {
  const isPrivate = document.documentElement.hasAttribute("data-private");
  const said = told.map(({ name, figures }) => {
    const words = figures.filter(({ isAmount }) => !isAmount || !isPrivate).map((figure) => figure.words);
    return words.length ? [name, ...words].filter(Boolean).join(" ") : "";
  });
  return said.filter(Boolean).join("; ");
}
