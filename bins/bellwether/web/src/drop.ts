// A file dropped on the import form is chosen in it; sending it stays the form's own business.
export function dropTargets(): void {
  for (const target of document.querySelectorAll<HTMLElement>("[data-drop]")) {
    const input = target.querySelector<HTMLInputElement>("input[type=file]");
    if (!input) continue;
    const over = (on: boolean) => (event: DragEvent) => {
      event.preventDefault();
      target.classList.toggle("over", on);
    };
    target.addEventListener("dragover", over(true));
    target.addEventListener("dragleave", over(false));
    target.addEventListener("drop", (event) => {
      over(false)(event);
      if (event.dataTransfer?.files.length) input.files = event.dataTransfer.files;
    });
  }
}
