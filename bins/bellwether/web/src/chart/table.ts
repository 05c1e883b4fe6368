import { text } from "../texts";
import type { Columns } from "./columns";
import { day, percentChange, quantity } from "./words";

// The figures behind a chart: in rows to read, and as comma-separated values.
const LONG = 100;

/** Each day of a short chart, the last day of each month of a long one, the newest first. */
function places(columns: Columns): number[] {
  const all = columns.days.map((_, at) => at);
  const isLast = (at: number) => columns.days[at + 1]?.slice(0, 7) !== columns.days[at]?.slice(0, 7);
  return (all.length > LONG ? all.filter(isLast) : all).reverse();
}

function cell(name: "th" | "td", words: string, isAmount = false): HTMLTableCellElement {
  const made = document.createElement(name);
  made.textContent = words;
  if (name === "th") made.scope = "col";
  if (isAmount) made.className = "amount";
  return made;
}

function row(...cells: HTMLTableCellElement[]): HTMLTableRowElement {
  const made = document.createElement("tr");
  made.append(...cells);
  return made;
}

/** What a chart shows by day. */
export function tableOf(columns: Columns): HTMLTableElement {
  const table = document.createElement("table");
  table.createTHead().append(row(cell("th", text("day")), ...columns.table.map(({ name }) => cell("th", name))));
  const body = table.createTBody();
  for (const at of places(columns)) {
    const date = cell("th", day(columns.days[at]!));
    date.scope = "row";
    const cells = columns.table.map(({ values, isAmount, isRate }) => {
      const value = values[at] ?? null;
      return cell("td", value === null ? "\u2014" : isRate ? percentChange(value) : quantity(value), isAmount);
    });
    body.append(row(date, ...cells));
  }
  return table;
}

/** A text that a spreadsheet takes for nothing but text. */
export function guarded(words: string): string {
  const told = /^'*[=+\-@\t\r]/.test(words) ? `'${words}` : words;
  return /[,;"\n\r\t]/.test(told) ? `"${told.replaceAll('"', '""')}"` : told;
}

const lines = (rows: string[][]): string => rows.map((cells) => `${cells.join(",")}\r\n`).join("");

/** Every day of a chart. */
export function csvOf(columns: Columns): string {
  const head = [text("day"), ...columns.table.map(({ name }) => name)].map(guarded);
  const told = columns.days.map((date, at) => [date, ...columns.table.map(({ values }) => String(values[at] ?? ""))]);
  return lines([head, ...told]);
}

/** A table of the page; numbers as exact as the page has them. */
export function csvOfTable(table: HTMLTableElement): string {
  const told = [...table.rows].map((line) =>
    [...line.cells].map((of) => {
      const exact = of.dataset["value"] ?? of.dataset["sort"];
      return exact !== undefined && (exact === "" || Number.isFinite(Number(exact))) ? exact : guarded(of.textContent?.trim() ?? "");
    }),
  );
  return lines(told);
}
