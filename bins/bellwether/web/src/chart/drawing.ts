import type { Columns, Line, View } from "./columns";
import { CEILING, FLOOR, HEIGHT, WIDTH, dayLabels, extent, ticks } from "./scale";

// A view of a chart as the server would draw it: with the classes of the style sheet.
const SVG = "http://www.w3.org/2000/svg";

function element(name: string, attributes: Record<string, string | number>, words = ""): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = words;
  return made;
}

/** Runs between gaps, each as its points. */
function runs(line: Line, x: (at: number) => number, y: (value: number) => number): [number, number][][] {
  const found: [number, number][][] = [];
  let isOpen = false;
  for (const [at, value] of line.values.entries()) {
    if (value === null) {
      isOpen = false;
      continue;
    }
    if (!isOpen) found.push([]);
    isOpen = true;
    found.at(-1)!.push([x(at), y(value)]);
  }
  return found;
}

const point = ([x, y]: [number, number]): string => `${x.toFixed(1)} ${y.toFixed(1)}`;

function path(run: [number, number][], isStepped: boolean): string {
  const [first, ...rest] = run;
  const step = (to: [number, number]) => `H${to[0].toFixed(1)}V${to[1].toFixed(1)}`;
  return `M${point(first!)}${rest.map((to) => (isStepped ? step(to) : `L${point(to)}`)).join("")}`;
}

export function drawing(columns: Columns, view: View, server: SVGElement | null): SVGSVGElement {
  const [low, high] = extent(view);
  const x = (at: number) => (at / Math.max(1, columns.days.length - 1)) * WIDTH;
  const y = (value: number) => FLOOR - ((value - low) / (high - low)) * (FLOOR - CEILING);
  const svg = element("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}` }) as SVGSVGElement;
  const fade = server?.querySelector("defs")?.cloneNode(true);
  if (fade) svg.append(fade);
  for (const tick of ticks(view, [low, high])) {
    svg.append(
      element("line", { class: "grid", x1: 0, x2: WIDTH, y1: y(tick.at), y2: y(tick.at) }),
      element("text", { class: "tick", x: WIDTH - 2, y: y(tick.at) - 4, "text-anchor": "end" }, tick.label),
    );
  }
  for (const label of dayLabels(server)) {
    svg.append(element("text", { class: "tick", x: label.at * WIDTH, y: HEIGHT - 4, "text-anchor": "middle" }, label.label));
  }
  for (const line of view.lines) {
    if (line.shape !== "area" && line.shape !== "nought") continue;
    const floor = line.shape === "area" ? FLOOR : y(Math.min(high, Math.max(low, 0)));
    const shades = runs(line, x, y).map((run) => `${path(run, false)}L${point([run.at(-1)![0], floor])}L${point([run[0]![0], floor])}Z`);
    svg.append(element("path", { class: "area", d: shades.join("") }));
  }
  for (const line of [...view.lines].reverse()) {
    const data = runs(line, x, y).map((run) => path(run, line.shape === "steps"));
    svg.append(element("path", { class: line.stroke, d: data.join("") }));
  }
  for (const trade of view.hasTrades ? columns.trades : []) {
    const value = view.lines[0]?.values[trade.at];
    if (value == null) continue;
    svg.append(element("circle", { class: trade.isSale ? "trade sale" : "trade", cx: x(trade.at), cy: y(value), r: 3 }));
  }
  return svg;
}
