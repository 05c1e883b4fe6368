// A table of any length: rows are there for what can be seen and a little more, and go to where the reader scrolls.
// The server's first rows stay in place until the columns of all have come.
import { ordered } from "./row-order";

/** What a table shows. */
export interface Rows {
  /** Which rows, in the order in which they came. */
  readonly shown: Uint32Array;
  /** What a column sorts by, by row; nothing for one that does not. */
  key(column: string): Float64Array | undefined;
  /** Shows a row in an element that showed another. */
  fill(element: HTMLTableRowElement, row: number): void;
  /** Says what does not show: what figures are called, and where links lead. It waits until nobody scrolls or asks. */
  tell(element: HTMLTableRowElement, row: number): void;
  /** Enter, or a click, on a row. */
  open?(row: number, element: HTMLTableRowElement): void;
}

/** Rows that are there above and below what can be seen. */
const BEYOND = 8;
/** After so long nobody scrolls any more. */
const SETTLED_MS = 80;

export class LongTable {
  readonly table: HTMLTableElement;
  private readonly body: HTMLTableSectionElement;
  private readonly height: number;
  private order: Uint32Array;
  private here = new Map<number, HTMLTableRowElement>();
  private spare: HTMLTableRowElement[] = [];
  /** Rows that show what they do not say yet, by their places. */
  private untold = new Set<number>();
  private sorted: { column: string; descending: boolean } | undefined;
  /** The row that the keys are at. */
  private active = -1;
  private beneath: { row: number; element: HTMLTableRowElement } | undefined;
  private frame = 0;
  private settling: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly box: HTMLElement,
    private readonly rows: Rows,
    private readonly prototype: HTMLTableRowElement,
  ) {
    this.table = box.querySelector("table")!;
    this.body = this.table.tBodies[0]!;
    this.order = rows.shown;
    this.headers();
    this.height = this.body.rows[0]?.getBoundingClientRect().height || 49;
    const widths = this.widths();
    let width = box.clientWidth;
    // What goes needs no style and no place any more: only what stays is looked at again.
    this.body.replaceChildren();
    this.roles();
    this.fit(widths);
    // Its room before its rows: as many as fit there are made at once.
    this.body.style.height = `${this.order.length * this.height}px`;
    box.addEventListener("scroll", () => this.soon(), { passive: true });
    // Names that stay while the rest goes by cost time in each frame: they do where something goes by.
    box.addEventListener("scroll", () => box.toggleAttribute("data-sideways", box.scrollLeft > 0), { passive: true });
    box.addEventListener("columns", () => this.measure());
    new ResizeObserver(() => {
      if (box.clientWidth !== width) this.measure();
      width = box.clientWidth;
      this.soon();
    }).observe(box);
    this.keys();
    for (const name of ["pointerdown", "focusin", "click"]) this.body.addEventListener(name, () => this.tell(), true);
    prototype.tabIndex = -1;
    this.render();
    this.settle();
  }

  /** The rows are others: those of a filter, or newly fetched. */
  refresh(): void {
    const { sorted } = this;
    const keys = sorted && this.rows.key(sorted.column);
    this.order = keys && sorted ? ordered(this.rows.shown, keys, sorted.descending) : this.rows.shown;
    this.spare.push(...this.here.values());
    this.here.clear();
    this.untold.clear();
    this.render();
    this.settle();
  }

  /** Sorts by a column. */
  sort(column: string, descending: boolean): void {
    this.sorted = { column, descending };
    for (const header of this.table.tHead!.rows[0]!.cells) {
      if (header.dataset["column"] === column) header.setAttribute("aria-sort", descending ? "descending" : "ascending");
      else header.removeAttribute("aria-sort");
    }
    this.box.scrollTop = 0;
    this.active = -1;
    this.refresh();
  }

  /** The rows in their order. */
  get listed(): Uint32Array {
    return this.order;
  }

  /** Puts something beneath a row, as wide as the table; nothing takes it away. */
  put(row: number, content: HTMLElement | undefined): void {
    this.beneath?.element.remove();
    this.beneath = undefined;
    if (content) {
      const element = document.createElement("tr");
      element.className = "beneath";
      const cell = document.createElement("td");
      cell.setAttribute("role", "cell");
      element.setAttribute("role", "row");
      cell.append(content);
      element.append(cell);
      this.beneath = { row, element };
    }
    this.render();
    // Once more, now that its height is known.
    this.render();
  }

  /** Takes the keys to a row. */
  focus(at: number): void {
    if (!this.order.length) return;
    this.active = Math.min(Math.max(at, 0), this.order.length - 1);
    const head = this.table.tHead!.offsetHeight;
    const foot = this.table.tFoot?.offsetHeight ?? 0;
    const top = this.topOf(this.active);
    const { scrollTop, clientHeight } = this.box;
    if (top < scrollTop) this.box.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight - head - foot) {
      this.box.scrollTop = top + this.height - clientHeight + head + foot;
    }
    this.render();
    this.here.get(this.active)?.focus({ preventScroll: true });
  }

  /** Takes the keys to a row by what it is. */
  focusRow(row: number): void {
    const at = this.order.indexOf(row);
    if (at >= 0) this.focus(at);
  }

  private place(row: number): number {
    return this.order.indexOf(row);
  }

  private topOf(at: number): number {
    const { beneath } = this;
    const more = beneath && this.place(beneath.row) < at ? beneath.element.offsetHeight : 0;
    return at * this.height + more;
  }

  private soon(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.render();
    });
  }

  private render(): void {
    const { order, height, body, box, beneath } = this;
    const under = beneath ? this.place(beneath.row) : -1;
    const more = under >= 0 ? beneath!.element.offsetHeight : 0;
    const from = box.scrollTop - (under >= 0 && (under + 1) * height < box.scrollTop ? more : 0);
    const first = Math.max(0, Math.min(Math.floor(from / height) - BEYOND, order.length - 1));
    const seen = Math.ceil((box.clientHeight || innerHeight) / height);
    const end = Math.min(order.length, Math.floor(Math.max(0, from) / height) + seen + BEYOND);
    for (const [at, row] of this.here) {
      if (at < first || at >= end) {
        if (row === document.activeElement) box.focus({ preventScroll: true });
        this.here.delete(at);
        this.untold.delete(at);
        this.spare.push(row);
      }
    }
    for (let at = first; at < end; at += 1) {
      let row = this.here.get(at);
      if (!row) {
        row = this.spare.pop() ?? (this.prototype.cloneNode(true) as HTMLTableRowElement);
        this.rows.fill(row, order[at]!);
        row.setAttribute("aria-rowindex", String(at + 2));
        this.here.set(at, row);
        this.untold.add(at);
        if (row.parentElement !== body) body.append(row);
      }
      if (row.hasAttribute("data-active") !== (at === this.active)) row.toggleAttribute("data-active");
      const top = `${at * height + (under >= 0 && at > under ? more : 0)}px`;
      if (row.style.top !== top) row.style.top = top;
    }
    for (const row of this.spare) row.remove();
    this.settleSoon();
    if (beneath && under >= first && under < end) {
      this.here.get(under)!.after(beneath.element);
      beneath.element.style.top = `${(under + 1) * height}px`;
    } else beneath?.element.remove();
    const whole = `${order.length * height + more}px`;
    if (body.style.height !== whole) body.style.height = whole;
    this.table.setAttribute("aria-rowcount", String(order.length + 2));
  }

  private measure(): void {
    this.box.removeAttribute("data-virtual");
    this.table.style.width = "";
    this.fit(this.widths());
  }

  /** How wide its columns are, and all of it, as long as it is laid out as a table. */
  private widths(): { columns: string; whole: string } {
    const heads = [...this.table.tHead!.rows[0]!.cells].filter((head) => head.checkVisibility());
    const columns = heads.map((head) => `${head.getBoundingClientRect().width}px`).join(" ");
    return { columns, whole: `${this.table.getBoundingClientRect().width}px` };
  }

  /** A row is laid out by itself, not with all others as tables are: that a browser does in time. */
  private fit({ columns, whole }: { columns: string; whole: string }): void {
    this.table.style.setProperty("--columns", columns);
    this.table.style.width = whole;
    this.box.toggleAttribute("data-virtual", true);
  }

  /** What is laid out in another way than a table says itself what it is. */
  private roles(): void {
    const { table } = this;
    table.setAttribute("role", "table");
    for (const part of [table.tHead, table.tFoot, this.body]) part?.setAttribute("role", "rowgroup");
    for (const row of [...table.rows, this.prototype]) {
      row.setAttribute("role", "row");
      for (const cell of row.cells) {
        const isHead = cell.tagName === "TH";
        cell.setAttribute("role", !isHead ? "cell" : cell.scope === "col" ? "columnheader" : "rowheader");
      }
    }
  }

  /** Rows say what they are for whoever asks them. */
  private tell(): void {
    for (const at of this.untold) {
      const row = this.here.get(at)!;
      this.rows.tell(row, this.order[at]!);
    }
    this.untold.clear();
  }

  /** Rows that go elsewhere stay where they are in the page while somebody scrolls. */
  private settleSoon(): void {
    clearTimeout(this.settling);
    this.settling = setTimeout(() => this.settle(), SETTLED_MS);
  }

  /** The rows stand in the page as they are read. */
  private settle(): void {
    clearTimeout(this.settling);
    this.tell();
    let next: Element | null = this.body.firstElementChild;
    for (const at of [...this.here.keys()].sort((a, b) => a - b)) {
      const row = this.here.get(at)!;
      if (next === row) next = row.nextElementSibling;
      else if (!row.contains(document.activeElement)) this.body.insertBefore(row, next);
      if (next && next === this.beneath?.element) next = next.nextElementSibling;
    }
  }

  private headers(): void {
    for (const header of this.table.tHead!.rows[0]!.cells) {
      const column = header.dataset["column"];
      if (header.dataset["type"] === undefined || column === undefined) continue;
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        const was = header.getAttribute("aria-sort");
        this.sort(column, was ? was === "ascending" : header.dataset["type"] === "number");
      });
    }
  }

  private keys(): void {
    const onKey = (event: KeyboardEvent): void => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
      if (target.closest("input, select, textarea, .beneath")) return;
      if (event.key === "j" || event.key === "k") {
        const first = Math.ceil(this.box.scrollTop / this.height);
        this.focus(this.active < 0 ? first : this.active + (event.key === "j" ? 1 : -1));
      } else if (event.key === "Enter" && target instanceof HTMLTableRowElement && this.body.contains(target)) {
        const row = this.order[this.active];
        if (row !== undefined) this.rows.open?.(row, target);
      } else return;
      event.preventDefault();
      // Rows that are not there yet are reached as well: nobody else goes through them.
      event.stopImmediatePropagation();
    };
    document.addEventListener("keydown", onKey, { capture: true });
    this.body.addEventListener("focusin", (event) => {
      const element = (event.target as Element).closest("tr");
      for (const [at, row] of this.here) if (row === element) this.active = at;
    });
  }
}

/** Puts words into a part of a row. */
export function put(parts: Map<string, HTMLElement[]>, name: string, words: string, at = 0): HTMLElement | undefined {
  const part = parts.get(name)?.[at];
  if (part) say(part, words);
  return part;
}

/** More letters may be too many for a cell. */
const FITS = 9;

/** The same words are not put there again, nor is a text made anew that only says something else. */
function say(part: HTMLElement, words: string): void {
  const only = part.firstChild;
  if (only instanceof Text && !only.nextSibling) {
    if (only.data === words) return;
    only.data = words;
  } else if (only || words) part.textContent = words;
  if (words.length > FITS !== part.hasAttribute("data-cut")) part.toggleAttribute("data-cut");
}

const known = new WeakMap<HTMLTableRowElement, Map<string, HTMLElement[]>>();

/** The parts of a row by their names. */
export function partsOf(row: HTMLTableRowElement): Map<string, HTMLElement[]> {
  let parts = known.get(row);
  if (!parts) {
    parts = new Map();
    for (const part of row.querySelectorAll<HTMLElement>("[data-part]")) {
      const name = part.dataset["part"]!;
      const same = parts.get(name);
      if (same) same.push(part);
      else parts.set(name, [part]);
    }
    known.set(row, parts);
  }
  return parts;
}

/** Shows a figure in its cell. */
export function figure(part: HTMLElement | undefined, shown: string, direction: string): void {
  if (!part) return;
  say(part, shown);
  tone(part, direction);
}

const TONES = ["up", "down", "flat"];

/** Colours a figure's cell by its sign. */
export function tone(part: HTMLElement, direction: string): void {
  const was = TONES.find((name) => part.classList.contains(name)) ?? "";
  if (was === direction) return;
  if (was) part.classList.remove(was);
  if (direction) part.classList.add(direction);
}

/** What a figure's cell says of it beside what it shows; what it sorts by is its exact value. */
export function described(part: HTMLElement | undefined, of: { sort: string; title: string; name: string }): void {
  if (!part) return;
  part.title = of.title;
  part.dataset["sort"] = of.sort;
  if (of.name) part.dataset["figure"] = of.name;
  else delete part.dataset["figure"];
}
