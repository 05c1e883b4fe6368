// Edits a transaction beneath its row, by the form of its own page, and takes changes back from the toast that tells them.
import type { Booked } from "./booked";
import { entries } from "./entry";
import type { LongTable } from "./long-table";
import { text } from "./texts";
import { said } from "./undo-toast";

async function page(answer: Response): Promise<Document> {
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

/** What a page says is wrong. */
function problemOf(of: Document): string | undefined {
  return of.querySelector(".notice.bad, #content p")?.textContent?.trim() || undefined;
}

async function sent(address: string, fields: URLSearchParams): Promise<{ answer: Response; page: Document } | undefined> {
  const answer = await fetch(address, { method: "POST", body: fields }).catch(() => undefined);
  if (answer) return { answer, page: await page(answer) };
  said(text("unreachable"));
  return undefined;
}

/** Says what the page of a change says, with the way back. */
function tell(of: Document, again: () => Promise<void>): void {
  const done = of.querySelector<HTMLElement>("[data-done]");
  const undo = done?.dataset["done"];
  const takeBack = async (): Promise<void> => {
    const told = await sent(undo!, new URLSearchParams());
    if (!told) return;
    await again();
    said(told.answer.ok ? text("undone") : (problemOf(told.page) ?? text("unreachable")));
  };
  said(done?.querySelector("b")?.textContent ?? text("done"), undo ? takeBack : undefined);
}

export function editing(table: LongTable, rows: Booked, again: () => Promise<void>): void {
  const show = (row: number, of: Document, id: string): void => {
    const section = of.querySelector<HTMLElement>("[data-edit]");
    if (!section) return;
    const content = document.createElement("div");
    content.className = "entry";
    content.append(...document.importNode(section, true).childNodes);
    table.put(row, content);
    const form = content.querySelector("form")!;
    entries(content);
    const close = (): void => {
      table.put(row, undefined);
      table.focusRow(row);
    };
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = event.submitter as HTMLButtonElement | null;
      const fields = new URLSearchParams([...new FormData(form, button)].map(([name, value]) => [name, String(value)]));
      void sent(button?.hasAttribute("formaction") ? button.formAction : form.action, fields).then(async (told) => {
        if (!told) return;
        if (told.answer.redirected) {
          table.put(row, undefined);
          await again();
          tell(told.page, again);
          table.focusRow(rows.row(id));
        } else if (told.page.querySelector("[data-edit]")) show(row, told.page, id);
        else said(problemOf(told.page) ?? text("unreachable"));
      });
    });
    content.querySelector("[data-leave]")?.addEventListener("click", (event) => {
      event.preventDefault();
      close();
    });
    content.addEventListener("keydown", (event) => {
      if (event.key === "Escape") close();
    });
    (content.querySelector<HTMLElement>("[aria-invalid]") ?? form.elements.namedItem("date") as HTMLElement | null)?.focus();
  };
  const open = async (row: number, element: HTMLTableRowElement): Promise<void> => {
    const link = element.querySelector<HTMLAnchorElement>("a.rowlink");
    if (!link) return;
    const answer = await fetch(link.href).catch(() => undefined);
    if (!answer?.ok) return void location.assign(link.href);
    show(row, await page(answer), rows.id(row));
  };
  rows.onOpen = (row, element) => void open(row, element);
  table.box.addEventListener("click", (event) => {
    const link = (event.target as Element).closest("a.rowlink");
    const element = link?.closest("tr");
    if (!element || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    void open(rows.row(element.dataset["id"]!), element);
  });
}

/** Picks outlive the rows that they were made in. */
export function picking(table: LongTable, rows: Booked, again: () => Promise<void>): void {
  table.box.addEventListener("change", (event) => {
    const box = event.target as HTMLInputElement;
    if (box.dataset["part"] !== "pick") return;
    if (box.checked) rows.picked.add(box.value);
    else rows.picked.delete(box.value);
  });
  const form = document.querySelector<HTMLFormElement>("form#picked");
  form?.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!rows.picked.size) return;
    void sent(form.action, new URLSearchParams([...rows.picked].map((id) => ["id", id]))).then(async (told) => {
      if (!told) return;
      if (!told.answer.redirected) return said(problemOf(told.page) ?? text("unreachable"));
      rows.picked.clear();
      await again();
      tell(told.page, again);
    });
  });
}
