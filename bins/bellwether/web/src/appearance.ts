// Theme and privacy: remembered in this browser, applied to the root element.
const root = document.documentElement;

function remembered(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // storage may be forbidden; the page works without it
  }
}

function remember(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    return;
  }
}

function isDark(): boolean {
  return root.dataset["theme"] ? root.dataset["theme"] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

function setPrivate(hidden: boolean): void {
  root.toggleAttribute("data-private", hidden);
  document.querySelector("[data-toggle=privacy]")?.setAttribute("aria-pressed", String(hidden));
}

export function appearance(): void {
  const theme = remembered("theme");
  if (theme === "dark" || theme === "light") root.dataset["theme"] = theme;
  setPrivate(remembered("private") === "true");

  document.querySelector("[data-toggle=theme]")?.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    root.dataset["theme"] = next;
    remember("theme", next);
  });
  document.querySelector("[data-toggle=privacy]")?.addEventListener("click", () => {
    const hidden = !root.hasAttribute("data-private");
    setPrivate(hidden);
    remember("private", String(hidden));
  });
}
