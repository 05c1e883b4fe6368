import { text } from "../texts";
import { tips } from "./tips";

// A quiet menu on every chart: as a file, or as a table.
const KINDS = ["svg", "png", "csv", "table"] as const;
export type Kind = (typeof KINDS)[number];

const NAMES: Record<Kind, () => string> = {
  svg: () => text("as_svg"),
  png: () => text("as_png"),
  csv: () => text("as_csv"),
  table: () => text("as_table"),
};

function menu(chart: HTMLElement): HTMLDetailsElement {
  const details = document.createElement("details");
  details.className = "chart-tools";
  const summary = document.createElement("summary");
  summary.textContent = "\u22ef";
  summary.title = text("chart_tools");
  summary.setAttribute("aria-label", text("chart_tools"));
  const list = document.createElement("ul");
  const isTable = chart.querySelector(".heat") !== null;
  for (const kind of KINDS) {
    if (kind === "table" && isTable) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = NAMES[kind]();
    button.addEventListener("click", () => {
      details.open = false;
      summary.focus();
      void import("./export").then((m) => m.exported(chart, kind), () => undefined);
    });
    const item = document.createElement("li");
    item.append(button);
    list.append(item);
  }
  details.append(summary, list);
  details.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !details.open) return;
    details.open = false;
    summary.focus();
  });
  return details;
}

function equip(): void {
  for (const chart of document.querySelectorAll<HTMLElement>("[data-chart]")) {
    if (chart.dataset["tools"] !== undefined || !chart.querySelector("svg, .heat")) continue;
    chart.dataset["tools"] = "";
    (chart.querySelector(".under-ranges") ?? chart.closest(".card") ?? chart).append(menu(chart));
    const drawing = chart.querySelector<SVGSVGElement>(":scope > svg");
    if (drawing) tips(chart, drawing);
  }
}

export function tools(): void {
  equip();
  for (const name of ["content", "charts"]) document.addEventListener(name, equip);
  document.addEventListener("click", (event) => {
    for (const open of document.querySelectorAll<HTMLDetailsElement>(".chart-tools[open]")) {
      if (!open.contains(event.target as Node)) open.open = false;
    }
  });
}
