// Runs before anything is painted: nobody sees the other theme first, nor amounts that are to be hidden.
{
  const root = document.documentElement;
  const kept = (key: string): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage may be forbidden; the page works without it
    }
  };
  const theme = kept("theme");
  if (theme === "dark" || theme === "light") root.dataset["theme"] = theme;
  if (kept("colours") === "swapped") root.dataset["colours"] = "swapped";
  root.toggleAttribute("data-private", kept("private") === "true");
}
