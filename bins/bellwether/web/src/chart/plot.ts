import uPlot from "uplot";
import type { Columns, Line, Numbers, View } from "./columns";
import { CEILING, FLOOR, HEIGHT, WIDTH, dayLabels, extent, ticks } from "./scale";

// The same picture as the server's, drawn on a canvas over it.
const INKS: Record<Line["stroke"], { ink: string; width: number; alpha: number; dash?: number[] }> = {
  "s-value": { ink: "--accent", width: 2, alpha: 1 },
  "s-bench": { ink: "--quiet", width: 1.25, alpha: 1, dash: [4, 3] },
  "s-paid": { ink: "--quiet", width: 1.25, alpha: 0.6 },
  "s-fall": { ink: "--loss", width: 1.5, alpha: 1 },
};

const ink = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour with less of it. */
function faded(name: string, share: number): string {
  const [red, green, blue] = [1, 3, 5].map((from) => Number.parseInt(ink(name).slice(from, from + 2), 16));
  return `rgba(${red},${green},${blue},${share})`;
}

export class Plot {
  #plot: uPlot;

  constructor(host: HTMLElement, drawing: SVGElement | null, columns: Columns, view: View) {
    const { width, height } = host.getBoundingClientRect();
    // The drawing keeps its proportions in the middle of its box.
    const scale = Math.min(width / WIDTH, height / HEIGHT);
    const above = (height - HEIGHT * scale) / 2;
    const [low, high] = extent(view);
    const bands = view.lines.filter(({ shape }) => shape === "area" || shape === "nought");
    const lines = [...view.lines].reverse();
    const label = drawing?.querySelector(".tick");
    const letters = (label ? Number.parseFloat(getComputedStyle(label).fontSize) : 11) * scale;
    const isHidden = view.axis === "amount" && document.documentElement.hasAttribute("data-private");
    this.#plot = new uPlot(
      {
        width,
        height,
        padding: [above + CEILING * scale, 0, height - above - FLOOR * scale, 0],
        legend: { show: false },
        cursor: { show: false },
        scales: { x: { time: false, range: () => [0, Math.max(1, columns.days.length - 1)] }, y: { range: () => [low, high] } },
        axes: [{ show: false }, { show: false }],
        series: [{}, ...bands.map((line) => band(line, Math.min(high, Math.max(low, 0)))), ...lines.map(stroke)],
        hooks: {
          drawClear: [
            ({ ctx, bbox, valToPos }) => {
              const ratio = devicePixelRatio;
              ctx.save();
              ctx.font = `${letters * ratio}px ${getComputedStyle(document.body).fontFamily}`;
              ctx.lineWidth = ratio;
              ctx.strokeStyle = ink("--line");
              ctx.fillStyle = ink("--quiet");
              ctx.textAlign = "right";
              for (const tick of ticks(view, [low, high])) {
                const y = valToPos(tick.at, "y", true);
                ctx.beginPath();
                ctx.moveTo(bbox.left, y);
                ctx.lineTo(bbox.left + bbox.width, y);
                ctx.stroke();
                // At the upper edge there is no room above the line.
                const beside = y / ratio < letters + 4 * scale ? y + letters * ratio : y - 4 * scale * ratio;
                if (!isHidden) ctx.fillText(tick.label, bbox.left + bbox.width - 2 * scale * ratio, beside);
              }
              ctx.textAlign = "center";
              for (const day of dayLabels(drawing)) {
                ctx.fillText(day.label, bbox.left + day.at * bbox.width, (above + (HEIGHT - 4) * scale) * ratio);
              }
              ctx.restore();
            },
          ],
          draw: [({ ctx, valToPos }) => view.hasTrades && dots(ctx, scale, columns, view.lines[0]?.values ?? [], valToPos)],
        },
      },
      [columns.days.map((_, n) => n), ...[...bands, ...lines].map(({ values }) => values as (number | null)[])],
      host,
    );
  }

  remove(): void {
    this.#plot.destroy();
  }
}

function band(line: Line, nought: number): uPlot.Series {
  const { ink: name } = INKS[line.stroke];
  const isFall = line.stroke === "s-fall";
  return {
    width: 0,
    points: { show: false },
    paths: uPlot.paths.linear!(),
    ...(line.shape === "nought" && { fillTo: () => nought }),
    fill: ({ ctx, bbox }) => {
      const fade = ctx.createLinearGradient(0, bbox.top, 0, bbox.top + bbox.height);
      fade.addColorStop(0, faded(name, 0.16));
      fade.addColorStop(1, faded(name, isFall ? 0.12 : 0));
      return fade;
    },
  };
}

function stroke(line: Line): uPlot.Series {
  const { ink: name, width, alpha, dash } = INKS[line.stroke];
  return {
    stroke: ink(name),
    width,
    alpha,
    ...(dash && { dash }),
    points: { show: false },
    paths: line.shape === "steps" ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!(),
  };
}

/** Own purchases and sales on the first line. */
function dots(ctx: CanvasRenderingContext2D, scale: number, columns: Columns, values: Numbers, place: uPlot["valToPos"]): void {
  // Seen on a phone too.
  const size = Math.max(scale, 0.7) * devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * size;
  ctx.fillStyle = ink("--surface");
  for (const trade of columns.trades) {
    const value = values[trade.at];
    if (value == null) continue;
    ctx.strokeStyle = ink(trade.isSale ? "--quiet" : "--accent");
    ctx.beginPath();
    ctx.arc(place(trade.at, "x", true), place(value, "y", true), 3 * size, 0, 2 * Math.PI);
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
}
