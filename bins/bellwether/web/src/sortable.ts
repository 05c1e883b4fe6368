// Sorts tables marked data-sortable by the data-sort of their cells; the header's button says which way.
function key(row: HTMLTableRowElement, column: number): string {
  const cell = row.cells[column];
  return cell?.dataset["sort"] ?? cell?.textContent?.trim() ?? "";
}

function compare(a: string, b: string): number {
  const [x, y] = [Number.parseFloat(a), Number.parseFloat(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return a.localeCompare(b);
  return x - y;
}

function sort(table: HTMLTableElement, header: HTMLTableCellElement): void {
  const body = table.tBodies[0];
  if (!body) return;
  const numeric = header.dataset["type"] === "number";
  const was = header.getAttribute("aria-sort");
  const descending = was ? was === "ascending" : numeric;
  for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");

  // Unknown values stay last whichever way the rest goes.
  const rows = [...body.rows].map((row) => ({ row, key: key(row, header.cellIndex) }));
  rows.sort((a, b) => {
    if (a.key === "" || b.key === "") return Number(a.key === "") - Number(b.key === "");
    return descending ? compare(b.key, a.key) : compare(a.key, b.key);
  });
  body.append(...rows.map(({ row }) => row));
}

export function sortableTables(): void {
  for (const table of document.querySelectorAll<HTMLTableElement>("table[data-sortable]")) {
    for (const header of table.querySelectorAll<HTMLTableCellElement>("thead th[data-type]")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => sort(table, header));
    }
  }
}
