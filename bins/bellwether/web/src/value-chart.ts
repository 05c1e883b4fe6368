import { text } from "./texts";

// Crosshair over the chart that the server drew: date, value and change since the start of the range.
interface Columns {
  dates: string[];
  portfolio_values: (number | null)[];
  contributions: (number | null)[];
  benchmark_values: (number | null)[];
  benchmark: string;
}

class ValueChart extends HTMLElement {
  #columns: Promise<Columns> | undefined;
  #line = document.createElement("div");
  #readout = document.createElement("div");

  connectedCallback(): void {
    this.#line.className = "cross";
    this.#readout.className = "read";
    this.#show(false);
    this.append(this.#line, this.#readout);
    this.addEventListener("pointermove", (event) => void this.#read(event.clientX));
    this.addEventListener("pointerdown", (event) => void this.#read(event.clientX));
    this.addEventListener("pointerleave", () => this.#show(false));
  }

  #show(visible: boolean): void {
    this.#line.hidden = !visible;
    this.#readout.hidden = !visible;
  }

  async #load(): Promise<Columns> {
    const answer = await fetch(this.dataset["columns"] ?? "");
    if (!answer.ok) throw new Error(`chart data: ${answer.status}`);
    return ((await answer.json()) as { chart_data: Columns }).chart_data;
  }

  async #read(x: number): Promise<void> {
    this.#columns ??= this.#load();
    let columns: Columns;
    try {
      columns = await this.#columns;
    } catch {
      this.#columns = undefined; // asked again with the next movement
      return;
    }
    const box = this.getBoundingClientRect();
    const share = Math.min(1, Math.max(0, (x - box.left) / box.width));
    const index = Math.round(share * (columns.dates.length - 1));
    const [date, value] = [columns.dates[index], columns.portfolio_values[index]];
    if (!date || value == null) return this.#show(false);

    const locale = document.documentElement.lang;
    const currency = this.dataset["currency"] ?? "USD";
    // The same sign as the server's.
    const money = new Intl.NumberFormat(locale, { style: "currency", currencyDisplay: "narrowSymbol", currency });
    const day = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(date));
    const rows = [["", day], [text("value"), money.format(value)]];
    const paid = columns.contributions[index];
    if (paid != null) rows.push([text("contributed"), money.format(paid)], [text("gain"), money.format(value - paid)]);
    const other = columns.benchmark_values[index];
    if (other != null) rows.push([columns.benchmark, money.format(other)]);
    this.#readout.replaceChildren(
      ...rows.map(([term, text]) => {
        const line = document.createElement("div");
        const strong = document.createElement("b");
        strong.textContent = text ?? "";
        if (term) strong.className = "amount";
        line.append(term ? `${term} ` : "", strong);
        return line;
      }),
    );
    this.#show(true);
    const left = share * box.width;
    this.#line.style.left = `${left}px`;
    const width = this.#readout.offsetWidth;
    const wanted = left + width + 16 > box.width ? left - width - 8 : left + 8;
    this.#readout.style.left = `${Math.max(0, Math.min(wanted, box.width - width))}px`;
  }
}

export function define(): void {
  customElements.define("value-chart", ValueChart);
}
