import { text } from "./texts";

/** What somebody typed as a percentage, with its decimals behind a point or a comma. */
function percentage(typed: string): number {
  const number = Number(typed.trim().replace(",", "."));
  return Number.isFinite(number) ? number : 0;
}

/** Says below a table of weights what they come to, while they are typed. */
export function weightSums(): void {
  const locale = document.documentElement.lang;
  const numbers = new Intl.NumberFormat(locale, { maximumFractionDigits: 4 });
  for (const table of document.querySelectorAll<HTMLTableElement>("[data-weights]")) {
    const sum = table.nextElementSibling;
    if (!(sum instanceof HTMLOutputElement)) continue;
    const add = (): void => {
      const fields = [...table.querySelectorAll<HTMLInputElement>("[name=percent]")];
      const all = fields.reduce((total, field) => total + percentage(field.value), 0);
      sum.textContent = text("weights_sum", { sum: numbers.format(all) });
      sum.classList.toggle("bad", all > 100.00001);
    };
    table.addEventListener("input", add);
    add();
  }
}
