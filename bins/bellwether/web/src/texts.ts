// The texts that scripts say, in the page's language: the server put them into the page.
const texts = JSON.parse(document.querySelector("#texts")?.textContent ?? "{}") as Record<string, string>;

/** The text of that key, with its values in their places. */
export function text(key: string, values: Record<string, string | number> = {}): string {
  return (texts[key] ?? key).replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
