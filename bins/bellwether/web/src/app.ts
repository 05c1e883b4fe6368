// Everything here enhances pages that are complete without it.
import { appearance } from "./appearance";
import { bell } from "./bell";
import { keys } from "./keys";
import { sortableTables } from "./sortable";

appearance();
sortableTables();
bell();
keys();

const parts: Promise<void>[] = [];
if (document.querySelector("value-chart")) parts.push(import("./value-chart").then((m) => m.define()));
if (document.querySelector("[data-chart], [data-overview]")) parts.push(import("./chart/tools").then((m) => m.tools()));
if (document.querySelector("[data-copies]")) parts.push(import("./copy").then((m) => m.copyButtons()));
if (document.querySelector("[data-weights]")) parts.push(import("./weights").then((m) => m.weightSums()));
if (document.querySelector("[data-drop]")) parts.push(import("./drop").then((m) => m.dropTargets()));
if (document.querySelector("main[data-events]")) parts.push(import("./live").then((m) => m.live()));
if (document.querySelector("[data-overview]")) parts.push(import("./overview").then((m) => m.overview()));
if (document.querySelector("[data-figure]")) parts.push(import("./derivation").then((m) => m.derivations()));
const long = document.querySelector<HTMLElement>("[data-long]");
if (long?.dataset["long"] === "transactions") parts.push(import("./booked").then((m) => m.bookedTable(long)));
if (long?.dataset["long"] === "holdings") parts.push(import("./held").then((m) => m.heldTable(long)));
const chooser = document.querySelector<HTMLDetailsElement>("[data-chooser]");
if (chooser) parts.push(import("./column-chooser").then((m) => m.columnChooser(chooser)));
if (document.querySelector("form[data-entry]")) parts.push(import("./entry").then((m) => m.entries()));
document.addEventListener("content", sortableTables);
document.addEventListener("content", () => void import("./overview").then((m) => m.overview()).catch(() => undefined));

// Says, for tests and tools, that everything on the page answers by now.
void Promise.all(parts).then(() => (document.documentElement.dataset["ready"] = ""));
