// Which columns of a table are shown, remembered in this browser.
function remembered(key: string): number[] {
  try {
    return JSON.parse(localStorage.getItem(key) ?? "[]") as number[];
  } catch {
    return []; // storage may be forbidden, or hold something else
  }
}

function remember(key: string, hidden: number[]): void {
  try {
    localStorage.setItem(key, JSON.stringify(hidden));
  } catch {
    return;
  }
}

export function columnChooser(chooser: HTMLDetailsElement): void {
  const table = document.querySelector<HTMLTableElement>(".long table");
  const list = chooser.querySelector("div");
  if (!table || !list) return;
  const key = `columns:${chooser.dataset["chooser"]}`;
  const hidden = new Set(remembered(key));
  const sheet = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  const apply = (): void => {
    const rules = [...hidden].map((at) => `.long tr:not(.beneath) > :nth-child(${at + 1}) { display: none; }`);
    sheet.replaceSync(rules.join(""));
    table.closest(".long")?.dispatchEvent(new Event("columns"));
  };
  for (const [at, header] of [...table.tHead!.rows[0]!.cells].entries()) {
    if (at === 0) continue;
    const label = document.createElement("label");
    const box = document.createElement("input");
    box.type = "checkbox";
    box.checked = !hidden.has(at);
    box.addEventListener("change", () => {
      if (box.checked) hidden.delete(at);
      else hidden.add(at);
      remember(key, [...hidden]);
      apply();
    });
    label.className = "tick";
    label.append(box, header.textContent ?? "");
    list.append(label);
  }
  chooser.hidden = false;
  apply();
}
