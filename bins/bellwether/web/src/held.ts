// The table of holdings, however many: found as one types, sorted in memory.
import { LongTable, type Rows, described, figure, partsOf, put, tone } from "./long-table";
import { places } from "./row-order";

interface Column {
  shown: string[];
  digits: string[];
  tone: string;
  unit: string;
  titles: Record<number, string>;
  figure: string;
  figures: Record<number, string>;
}

interface Columns {
  count: number;
  symbols: string[];
  names: string[];
  addresses: string[];
  sparks: string[];
  half: number[];
  bars: number[];
  freshness: { state: string; words: string; explained: string }[];
  fresh: number[];
  cells: Record<string, Column>;
  against: Column[];
}

const PLAIN = ["day", "quantity", "average_cost", "cost", "value", "realised", "income", "total_gain", "xirr"];
/** Figures that share their cell, with the part in which each stands. */
const WITHIN = new Map([["price", "price_shown"], ["weight", "weight_shown"], ["unrealised", "unrealised_shown"]]);
const TONES: Record<string, string> = { u: "up", d: "down", f: "flat" };

/** The server's own drawing, digits and fixed words; of one like it that is there already only the line changes. */
function spark(cell: HTMLElement, drawing: string): void {
  const line = cell.querySelector("path");
  const drawn = / d="([^"]*)"/.exec(drawing)?.[1];
  if (line && drawn) line.setAttribute("d", drawn);
  else cell.innerHTML = drawing;
}

class Held implements Rows {
  shown: Uint32Array = new Uint32Array();
  private readonly keys: Map<string, Float64Array>;
  private readonly words: string[];

  constructor(private readonly of: Columns) {
    const numbers = (column: Column) => Float64Array.from(column.digits, (digits) => (digits ? Number(digits) : NaN));
    this.keys = new Map(Object.entries(of.cells).map(([name, column]) => [name, numbers(column)]));
    this.keys.set("name", places(of.names));
    for (const [at, column] of of.against.entries()) this.keys.set(`against ${at}`, numbers(column));
    this.words = of.symbols.map((symbol, at) => `${symbol} ${of.names[at]}`.toLowerCase());
    this.filter("");
  }

  key(column: string): Float64Array | undefined {
    return this.keys.get(column);
  }

  filter(words: string): void {
    const wanted = words.trim().toLowerCase();
    this.shown = Uint32Array.from(this.words.keys()).filter((row) => this.words[row]!.includes(wanted));
  }

  open(row: number): void {
    location.assign(this.of.addresses[row]!);
  }

  private described(part: HTMLElement | undefined, column: Column, row: number): void {
    const digits = column.digits[row]!;
    described(part, {
      sort: digits,
      title: column.titles[row] ?? digits + column.unit,
      name: column.figures[row] ?? column.figure.replace("{symbol}", this.of.symbols[row]!),
    });
  }

  fill(element: HTMLTableRowElement, row: number): void {
    const { of } = this;
    const parts = partsOf(element);
    element.classList.toggle("half", of.half[row] === 1);
    put(parts, "name", of.names[row]!);
    put(parts, "under", of.symbols[row]!);
    spark(parts.get("spark")![0]!, of.sparks[row]!);
    const direction = (column: Column) => TONES[column.tone[row]!] ?? "";
    for (const name of PLAIN) figure(parts.get(name)?.[0], of.cells[name]!.shown[row]!, direction(of.cells[name]!));
    for (const [at, column] of of.against.entries()) figure(parts.get("against")?.[at], column.shown[row]!, direction(column));
    for (const [name, beneath] of WITHIN) {
      put(parts, beneath, of.cells[name]!.shown[row]!);
      tone(parts.get(name)![0]!, direction(of.cells[name]!));
    }
    put(parts, "unrealised_rate", of.cells["unrealised_rate"]!.shown[row]!);
    parts.get("bar")?.[0]?.setAttribute("width", String(of.bars[row]!));
    const fresh = of.freshness[of.fresh[row]!];
    put(parts, "fresh_words", fresh?.words ?? "");
    const dot = parts.get("dot")![0]!;
    if (dot.className !== `dot ${fresh?.state ?? ""}`) dot.className = `dot ${fresh?.state ?? ""}`;
    if (dot.hidden !== !fresh) dot.hidden = !fresh;
  }

  tell(element: HTMLTableRowElement, row: number): void {
    const { of } = this;
    const parts = partsOf(element);
    (parts.get("link")![0] as HTMLAnchorElement).href = of.addresses[row]!;
    for (const name of [...PLAIN, ...WITHIN.keys()]) this.described(parts.get(name)?.[0], of.cells[name]!, row);
    for (const [at, column] of of.against.entries()) this.described(parts.get("against")?.[at], column, row);
    parts.get("fresh")![0]!.title = of.freshness[of.fresh[row]!]?.explained ?? "";
  }
}

export async function heldTable(box: HTMLElement): Promise<void> {
  const prototype = document.querySelector<HTMLTemplateElement>("template[data-row]")?.content.querySelector("tr");
  const answer = await fetch(box.dataset["source"]!).catch(() => undefined);
  if (!prototype || !answer?.ok) return;
  const rows = new Held((await answer.json()) as Columns);
  const form = document.querySelector<HTMLFormElement>("form.find");
  const words = form?.elements.namedItem("q") as HTMLInputElement | null;
  rows.filter(words?.value ?? "");
  const table = new LongTable(box, rows, prototype);
  document.querySelector("[data-next]")?.remove();
  const filtered = (): void => {
    rows.filter(words?.value ?? "");
    box.scrollTop = 0;
    table.refresh();
  };
  words?.addEventListener("input", filtered);
  form?.addEventListener("submit", (event) => event.preventDefault());
}
