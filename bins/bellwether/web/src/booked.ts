// The list of transactions, all of it: filtered as one types, sorted in memory, edited in its place.
import { editing, picking } from "./booked-edit";
import { LongTable, type Rows, described, figure, partsOf, put } from "./long-table";
import { UNKNOWN, amount, count, day, direction, price, quantity } from "./numbers";
import { places } from "./row-order";
import { text } from "./texts";

interface Columns {
  count: number;
  since: number | null;
  until: number | null;
  digits: number[];
  base: string;
  base_digits: number;
  kinds: string[];
  kind_names: string[];
  symbols: string[];
  names: (string | null)[];
  unverified: number[];
  unverified_name: string;
  currencies: string[];
  accounts: string[];
  reasons: string[];
  figures: { sale: Record<number, string>; purchase: string; against: string[] };
  ratio: Record<number, string>;
  note: Record<number, string>;
  why: Record<number, (number | null)[]>;
  under: Record<number, number>;
  sales: number[];
  id: string[];
  day: number[];
  kind: number[];
  symbol: number[];
  other: number[];
  quantity: (number | null)[];
  price: (number | null)[];
  amount: (number | null)[];
  costs: (number | null)[];
  currency: number[];
  account: number[];
  imported: number[];
  gain: (string | null)[];
  against: (number | null)[][];
}

const numbers = (list: readonly (number | string | null)[]) =>
  Float64Array.from(list, (value) => (value === null ? NaN : Number(value)));

/** What each column sorts by. */
function keysOf(of: Columns): Map<string, Float64Array> {
  const kinds = places(of.kind_names);
  const names = places(of.symbols.map((symbol, at) => of.names[at] ?? symbol));
  const accounts = places(of.accounts);
  return new Map([
    ["day", Float64Array.from(of.day)],
    ["kind", Float64Array.from(of.kind, (at) => kinds[at]!)],
    ["name", Float64Array.from(of.symbol, (at) => (at < 0 ? NaN : names[at]!))],
    ["quantity", numbers(of.quantity)],
    ["price", numbers(of.price)],
    ["amount", numbers(of.amount)],
    ["costs", numbers(of.costs)],
    ["account", Float64Array.from(of.account, (at) => accounts[at]!)],
    ["gain", numbers(of.gain)],
    ...of.against.map((column, at): [string, Float64Array] => [`against ${at}`, numbers(column)]),
  ]);
}

export class Booked implements Rows {
  shown = new Uint32Array();
  picked = new Set<string>();
  private keys = new Map<string, Float64Array>();
  private sales = new Set<number>();
  private words: string[] = [];
  onOpen: (row: number, element: HTMLTableRowElement) => void = () => {};

  constructor(
    private of: Columns,
    private readonly form: HTMLFormElement,
    private readonly at: string,
  ) {
    this.take(of);
  }

  /** Newly fetched columns. */
  take(of: Columns): void {
    this.of = of;
    this.keys = keysOf(of);
    this.sales = new Set(of.sales);
    this.words = of.symbols.map((symbol, at) => `${symbol} ${of.names[at] ?? ""}`.toLowerCase());
    this.filter();
  }

  get count(): number {
    return this.of.count;
  }

  id(row: number): string {
    return this.of.id[row]!;
  }

  row(id: string): number {
    return this.of.id.indexOf(id);
  }

  key(column: string): Float64Array | undefined {
    return this.keys.get(column);
  }

  open(row: number, element: HTMLTableRowElement): void {
    this.onOpen(row, element);
  }

  /** What the fields of the form ask for, the range included. */
  filter(): void {
    const { of } = this;
    const field = (name: string) => ((this.form.elements.namedItem(name) as HTMLInputElement | null)?.value ?? "").trim();
    const epoch = (name: string) => (field(name) ? Date.parse(field(name)) / 86_400_000 : undefined);
    const words = field("q").toLowerCase();
    const kind = field("kind") ? of.kinds.indexOf(field("kind")) : undefined;
    const symbol = field("symbol") ? of.symbols.indexOf(field("symbol").toUpperCase()) : undefined;
    const account = field("account") ? of.accounts.indexOf(field("account")) : undefined;
    const source = field("source") ? Number(field("source") === "import") : undefined;
    const from = Math.max(epoch("from") ?? -Infinity, of.since === null ? -Infinity : of.since + 1);
    const to = Math.min(epoch("to") ?? Infinity, of.until ?? Infinity);
    const named = words ? this.words.map((known) => known.includes(words)) : [];
    const found = new Uint32Array(of.count);
    let size = 0;
    for (let row = 0; row < of.count; row += 1) {
      if (kind !== undefined && of.kind[row] !== kind) continue;
      if (symbol !== undefined && (symbol < 0 || (of.symbol[row] !== symbol && of.other[row] !== symbol))) continue;
      if (account !== undefined && of.account[row] !== account) continue;
      if (source !== undefined && of.imported[row] !== source) continue;
      if (of.day[row]! < from || of.day[row]! > to) continue;
      if (words && !named[of.symbol[row]!] && !of.note[row]?.toLowerCase().includes(words)) continue;
      found[size++] = row;
    }
    this.shown = found.slice(0, size);
  }

  private kindOf(row: number): string {
    return this.of.kind_names[this.of.kind[row]!]!;
  }

  private symbolOf(row: number): string {
    const { of } = this;
    const other = of.other[row]! < 0 ? "" : ` → ${of.symbols[of.other[row]!]}`;
    return of.symbol[row]! < 0 ? "" : of.symbols[of.symbol[row]!]! + other;
  }

  fill(element: HTMLTableRowElement, row: number): void {
    const { of } = this;
    const parts = partsOf(element);
    const [kind, symbol, on] = [this.kindOf(row), this.symbolOf(row), day(of.day[row]!)];
    const digits = of.digits[of.currency[row]!]!;
    const shown = (value: number | null | undefined, show: (value: number) => string) =>
      value === null || value === undefined ? "" : show(value);
    put(parts, "day", on);
    put(parts, "kind", kind);
    put(parts, "day_under", `${on} · ${kind}`);
    put(parts, "name", (of.symbol[row]! < 0 ? null : of.names[of.symbol[row]!]) ?? (symbol || kind));
    const isUnverified = of.unverified.includes(of.symbol[row]!) || of.unverified.includes(of.other[row]!);
    put(parts, "under", isUnverified ? `${symbol} ${of.unverified_name}` : symbol);
    put(parts, "quantity", of.ratio[row] ?? shown(of.quantity[row], quantity));
    put(parts, "price", shown(of.price[row], (value) => price(value, digits)));
    put(parts, "amount", shown(of.amount[row], (value) => amount(value, digits)));
    const currency = of.currencies[of.currency[row]!]!;
    put(parts, "currency", currency === of.base ? "" : currency);
    put(parts, "costs", shown(of.costs[row], (value) => amount(value, digits)));
    put(parts, "account", of.accounts[of.account[row]!]!);
    const pick = parts.get("pick")?.[0] as HTMLInputElement | undefined;
    const isPicked = this.picked.has(of.id[row]!);
    if (pick && pick.checked !== isPicked) pick.checked = isPicked;
    put(parts, "note", of.note[row] ? "¶" : "");
    for (const [part, digits, at] of this.figuresOf(parts, row)) {
      if (this.why(row, at) !== undefined) figure(part, UNKNOWN, "flat");
      else if (digits === null) figure(part, "", "");
      else figure(part, amount(Number(digits), of.base_digits, "+"), direction(Number(digits)));
    }
  }

  tell(element: HTMLTableRowElement, row: number): void {
    const { of } = this;
    const parts = partsOf(element);
    const id = of.id[row]!;
    element.dataset["id"] = id;
    const link = parts.get("link")?.[0] as HTMLAnchorElement | undefined;
    if (link) link.href = `${this.at}/transactions/${id}`;
    const pick = parts.get("pick")?.[0] as HTMLInputElement | undefined;
    if (pick) {
      pick.value = id;
      pick.setAttribute("aria-label", `${this.kindOf(row)} ${this.symbolOf(row)} ${day(of.day[row]!)}`);
    }
    this.tellNote(parts, of.note[row] ?? "");
    const own = this.sales.has(row) ? of.figures.sale[of.under[row] ?? of.symbol[row]!] : of.figures.purchase;
    for (const [part, digits, at] of this.figuresOf(parts, row)) {
      const reason = this.why(row, at);
      const name = ((at === 0 ? own : of.figures.against[at - 1]) ?? "").replace("{id}", id);
      if (reason !== undefined) described(part, { sort: "", title: of.reasons[reason]!, name });
      else if (digits === null) described(part, { sort: "", title: "", name: "" });
      else described(part, { sort: digits, title: `${digits} ${of.base}`, name });
    }
  }

  private tellNote(parts: Map<string, HTMLElement[]>, note: string): void {
    const mark = put(parts, "note", note ? "¶" : "");
    if (!mark) return;
    mark.title = note;
    if (note) mark.append(Object.assign(document.createElement("span"), { className: "hidden-visually", textContent: note }));
  }

  /** Why a figure of a row is not known: the place of the reason. */
  private why(row: number, at: number): number | undefined {
    return this.of.why[row]?.[at] ?? undefined;
  }

  /** The gain, and how far it is ahead of each benchmark: the cell, the digits, and which of them it is. */
  private *figuresOf(parts: Map<string, HTMLElement[]>, row: number): Generator<[HTMLElement | undefined, string | null, number]> {
    const { of } = this;
    yield [parts.get("gain")?.[0], of.gain[row] ?? null, 0];
    for (const [at, column] of of.against.entries()) {
      const value = column[row];
      yield [parts.get("against")?.[at], value === null || value === undefined ? null : String(value), at + 1];
    }
  }
}

/** What keeps the view in an address: the links to other ranges have their own. */
const VIEW = ["range", "as_of", "benchmark"];

/** Other ranges show what is looked for, too. */
function keepInRanges(form: HTMLFormElement, given: URLSearchParams): void {
  const names = [...new Set([...new FormData(form).keys()])].filter((name) => !VIEW.includes(name));
  for (const link of document.querySelectorAll<HTMLAnchorElement>(".rangebar a")) {
    const address = new URL(link.href);
    for (const name of names) address.searchParams.delete(name);
    for (const name of names) if (given.has(name)) address.searchParams.set(name, given.get(name)!);
    link.href = address.pathname + address.search;
  }
  const ranges = document.querySelector<HTMLFormElement>(".rangebar form");
  for (const field of ranges?.querySelectorAll("input[type=hidden]") ?? []) {
    if (names.includes((field as HTMLInputElement).name)) field.remove();
  }
  for (const name of names) {
    if (given.has(name)) ranges?.append(Object.assign(document.createElement("input"), { type: "hidden", name, value: given.get(name)! }));
  }
}

/** Parts of an address that the list is not one list for. */
const BY_PAGE = ["cursor", "sort"];

export async function bookedTable(box: HTMLElement): Promise<void> {
  const form = document.querySelector<HTMLFormElement>("form.find");
  const prototype = document.querySelector<HTMLTemplateElement>("template[data-row]")?.content.querySelector("tr");
  const asked = new URLSearchParams(location.search);
  if (!form || !prototype || BY_PAGE.some((name) => asked.get(name))) return;
  const fetched = async (): Promise<Columns | undefined> => {
    const answer = await fetch(box.dataset["source"]!).catch(() => undefined);
    return answer?.ok ? ((await answer.json()) as Columns) : undefined;
  };
  const columns = await fetched();
  if (!columns) return;
  const rows = new Booked(columns, form, box.dataset["at"]!);
  const table = new LongTable(box, rows, prototype);
  const total = box.querySelector("[data-total]");
  const told = (): void => {
    if (total) total.textContent = text("table_of", { shown: count(rows.shown.length), all: count(rows.count) });
  };
  const filtered = (): void => {
    rows.filter();
    box.scrollTop = 0;
    table.refresh();
    told();
    const given = new URLSearchParams([...new FormData(form)].flatMap(([name, value]) => (value ? [[name, String(value)]] : [])));
    history.replaceState(null, "", given.size ? `?${given}` : location.pathname);
    keepInRanges(form, given);
  };
  document.querySelector("[data-next]")?.remove();
  document.querySelector("[data-none]")?.remove();
  form.addEventListener("input", filtered);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    filtered();
  });
  told();
  const again = async (): Promise<void> => {
    const newer = await fetched();
    if (!newer) return location.reload();
    rows.take(newer);
    table.refresh();
    told();
  };
  editing(table, rows, again);
  picking(table, rows, again);
}
