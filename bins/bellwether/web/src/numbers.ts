// Numbers and days as the server writes them, for rows that are made in the browser.
const tag = document.documentElement.lang || "en";
const MINUS = "\u2212";
export const UNKNOWN = "\u2014";
/** From here on an amount is shown without its minor digits. */
const WHOLE_FROM = 100_000;

const formats = new Map<number, Intl.NumberFormat>();

function format(least: number, most: number): Intl.NumberFormat {
  const key = least * 16 + most;
  let known = formats.get(key);
  if (!known) {
    known = new Intl.NumberFormat(tag, { minimumFractionDigits: least, maximumFractionDigits: most, numberingSystem: "latn" });
    formats.set(key, known);
  }
  return known;
}

function signed(value: number, least: number, most: number, plus: string): string {
  const digits = format(least, most).format(Math.abs(value));
  const isZero = !/[1-9]/.test(digits);
  return isZero ? digits : (value < 0 ? MINUS : plus) + digits;
}

/** `1,234.50` without a currency; no cents from 100,000 on. */
export function amount(value: number, digits: number, plus = ""): string {
  const shown = Math.abs(value) >= WHOLE_FROM ? 0 : digits;
  return signed(value, shown, shown, plus);
}

/** A price with the currency's digits, or up to four where the price has more. */
export function price(value: number, digits: number): string {
  return signed(value, digits, Math.max(digits, 4), "");
}

/** A quantity with all of its decimals, nine at most. */
export function quantity(value: number): string {
  return signed(value, 0, 9, "");
}

export function count(value: number): string {
  return signed(value, 0, 0, "");
}

/** `up`, `down` or `flat` of an amount. */
export function direction(value: number): string {
  return Math.abs(value) < 0.005 ? "flat" : value < 0 ? "down" : "up";
}

const days = new Map<number, string>();
const dates = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: "UTC" });

/** A day, told by how many it is after the first of 1970. */
export function day(epoch: number): string {
  let known = days.get(epoch);
  if (known === undefined) {
    known = dates.format(epoch * 86_400_000);
    days.set(epoch, known);
  }
  return known;
}
