import { text } from "./texts";

const LASTING_MS = 15_000;

/** Says what was done, with a button that takes it back where there is a way. */
export function said(words: string, undo?: () => Promise<void>): void {
  const all = document.querySelector("#toasts");
  if (!all) return;
  const line = document.createElement("div");
  line.className = "toast done";
  const strong = document.createElement("b");
  strong.textContent = words;
  line.append(strong);
  const button = (name: string, act: () => void): void => {
    const made = document.createElement("button");
    made.type = "button";
    made.className = "icon";
    made.textContent = name;
    made.addEventListener("click", act);
    line.append(made);
  };
  if (undo) {
    button(text("undo"), () => {
      line.remove();
      void undo();
    });
  }
  button(text("close"), () => line.remove());
  for (const same of all.querySelectorAll(".done")) same.remove();
  all.append(line);
  setTimeout(() => line.remove(), LASTING_MS);
}
