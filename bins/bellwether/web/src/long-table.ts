// A table of any length: rows are there for what can be seen and a little more, and go to where the reader scrolls.
// The server's first rows stay in place until the columns of all have come.
import { ordered } from "./row-order";

/** What a table shows. */
export interface Rows {
  /** Which rows, in the order in which they came. */
  readonly shown: Uint32Array;
  /** What a column sorts by, by row; nothing for one that does not. */
  key(column: string): Float64Array | undefined;
  /** Puts a row into its place. */
  fill(element: HTMLTableRowElement, row: number): void;
  /** Enter, or a click, on a row. */
  open?(row: number, element: HTMLTableRowElement): void;
}

/** Rows that are there above and below what can be seen. */
const BEYOND = 8;

export class LongTable {
  readonly table: HTMLTableElement;
  private readonly body: HTMLTableSectionElement;
  private readonly above: HTMLTableRowElement;
  private readonly below: HTMLTableRowElement;
  private readonly height: number;
  private order: Uint32Array;
  private here = new Map<number, HTMLTableRowElement>();
  private spare: HTMLTableRowElement[] = [];
  private sorted: { column: string; descending: boolean } | undefined;
  /** The row that the keys are at. */
  private active = -1;
  private beneath: { row: number; element: HTMLTableRowElement } | undefined;
  private frame = 0;

  constructor(
    readonly box: HTMLElement,
    private readonly rows: Rows,
    private readonly prototype: HTMLTableRowElement,
  ) {
    this.table = box.querySelector("table")!;
    this.body = this.table.tBodies[0]!;
    this.order = rows.shown;
    this.height = this.body.rows[0]?.getBoundingClientRect().height || 49;
    const gap = (): HTMLTableRowElement => {
      const row = document.createElement("tr");
      row.className = "gap";
      row.setAttribute("aria-hidden", "true");
      row.append(document.createElement("td"));
      return row;
    };
    [this.above, this.below] = [gap(), gap()];
    this.body.replaceChildren(this.above, this.below);
    box.toggleAttribute("data-virtual", true);
    box.addEventListener("scroll", () => this.soon(), { passive: true });
    new ResizeObserver(() => this.soon()).observe(box);
    this.headers();
    this.keys();
    this.render();
  }

  /** The rows are others: those of a filter, or newly fetched. */
  refresh(): void {
    const { sorted } = this;
    const keys = sorted && this.rows.key(sorted.column);
    this.order = keys && sorted ? ordered(this.rows.shown, keys, sorted.descending) : this.rows.shown;
    this.spare.push(...this.here.values());
    this.here.clear();
    this.render();
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
      // Columns that are not there for want of room have none beneath either.
      cell.colSpan = [...this.table.tHead!.rows[0]!.cells].filter((head) => head.checkVisibility()).length;
      cell.append(content);
      element.append(cell);
      this.beneath = { row, element };
    }
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
        this.spare.push(row);
      }
    }
    let next: Element | null = this.above.nextElementSibling;
    for (let at = first; at < end; at += 1) {
      let row = this.here.get(at);
      if (!row) {
        row = this.spare.pop() ?? (this.prototype.cloneNode(true) as HTMLTableRowElement);
        this.rows.fill(row, order[at]!);
        row.setAttribute("aria-rowindex", String(at + 2));
        row.tabIndex = -1;
        this.here.set(at, row);
      }
      row.toggleAttribute("data-active", at === this.active);
      if (next === row) next = row.nextElementSibling;
      else body.insertBefore(row, next);
      if (at === under) {
        if (next === beneath!.element) next = next.nextElementSibling;
        else body.insertBefore(beneath!.element, next);
      }
    }
    if (beneath && (under < first || under >= end)) beneath.element.remove();
    for (const row of this.spare) row.remove();
    this.above.cells[0]!.style.height = `${first * height + (under >= 0 && under < first ? more : 0)}px`;
    this.below.cells[0]!.style.height = `${(order.length - end) * height + (under >= end ? more : 0)}px`;
    this.above.hidden = first === 0;
    this.below.hidden = end >= order.length;
    this.table.setAttribute("aria-rowcount", String(order.length + 2));
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
    const isElsewhere = (element: Element | null): boolean =>
      !!element && element !== document.body && !this.table.contains(element) && element !== this.box;
    document.addEventListener("keydown", (event) => {
      const target = event.target as HTMLElement;
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (target.closest("input, select, textarea, dialog, .beneath") || isElsewhere(document.activeElement)) return;
      if (event.key === "j" || event.key === "k") {
        event.preventDefault();
        const first = Math.ceil(this.box.scrollTop / this.height);
        this.focus(this.active < 0 ? first : this.active + (event.key === "j" ? 1 : -1));
      } else if (event.key === "Enter" && target instanceof HTMLTableRowElement) {
        const row = this.order[this.active];
        if (row === undefined) return;
        event.preventDefault();
        this.rows.open?.(row, target);
      }
    });
    this.body.addEventListener("focusin", (event) => {
      const element = (event.target as Element).closest("tr");
      for (const [at, row] of this.here) if (row === element) this.active = at;
    });
  }
}

/** Puts words into a part of a row. */
export function put(parts: Map<string, HTMLElement[]>, name: string, words: string, at = 0): HTMLElement | undefined {
  const part = parts.get(name)?.[at];
  if (part && part.textContent !== words) part.textContent = words;
  return part;
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

/** Shows a figure in its cell; what it sorts by is its exact value. */
export function figure(
  part: HTMLElement | undefined,
  of: { shown: string; sort: string; title: string; name: string; direction: string },
): void {
  if (!part) return;
  if (part.textContent !== of.shown) part.textContent = of.shown;
  part.classList.remove("up", "down", "flat");
  if (of.direction) part.classList.add(of.direction);
  part.title = of.title;
  part.dataset["sort"] = of.sort;
  if (of.name) part.dataset["figure"] = of.name;
  else delete part.dataset["figure"];
}
