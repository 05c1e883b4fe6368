/** The letter after `g` for each page, by the last words of its address. */
export const PAGES: Record<string, string> = {
  d: "dashboard",
  h: "holdings",
  t: "transactions",
  p: "performance",
  i: "income",
  c: "cash-flows",
  a: "allocation",
  m: "import",
  y: "activity",
  s: "settings",
};

/** The link to a page of this portfolio. */
export function pageLink(page: string): HTMLAnchorElement | undefined {
  const links = document.querySelectorAll<HTMLAnchorElement>("nav.sections a");
  return [...links].find((link) => link.pathname.split("/").includes(page));
}
