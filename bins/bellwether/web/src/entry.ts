import { price } from "./numbers";
import { text } from "./texts";

interface Price {
  price: number;
  currency: string;
}

/** Says the last close of what is entered, beside its price. */
async function lastClose(form: HTMLFormElement, hint: HTMLElement): Promise<void> {
  const symbol = (form.elements.namedItem("symbol") as HTMLInputElement | null)?.value.trim().toUpperCase() ?? "";
  if (!/^[A-Z0-9^][\w.^=-]*$/.test(symbol)) return void (hint.textContent = "");
  const answer = await fetch(`/api/current-price/${encodeURIComponent(symbol)}`).catch(() => undefined);
  const known = answer?.ok ? ((await answer.json()) as Price) : undefined;
  hint.textContent = known ? text("last_close", { price: `${price(known.price, 2)} ${known.currency}` }) : "";
}

/** Forms of a transaction: what its kind has no use for is not sent, and the last close of its symbol stands beside. */
export function entries(within: ParentNode = document): void {
  for (const form of within.querySelectorAll<HTMLFormElement>("form[data-entry]")) {
    form.addEventListener("formdata", (event) => {
      for (const label of form.querySelectorAll<HTMLElement>("label[data-for]")) {
        const field = label.querySelector<HTMLInputElement>("[name]");
        if (field && getComputedStyle(label).display === "none") event.formData.delete(field.name);
      }
    });
    const hint = form.querySelector<HTMLElement>("[data-last-close]");
    if (hint) {
      (form.elements.namedItem("symbol") as HTMLInputElement | null)?.addEventListener("change", () => void lastClose(form, hint));
    }
  }
}
