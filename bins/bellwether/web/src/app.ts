// Everything here enhances pages that are complete without it.
import { appearance } from "./appearance";
import { sortableTables } from "./sortable";

appearance();
sortableTables();

if (document.querySelector("value-chart")) void import("./value-chart").then((m) => m.define());
if (document.querySelector("[data-drop]")) void import("./drop").then((m) => m.dropTargets());
if (document.querySelector("[data-refreshing]")) void import("./refresh").then((m) => m.followRefresh());
