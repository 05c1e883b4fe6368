import { text } from "../texts";
import type { ValueChart } from "../value-chart";
import { drawing } from "./drawing";
import { asPng, ofDrawing, ofTable } from "./styled";
import { csvOf, csvOfTable, tableOf } from "./table";
import type { Kind } from "./tools";

// A chart as a file, or as a table beside the page.
function saved(parts: BlobPart, type: string, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([parts], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const titleOf = (chart: HTMLElement): string =>
  chart.dataset["title"] ?? chart.closest(".card")?.querySelector("h2")?.textContent ?? "";

const live = (chart: HTMLElement): ValueChart | null => chart.querySelector<ValueChart>("value-chart");

async function svgOf(chart: HTMLElement): Promise<string> {
  const heat = chart.querySelector<HTMLTableElement>(".heat");
  if (heat) return ofTable(heat);
  const server = chart.querySelector<SVGSVGElement>("svg")!;
  const shown = await live(chart)?.shown();
  if (!shown) return ofDrawing(server);
  // Styled where the style sheet finds it, out of sight.
  const drawn = drawing(shown.columns, shown.view, server);
  const place = document.createElement("div");
  place.className = "plot hidden-visually";
  place.append(drawn);
  document.body.append(place);
  const svg = ofDrawing(drawn);
  place.remove();
  return svg;
}

async function csvText(chart: HTMLElement): Promise<string> {
  const shown = await live(chart)?.shown();
  if (shown) return csvOf(shown.columns);
  const table = chart.querySelector<HTMLTableElement>(".heat") ?? tableBeside(chart);
  return table ? csvOfTable(table) : "";
}

const tableBeside = (chart: HTMLElement): HTMLTableElement | null =>
  (chart.closest(".card") ?? chart).querySelector<HTMLTableElement>(".chart-table table");

async function opened(chart: HTMLElement): Promise<void> {
  const shown = await live(chart)?.shown();
  const table = shown ? tableOf(shown.columns) : (tableBeside(chart)?.cloneNode(true) as HTMLTableElement | undefined);
  if (!table) return;
  const dialog = document.createElement("dialog");
  dialog.className = "panel chart-panel";
  dialog.setAttribute("aria-label", titleOf(chart));
  const bar = document.createElement("div");
  bar.className = "panel-bar";
  const title = document.createElement("h2");
  title.textContent = titleOf(chart);
  const close = document.createElement("button");
  close.type = "button";
  close.className = "icon";
  close.textContent = text("close");
  close.addEventListener("click", () => dialog.close());
  bar.append(title, close);
  const scroll = document.createElement("div");
  scroll.className = "scroll";
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", titleOf(chart));
  scroll.append(table);
  dialog.append(bar, scroll);
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export async function exported(chart: HTMLElement, kind: Kind): Promise<void> {
  const name = `bellwether-${chart.dataset["chart"]}.${kind}`;
  try {
    if (kind === "table") await opened(chart);
    else if (kind === "csv") saved(await csvText(chart), "text/csv;charset=utf-8", name);
    else if (kind === "svg") saved(await svgOf(chart), "image/svg+xml", name);
    else saved(await asPng(await svgOf(chart)), "image/png", name);
  } catch {
    const said = document.querySelector("#said");
    if (said) said.textContent = text("not_exported");
  }
}
