// Theme, colours of gain and loss, and privacy: remembered in this browser, and on the root element since before the page was
// painted.
const root = document.documentElement;

function remember(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    return;
  }
}

function isDark(): boolean {
  return root.dataset["theme"] ? root.dataset["theme"] === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
}

/** What is drawn by a script in colours reads them anew. */
function recoloured(): void {
  document.dispatchEvent(new Event("appearance"));
}

/** The theme of that name, or the system's. */
function setTheme(theme: string | null): void {
  if (theme === "dark" || theme === "light") root.dataset["theme"] = theme;
  else delete root.dataset["theme"];
}

function setSwapped(swapped: boolean): void {
  if (swapped) root.dataset["colours"] = "swapped";
  else delete root.dataset["colours"];
}

function setPrivate(hidden: boolean): void {
  root.toggleAttribute("data-private", hidden);
  document.querySelector("[data-toggle=privacy]")?.setAttribute("aria-pressed", String(hidden));
}

/** The settings' choices as things are. */
function showChoices(): void {
  const chosen: Record<string, string> = {
    theme: root.dataset["theme"] ?? "system",
    colours: root.dataset["colours"] ?? "usual",
    amounts: root.hasAttribute("data-private") ? "hidden" : "shown",
  };
  for (const choice of document.querySelectorAll<HTMLInputElement>("[data-appearance] input")) {
    choice.checked = chosen[choice.name] === choice.value;
  }
}

function choose(name: string, value: string): void {
  if (name === "theme") {
    setTheme(value);
    remember("theme", value === "system" ? null : value);
  } else if (name === "colours") {
    setSwapped(value === "swapped");
    remember("colours", value === "swapped" ? value : null);
  } else {
    setPrivate(value === "hidden");
    remember("private", String(value === "hidden"));
  }
  recoloured();
}

export function appearance(): void {
  setPrivate(root.hasAttribute("data-private"));
  document.querySelector("[data-toggle=theme]")?.addEventListener("click", () => {
    choose("theme", isDark() ? "light" : "dark");
    showChoices();
  });
  document.querySelector("[data-toggle=privacy]")?.addEventListener("click", () => {
    choose("amounts", root.hasAttribute("data-private") ? "shown" : "hidden");
    showChoices();
  });
  for (const group of document.querySelectorAll<HTMLFieldSetElement>("[data-appearance]")) {
    group.disabled = false;
    group.addEventListener("change", (event) => {
      const choice = event.target as HTMLInputElement;
      choose(choice.name, choice.value);
    });
  }
  showChoices();
}
