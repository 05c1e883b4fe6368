import type { Columns, View } from "./chart/columns";
import type { Plot } from "./chart/plot";
import { rows, show, spoken } from "./chart/reading";
import { columnsOf } from "./chart/columns";

// Makes a chart that the server drew answer to pointer, thumb and keys: reads days, measures spans, changes what it shows.
const SAID_AFTER_MS = 250;
const MONTH = 30;

export class ValueChart extends HTMLElement {
  #told: Promise<Columns> | undefined;
  #columns: Columns | undefined;
  #plot: Plot | undefined;
  #view = "";
  #at: number | undefined;
  /** Where a measured span begins. */
  #anchor: number | undefined;
  #touches = new Map<number, number>();
  #left = new AbortController();
  #saying: ReturnType<typeof setTimeout> | undefined;
  #host = made("plot-canvas");
  #span = made("span");
  #line = made("cross");
  #box = made("read");
  #said = document.createElement("p");

  connectedCallback(): void {
    this.#left = new AbortController();
    const { signal } = this.#left;
    this.#said.className = "hidden-visually";
    this.#said.setAttribute("aria-live", "polite");
    this.#hide();
    this.append(this.#host, this.#span, this.#line, this.#box, this.#said);
    this.tabIndex = 0;
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", this.querySelector("svg")?.getAttribute("aria-label") ?? "");
    const on = <K extends keyof HTMLElementEventMap>(name: K, then: (event: HTMLElementEventMap[K]) => void) =>
      this.addEventListener(name, then, { signal });
    on("pointermove", (event) => void this.#point(event));
    on("pointerdown", (event) => void this.#press(event));
    for (const name of ["pointerup", "pointercancel"] as const) on(name, (event) => this.#release(event));
    on("pointerleave", () => this.#touches.size || this.#anchor !== undefined || this.#hide());
    on("keydown", (event) => void this.#key(event));
    // The server's drawing says the same: a script's takes its place for whoever comes to read it.
    for (const name of ["pointerenter", "focus"] as const) on(name, () => void this.#wake());
    on("blur", () => this.#hide());
    // The server's drawing was put anew.
    this.addEventListener("drawn", () => void this.#again(), { signal });
    this.#toggles(signal);
    const look = () => this.#plot && void this.#draw();
    const watched = new MutationObserver(look);
    watched.observe(document.documentElement, { attributeFilter: ["data-theme", "data-private"] });
    const sized = new ResizeObserver(look);
    sized.observe(this);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", look, { signal });
    signal.addEventListener("abort", () => [watched, sized].forEach((observer) => observer.disconnect()));
  }

  disconnectedCallback(): void {
    this.#left.abort();
    this.#plot?.remove();
    this.#plot = undefined;
  }

  /** What is shown now, for tables and files. */
  async shown(): Promise<{ columns: Columns; view: View } | undefined> {
    const columns = await this.#load();
    const view = columns && this.#viewOf(columns);
    return view && { columns, view };
  }

  #viewOf(columns: Columns): View | undefined {
    return columns.views.find(({ name }) => name === this.#view) ?? columns.views[0];
  }

  async #load(): Promise<Columns | undefined> {
    this.#told ??= fetch(this.dataset["columns"] ?? "", { headers: { accept: "application/json" } }).then(async (answer) => {
      if (!answer.ok) throw new Error(`chart data: ${answer.status}`);
      return columnsOf(await answer.json(), this.dataset["kind"] ?? "dashboard", this.dataset["currency"] ?? "USD");
    });
    try {
      this.#columns = await this.#told;
    } catch {
      this.#told = undefined; // asked again with the next movement
    }
    return this.#columns;
  }

  async #wake(): Promise<void> {
    if ((await this.#load()) && !this.#plot) await this.#draw();
  }

  async #again(): Promise<void> {
    if (!this.#columns) return;
    this.#told = undefined;
    await this.#load();
    await this.#draw();
  }

  /** Draws over the server's drawing, which keeps its place beneath. */
  async #draw(): Promise<void> {
    // Without the server the drawing that is there stays.
    const found = await import("./chart/plot").catch(() => undefined);
    if (!found) return;
    const { Plot } = found;
    const [columns, drawing] = [this.#columns, this.querySelector(":scope > svg")];
    const view = columns && this.#viewOf(columns);
    if (!view || this.#left.signal.aborted || !this.clientWidth) return;
    this.#plot?.remove();
    this.#plot = new Plot(this.#host, drawing as SVGElement | null, columns, view);
    this.dataset["drawn"] = view.name;
    this.toggleAttribute("data-other", view !== columns.views[0]);
  }

  /** Links to other views of the same days become buttons. */
  #toggles(signal: AbortSignal): void {
    const all = [...(this.closest("figure")?.querySelectorAll<HTMLElement>("[data-chart-view]") ?? [])];
    const legend = [...(this.closest("figure")?.querySelectorAll<HTMLElement>("[data-in-view]") ?? [])];
    for (const toggle of all) {
      const name = toggle.dataset["chartView"] ?? "";
      toggle.setAttribute("role", "button");
      toggle.setAttribute("aria-pressed", String(toggle.hasAttribute("aria-current")));
      toggle.removeAttribute("aria-current");
      const choose = (event: Event): void => {
        event.preventDefault();
        this.#view = name;
        for (const other of all) other.setAttribute("aria-pressed", String(other === toggle));
        for (const key of legend) key.toggleAttribute("data-off", !key.dataset["inView"]?.split(" ").includes(name));
        this.#hide();
        void this.#load().then(() => this.#draw());
      };
      toggle.addEventListener("click", choose, { signal });
      toggle.addEventListener("keydown", (event) => event.key === " " && choose(event), { signal });
    }
  }

  #place(x: number): number {
    const { left, width } = this.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (x - left) / width));
    return Math.round(share * ((this.#columns?.days.length ?? 1) - 1));
  }

  async #point(event: PointerEvent): Promise<void> {
    if (!(await this.#load())) return;
    if (event.pointerType === "touch") {
      if (!this.#touches.has(event.pointerId)) return;
      this.#touches.set(event.pointerId, event.clientX);
      const [one, other] = [...this.#touches.values()];
      // Two fingers measure what lies between them.
      this.#anchor = other === undefined ? undefined : this.#place(one!);
      return this.#read(this.#place(other ?? one!));
    }
    const isDragged = event.buttons === 1 && this.#anchor !== undefined;
    if (!isDragged && this.#isMeasured()) return;
    if (!isDragged) this.#anchor = undefined;
    this.#read(this.#place(event.clientX));
  }

  async #press(event: PointerEvent): Promise<void> {
    if (event.pointerType === "touch") this.#touches.set(event.pointerId, event.clientX);
    else if (event.button === 0) {
      event.preventDefault(); // selects no text
      this.setPointerCapture(event.pointerId);
    }
    if (!(await this.#load())) return;
    if (event.pointerType === "touch") return this.#point(event);
    this.#anchor = this.#at = this.#place(event.clientX);
    this.#read(this.#at);
  }

  #release(event: PointerEvent): void {
    const isTouch = this.#touches.delete(event.pointerId);
    if (isTouch && event.type === "pointercancel") this.#hide();
    else if (this.#isMeasured()) this.#say();
    else this.#anchor = undefined;
  }

  #isMeasured(): boolean {
    return this.#anchor !== undefined && this.#anchor !== this.#at;
  }

  async #key(event: KeyboardEvent): Promise<void> {
    const steps: Record<string, number> = {
      ArrowLeft: -1, ArrowRight: 1, PageDown: -MONTH, PageUp: MONTH, Home: -Infinity, End: Infinity,
    };
    if (event.key === "Escape") return this.#hide();
    const step = steps[event.key];
    if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const last = ((await this.#load())?.days.length ?? 0) - 1;
    if (last < 0) return;
    const from = this.#at ?? last;
    this.#anchor = event.shiftKey ? this.#anchor ?? from : undefined;
    this.#read(Math.min(last, Math.max(0, this.#at === undefined && Math.abs(step) === 1 ? from : from + step)));
    this.#say();
  }

  #hide(): void {
    this.#at = this.#anchor = undefined;
    for (const element of [this.#line, this.#box, this.#span]) element.hidden = true;
  }

  #read(at: number): void {
    const columns = this.#columns;
    const view = columns && this.#viewOf(columns);
    if (!view) return;
    const { width } = this.getBoundingClientRect();
    const told = rows(columns, view, at, this.#anchor, width);
    this.#at = at;
    for (const element of [this.#line, this.#box]) element.hidden = told.length === 0;
    this.#span.hidden = !this.#isMeasured();
    if (!told.length) return;
    show(this.#box, told);
    const x = (place: number) => (place / Math.max(1, columns.days.length - 1)) * width;
    this.#line.style.left = `${x(at)}px`;
    if (this.#anchor !== undefined) {
      this.#span.style.left = `${x(Math.min(at, this.#anchor))}px`;
      this.#span.style.width = `${Math.abs(x(at) - x(this.#anchor))}px`;
    }
    const room = this.#box.offsetWidth;
    const wanted = x(at) + room + 16 > width ? x(at) - room - 8 : x(at) + 8;
    this.#box.style.left = `${Math.max(0, Math.min(wanted, width - room))}px`;
  }

  /** Once the keys rest. */
  #say(): void {
    clearTimeout(this.#saying);
    this.#saying = setTimeout(() => {
      const [columns, at] = [this.#columns, this.#at];
      const view = columns && this.#viewOf(columns);
      if (view && at !== undefined) this.#said.textContent = spoken(rows(columns, view, at, this.#anchor, this.clientWidth));
    }, SAID_AFTER_MS);
  }
}

function made(name: string): HTMLElement {
  const element = document.createElement("div");
  element.className = name;
  return element;
}

export function define(): void {
  customElements.define("value-chart", ValueChart);
}
