// What a part of a drawing says, beside it: under the pointer, and by arrow keys.
export function tips(figure: HTMLElement, drawing: SVGSVGElement): void {
  const parts = [...drawing.querySelectorAll<SVGGElement>(":scope > g")].filter((part) => {
    const title = part.querySelector("title");
    if (!title?.textContent) return false;
    // Said here, and not once more by the browser.
    part.dataset["words"] = title.textContent;
    title.remove();
    return true;
  });
  if (!parts.length) return;
  const hides = !drawing.classList.contains("treemap") && figure.dataset["open"] === undefined;
  const box = document.createElement("div");
  box.className = "read tip";
  box.hidden = true;
  const words = document.createElement("span");
  words.classList.toggle("amount", hides);
  box.append(words);
  const said = document.createElement("p");
  said.className = "hidden-visually";
  said.setAttribute("aria-live", "polite");
  figure.append(box, said);
  let here: SVGGElement | undefined;

  const show = (part: SVGGElement | undefined): void => {
    here?.classList.remove("at");
    here = part;
    box.hidden = !part;
    if (!part) return;
    part.classList.add("at");
    words.textContent = part.dataset["words"] ?? "";
    const [frame, place] = [figure.getBoundingClientRect(), part.getBoundingClientRect()];
    const middle = place.left - frame.left + place.width / 2 - box.offsetWidth / 2;
    box.style.left = `${Math.max(0, Math.min(middle, frame.width - box.offsetWidth))}px`;
    const above = place.top - frame.top - box.offsetHeight - 4;
    box.style.top = `${Math.max(0, above)}px`;
  };
  const under = (event: Event): void => {
    const part = (event.target as Element).closest<SVGGElement>("g");
    show(part?.dataset["words"] === undefined ? undefined : part);
  };
  drawing.tabIndex = 0;
  drawing.addEventListener("pointermove", under);
  drawing.addEventListener("pointerdown", under);
  drawing.addEventListener("pointerleave", () => document.activeElement !== drawing && show(undefined));
  drawing.addEventListener("blur", () => show(undefined));
  drawing.addEventListener("keydown", (event) => {
    if (event.key === "Escape") return show(undefined);
    const at = here ? parts.indexOf(here) : -1;
    const next: Record<string, number> = {
      ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: parts.length - 1,
    };
    const to = next[event.key];
    if (to === undefined) return;
    event.preventDefault();
    show(parts[Math.max(0, Math.min(to, parts.length - 1))]);
    const isPrivate = hides && document.documentElement.hasAttribute("data-private");
    said.textContent = isPrivate ? "" : here?.dataset["words"] ?? "";
  });
}
