import type { Numbers, View } from "./columns";
import { shortAmount, shortPercent } from "./words";

// The same room, axes and round steps as in the drawing of the server.
export const WIDTH = 760;
export const HEIGHT = 300;
export const CEILING = 10;
export const FLOOR = 274;
const TICKS = 5;

export interface Tick {
  at: number;
  label: string;
}

/** The lowest and the highest value in sight. */
export function extent(view: View): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const { values } of view.lines) {
    for (const value of values) {
      if (value === null) continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low > high) return [0, 1];
  const margin = (high - low) * 0.04;
  if (view.axis === "percent") {
    const room = Math.max(margin, 0.001);
    return [low >= 0 ? 0 : low - room, high <= 0 ? 0 : high + room];
  }
  const room = Math.max(margin, Math.abs(high) * 0.005, 0.01);
  return [low >= 0 ? Math.max(low - room, 0) : low - room, high + room];
}

/** Round values in sight, with their words. */
export function ticks(view: View, [low, high]: [number, number]): Tick[] {
  const rough = (high - low) / TICKS;
  if (!(rough > 0)) return [];
  const magnitude = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 2.5, 5].find((round) => round * magnitude >= rough) ?? 10) * magnitude;
  const found: Tick[] = [];
  for (let n = Math.ceil(low / step); n * step <= high && found.length < 32; n += 1) {
    const at = n * step + 0; // no nought below nought
    found.push({ at, label: view.axis === "percent" ? shortPercent(at, step) : shortAmount(at) });
  }
  return found;
}

/** The days that the server's drawing labels: how far from its left edge, of 1, and the words. */
export function dayLabels(drawing: SVGElement | null): Tick[] {
  const labels = drawing?.querySelectorAll<SVGTextElement>('.tick[text-anchor="middle"]') ?? [];
  return [...labels].map((label) => ({ at: Number(label.getAttribute("x")) / WIDTH, label: label.textContent ?? "" }));
}

/** The first and the last known value up to and including a place. */
export function known(values: Numbers, to = values.length - 1): number | null {
  for (let at = to; at >= 0; at -= 1) if (values[at] != null) return values[at]!;
  return null;
}

export const firstKnown = (values: Numbers): number | null => values.find((value) => value !== null) ?? null;
