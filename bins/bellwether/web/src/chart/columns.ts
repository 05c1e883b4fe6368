import { text } from "../texts";
import { firstKnown } from "./scale";
import { day, money, moneyChange, percentChange, quantity } from "./words";

// What a chart shows, from the answers of the server: lines by day, what to say about a day and about a span of days.
export type Numbers = readonly (number | null)[];

export interface Line {
  name: string;
  values: Numbers;
  shape: "area" | "nought" | "line" | "steps";
  stroke: "s-value" | "s-bench" | "s-paid" | "s-fall";
}

/** A line of a reading; amounts hide in private. */
export interface Row {
  name: string;
  figures: { words: string; isAmount: boolean }[];
}

export interface View {
  name: string;
  axis: "amount" | "percent";
  lines: Line[];
  /** Whether own trades are shown on the first line. */
  hasTrades: boolean;
  read(at: number): Row[];
  between(from: number, to: number): Row[];
}

export interface Trade {
  at: number;
  isSale: boolean;
  words: string[];
}

export interface Columns {
  days: string[];
  views: View[];
  trades: Trade[];
  /** All of it, for tables and files. */
  table: { name: string; values: Numbers; isAmount: boolean; isRate: boolean }[];
}

const amount = (words: string) => ({ words, isAmount: true });
const rate = (words: string) => ({ words, isAmount: false });
const rates = { isAmount: false, isRate: true };
const row = (name: string, ...figures: Row["figures"]): Row => ({ name, figures });
const at = (values: Numbers, place: number): number | null => values[place] ?? null;

/** From one point of a growth to another. */
function grown(returns: Numbers, from: number, to: number): number | null {
  const [before, after] = [at(returns, from), at(returns, to)];
  return before === null || after === null || before <= -1 ? null : (1 + after) / (1 + before) - 1;
}

function returnView(name: string, lines: Line[]): View {
  const rates = (pick: (values: Numbers) => number | null): Row[] =>
    lines.flatMap((line) => {
      const share = pick(line.values);
      return share === null ? [] : [row(line.name, rate(percentChange(share)))];
    });
  return {
    name,
    axis: "percent",
    lines,
    hasTrades: true,
    read: (place) => rates((values) => at(values, place)),
    between: (from, to) => rates((values) => grown(values, from, to)),
  };
}

function fallView(values: Numbers): View {
  const line: Line = { name: text("drawdown"), values, shape: "nought", stroke: "s-fall" };
  const say = (share: number | null): Row[] => (share === null ? [] : [row(line.name, rate(percentChange(share)))]);
  return {
    name: "drawdown",
    axis: "percent",
    lines: [line],
    hasTrades: false,
    read: (place) => say(at(values, place)),
    // The deepest of the span.
    between: (from, to) => say(values.slice(from, to + 1).reduce<number | null>((low, v) => (v !== null && v < (low ?? 1) ? v : low), null)),
  };
}

interface DashboardAnswer {
  chart_data: {
    dates: string[];
    portfolio_values: Numbers;
    contributions: Numbers;
    benchmark: string | null;
    benchmark_name?: string;
    benchmark_values: Numbers;
    returns: Numbers;
    drawdowns: Numbers;
    benchmark_returns: Numbers;
    trades: { date: string; ticker: string; shares: number }[];
  };
}

function ofDashboard({ chart_data: told }: DashboardAnswer, currency: string): Columns {
  const share = (percent: Numbers): Numbers => percent.map((of) => (of === null ? null : of / 100));
  const [values, paid, other] = [told.portfolio_values, told.contributions, told.benchmark_values];
  const [returns, otherReturns] = [share(told.returns), share(told.benchmark_returns)];
  const benchmark = told.benchmark_name ?? told.benchmark ?? "";
  const gain = (place: number): number | null => {
    const [value, base] = [at(values, place), at(paid, place)];
    return value === null || base === null ? null : value - base;
  };
  const changed = (name: string, from: number, to: number): Row[] => {
    const [before, after, percent] = [gain(from), gain(to), grown(returns, from, to)];
    const figures = [
      ...(before === null || after === null ? [] : [amount(moneyChange(after - before, currency))]),
      ...(percent === null ? [] : [rate(percentChange(percent))]),
    ];
    return figures.length ? [row(name, ...figures)] : [];
  };
  const lines: Line[] = [
    { name: text("value"), values, shape: "area", stroke: "s-value" },
    { name: text("in_benchmark", { benchmark }), values: other, shape: "line", stroke: "s-bench" },
    { name: text("contributed"), values: paid, shape: "steps", stroke: "s-paid" },
  ];
  const start = values.findIndex((value) => value !== null);
  const value: View = {
    name: "value",
    axis: "amount",
    lines: lines.filter(({ values: any }) => any.length > 0),
    hasTrades: true,
    read: (place) => {
      const [value, base, beside, won] = [at(values, place), at(paid, place), at(other, place), gain(place)];
      if (value === null) return [];
      return [
        row(text("value"), amount(money(value, currency))),
        ...(base === null ? [] : [row(text("contributed"), amount(money(base, currency)))]),
        ...(won === null ? [] : [row(text("gain"), amount(money(won, currency)))]),
        ...(beside === null ? [] : [row(benchmark, amount(money(beside, currency)))]),
        ...changed(text("since_start"), start, place),
      ];
    },
    between: (from, to) => {
      const [before, after] = [at(values, from), at(values, to)];
      const moved = before === null || after === null ? [] : [row(text("value"), amount(moneyChange(after - before, currency)))];
      return [...moved, ...changed(text("gain"), from, to)];
    },
  };
  const places = new Map(told.dates.map((date, place) => [date, place]));
  const trades = new Map<number, Trade>();
  for (const { date, ticker, shares } of told.trades) {
    const place = places.get(date);
    if (place === undefined) continue;
    const trade = trades.get(place) ?? { at: place, isSale: true, words: [] };
    trade.isSale &&= shares < 0;
    const words = shares < 0 ? text("sold", { quantity: quantity(-shares), symbol: ticker }) : text("bought", { quantity: quantity(shares), symbol: ticker });
    trade.words.push(words);
    trades.set(place, trade);
  }
  return {
    days: told.dates,
    views: [
      value,
      returnView("return", [
        { name: text("return"), values: returns, shape: "nought", stroke: "s-value" },
        ...(firstKnown(otherReturns) === null ? [] : [{ name: benchmark, values: otherReturns, shape: "line", stroke: "s-bench" } as const]),
      ]),
      fallView(share(told.drawdowns)),
    ],
    trades: [...trades.values()],
    table: [
      ...value.lines.map(({ name, values: of }) => ({ name, values: of, isAmount: true, isRate: false })),
      { name: text("return"), values: returns, ...rates },
      { name: text("drawdown"), values: share(told.drawdowns), ...rates },
    ],
  };
}

/** Days one after the other from a first one. */
function daysFrom(first: string, count: number): string[] {
  const began = Date.parse(first);
  return Array.from({ length: count }, (_, n) => new Date(began + n * 86_400_000).toISOString().slice(0, 10));
}

interface PerformanceAnswer {
  series?: {
    growth_first_day: string | null;
    growth: Numbers;
    drawdown: Numbers;
    benchmarks: { benchmark: string; benchmark_name?: string; growth: Numbers }[];
  };
  rolling?: { months: number; first_day: string; rates: Numbers }[];
}

function ofPerformance(told: PerformanceAnswer, kind: string): Columns {
  if (kind === "rolling") {
    const of = told.rolling?.filter(({ rates }) => rates.length > 60).at(-1);
    const lines: Line[] = [{ name: text("return"), values: of?.rates ?? [], shape: "line", stroke: "s-value" }];
    // Each is a return of its own: there is nothing between two of them.
    const view = { ...returnView("return", lines), between: () => [] };
    return single(daysFrom(of?.first_day ?? "1970-01-01", of?.rates.length ?? 0), view);
  }
  const none = { growth_first_day: null, growth: [], drawdown: [], benchmarks: [] };
  const { growth_first_day: first, growth, drawdown, benchmarks } = told.series ?? none;
  const days = daysFrom(first ?? "1970-01-01", growth.length);
  if (kind === "drawdown") return single(days, fallView(drawdown));
  const returns = (grown: Numbers): Numbers => grown.map((of) => (of === null ? null : of - 1));
  const own: Line = { name: text("return"), values: returns(growth), shape: "nought", stroke: "s-value" };
  const [beside] = benchmarks.filter((of) => of.growth.length > 0);
  const other = beside && { name: beside.benchmark_name ?? beside.benchmark, values: returns(beside.growth), shape: "line", stroke: "s-bench" } as const;
  return single(days, returnView("return", other ? [own, other] : [own]));
}

function single(days: string[], view: View): Columns {
  return { days, views: [view], trades: [], table: view.lines.map(({ name, values }) => ({ name, values, ...rates })) };
}

interface HoldingAnswer {
  prices: {
    currency: string;
    days: string[];
    closes: number[];
    trades: { date: string; before: { value?: string | number | null }; after: { value?: string | number | null } }[];
  };
}

/** Over so many days without a close the line goes on; a longer gap is drawn as one. */
const CLOSED_FOR = 7;

function ofHolding({ prices: told }: HoldingAnswer): Columns {
  const { currency } = told;
  const first = told.days[0];
  if (!first) return { days: [], views: [], trades: [], table: [] };
  const count = (Date.parse(told.days.at(-1)!) - Date.parse(first)) / 86_400_000 + 1;
  const days = daysFrom(first, count);
  const closes = new Map(told.days.map((date, n) => [date, told.closes[n] ?? null]));
  let [last, age] = [null as number | null, 0];
  const values = days.map((date) => {
    const close = closes.get(date);
    age = close === undefined ? age + 1 : 0;
    last = close === undefined ? last : close;
    return age > CLOSED_FOR ? null : last;
  });
  const places = new Map(days.map((date, place) => [date, place]));
  const line: Line = { name: text("price"), values, shape: "area", stroke: "s-value" };
  const moved = (name: string, from: number, to: number): Row[] => {
    const [before, after] = [at(values, from), at(values, to)];
    if (before === null || after === null || before === 0) return [];
    return [row(name, rate(moneyChange(after - before, currency)), rate(percentChange(after / before - 1)))];
  };
  const view: View = {
    name: "price",
    axis: "amount",
    lines: [line],
    hasTrades: true,
    read: (place) => {
      const price = at(values, place);
      return price === null ? [] : [row(line.name, rate(money(price, currency))), ...moved(text("since_start"), 0, place)];
    },
    between: (from, to) => moved(line.name, from, to),
  };
  const trades = told.trades.flatMap((of) => {
    const place = places.get(of.date);
    const [before, after] = [Number(of.before.value ?? 0), Number(of.after.value ?? 0)];
    if (place === undefined) return [];
    return [{ at: place, isSale: after < before, words: [text("shares_now", { before: quantity(before), after: quantity(after) })] }];
  });
  return { days, views: [view], trades, table: [{ name: `${line.name}, ${currency}`, values, isAmount: false, isRate: false }] };
}

/** The columns that an answer tells, for the kind of chart that asked. */
export function columnsOf(answer: unknown, kind: string, currency: string): Columns {
  if (kind === "dashboard") return ofDashboard(answer as DashboardAnswer, currency);
  return kind === "holding" ? ofHolding(answer as HoldingAnswer) : ofPerformance(answer as PerformanceAnswer, kind);
}

/** A span of days in words. */
export const span = (columns: Columns, from: number, to: number): string =>
  text("from_to", { from: day(columns.days[from]!), to: day(columns.days[to]!) });
