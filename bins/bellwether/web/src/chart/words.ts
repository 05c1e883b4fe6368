import { text } from "../texts";

// Numbers and days as the page's locale writes them, with the server's true minus sign.
const locale = document.documentElement.lang || "en";
const minus = (words: string): string => words.replace("-", "\u2212");
const made = new Map<string, Intl.NumberFormat>();
const medium = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

function numbers(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let format = made.get(key);
  if (!format) made.set(key, (format = new Intl.NumberFormat(locale, options)));
  return format;
}

export const day = (date: string): string => medium.format(new Date(date));

export const money = (amount: number, currency: string): string =>
  minus(numbers({ style: "currency", currencyDisplay: "narrowSymbol", currency }).format(amount));

/** With its sign, as a gain or a loss. */
export const moneyChange = (amount: number, currency: string): string =>
  minus(numbers({ style: "currency", currencyDisplay: "narrowSymbol", currency, signDisplay: "exceptZero" }).format(amount));

export const percentChange = (share: number): string =>
  minus(numbers({ style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" }).format(share));

export const quantity = (shares: number): string => minus(numbers({ maximumFractionDigits: 6 }).format(shares));

/** An amount in few characters, as on the axes that the server draws. */
export function shortAmount(amount: number): string {
  const short = (scaled: number) => minus(numbers({ maximumFractionDigits: 2 }).format(scaled));
  if (Math.abs(amount) >= 999_500) return text("millions", { number: short(amount / 1e6) });
  return Math.abs(amount) >= 1_000 ? text("thousands", { number: short(amount / 1e3) }) : short(amount);
}

/** A share in percent, with as many decimals as neighbours `step` apart need to differ. */
export const shortPercent = (share: number, step: number): string => {
  const digits = step < 0.01 ? 1 : 0;
  return minus(numbers({ style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits }).format(share));
};
