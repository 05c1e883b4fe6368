// Drawings of the page that look the same elsewhere: what the style sheet says of each element is written into it.
const KEPT = [
  "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-linejoin", "opacity", "stop-color", "stop-opacity",
  "font-family", "font-size", "font-weight", "text-anchor", "vector-effect", "filter", "display", "visibility",
];
const SVG = "http://www.w3.org/2000/svg";
const PLANE = "2d";

const style = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A colour as programs other than browsers know it, and how much of it. */
export function paint(colour: string): [string, number] {
  const mixed = colour.match(/^color\(srgb ([\d.e+-]+) ([\d.e+-]+) ([\d.e+-]+)(?: \/ ([\d.e+-]+))?\)$/);
  if (mixed) {
    const parts = mixed.slice(1, 4).map((part) => Math.round(Number(part) * 255));
    return [`rgb(${parts.join(",")})`, Number(mixed[4] ?? 1)];
  }
  const plain = colour.match(/^rgba\((\d+), (\d+), (\d+), ([\d.]+)\)$/);
  return plain ? [`rgb(${plain.slice(1, 4).join(",")})`, Number(plain[4])] : [colour, 1];
}

function inline(from: Element, to: Element): void {
  const found = getComputedStyle(from);
  for (const name of KEPT) {
    const value = found.getPropertyValue(name);
    if (!value || value === "none" && name !== "fill" && name !== "display") continue;
    if (name === "fill" || name === "stroke" || name === "stop-color") {
      const [colour, share] = paint(value);
      to.setAttribute(name, colour);
      if (share < 1) to.setAttribute(name === "stop-color" ? "stop-opacity" : `${name}-opacity`, String(share));
    } else if (!to.hasAttribute(name) || name !== "fill-opacity" && name !== "stop-opacity") {
      to.setAttribute(name, value);
    }
  }
  to.removeAttribute("class");
  [...from.children].forEach((child, n) => inline(child, to.children[n]!));
}

/** A drawing's own room, on the page's surface. */
function framed(svg: SVGSVGElement, width: number, height: number): string {
  const ground = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ width: "100%", height: "100%", fill: style("--surface") })) ground.setAttribute(name, value);
  svg.prepend(ground);
  svg.setAttribute("xmlns", SVG);
  svg.setAttribute("width", String(width));
  svg.setAttribute("height", String(height));
  return new XMLSerializer().serializeToString(svg);
}

export function ofDrawing(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement;
  inline(drawing, copy);
  for (const name of ["tabindex", "opacity", "display"]) copy.removeAttribute(name);
  const { width, height } = drawing.viewBox.baseVal;
  return framed(copy, width, height);
}

/** A table with coloured cells as a drawing. */
export function ofTable(table: HTMLTableElement): string {
  const svg = document.createElementNS(SVG, "svg");
  const whole = table.getBoundingClientRect();
  svg.setAttribute("viewBox", `0 0 ${whole.width} ${whole.height}`);
  for (const cell of table.querySelectorAll<HTMLTableCellElement>("th, td")) {
    const [box, found] = [cell.getBoundingClientRect(), getComputedStyle(cell)];
    const [x, y] = [box.left - whole.left, box.top - whole.top];
    const [ground, share] = paint(found.backgroundColor);
    const rect = document.createElementNS(SVG, "rect");
    const sides = { x, y, width: box.width, height: box.height, rx: 4, fill: ground, "fill-opacity": share };
    for (const [name, value] of Object.entries(sides)) rect.setAttribute(name, String(value));
    const words = document.createElementNS(SVG, "text");
    const [isLeft, [ink]] = [found.textAlign === "left", paint(found.color)];
    const place = {
      x: isLeft ? x + 2 : x + box.width / 2, y: y + box.height / 2 + 4, fill: ink, "text-anchor": isLeft ? "start" : "middle",
      "font-family": found.fontFamily, "font-size": found.fontSize, "font-weight": found.fontWeight,
    };
    for (const [name, value] of Object.entries(place)) words.setAttribute(name, String(value));
    words.textContent = cell.textContent;
    svg.append(rect, words);
  }
  return framed(svg, whole.width, whole.height);
}

/** What is drawn, at twice its size. */
export async function asPng(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth * 2, image.naturalHeight * 2];
  canvas.getContext(PLANE)?.drawImage(image, 0, 0, canvas.width, canvas.height);
  const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
  if (!blob) throw new Error("no picture");
  return blob;
}
