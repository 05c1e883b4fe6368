// Scrolls and sorts a table of 5,000 holdings and one of 100,000 transactions in a real browser, and tells how long its
// frames and the sorts take.
//
//   node tests/browser/table-benchmark.mjs [FOLDER]     the folder keeps the database for another run
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Installation, launch } from "./harness.mjs";

const HOLDINGS = Number(process.env.HOLDINGS ?? 5_000);
const TRANSACTIONS = Number(process.env.TRANSACTIONS ?? 100_000);
const SECONDS = Number(process.env.SECONDS ?? 4);
/** As fast as one turns a wheel, and so fast that no row stays in sight from one frame to the next. */
const PACES = [100, 240, 1_200];
const SORTS = 20;
const [folder] = process.argv.slice(2);

const day = (back) => new Date(Date.now() - back * 86_400_000).toISOString().slice(0, 10);
const symbol = (number) => `T${String(number).padStart(4, "0")}`;

/** Of every ten transactions of a holding nine are purchases. */
function trades() {
  const each = Math.floor(TRANSACTIONS / HOLDINGS);
  const lines = ["Ticker,Type,Date,Price,Shares"];
  for (let holding = 0; holding < HOLDINGS; holding += 1) {
    for (let at = 0; at < each; at += 1) {
      const back = Math.floor((1_090 * (each - at)) / each) - (holding % 20);
      const kind = at % 10 === 9 ? "Sell" : "Buy";
      const price = (20 + ((holding * 31 + at * 7) % 180) + 0.25).toFixed(2);
      lines.push([symbol(holding), kind, day(Math.max(back, 3)), price, 1 + ((holding + at) % 9)].join(","));
    }
  }
  return lines.join("\n");
}

/** A close every four weeks of each holding, every week of what they are compared with, and one of the last days. */
function closes() {
  const lines = ["date,symbol,close"];
  const add = (name, number, every) => {
    const days = [2];
    for (let back = every; back < 1_120; back += every) days.push(back);
    for (const back of days.reverse()) {
      lines.push(`${day(back)},${name},${(20 + ((number * 37 + back * 13) % 18_000) / 100).toFixed(2)}`);
    }
  };
  for (let holding = 0; holding < HOLDINGS; holding += 1) add(symbol(holding), holding, 28);
  for (const [at, name] of ["VOO", "QQQ"].entries()) add(name, at, 7);
  return lines.join("\n");
}

const at = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
const ms = (value) => value.toFixed(1);

/** Scrolls for some seconds, so many pixels a frame, and times every frame and what the page's thread works in it. */
async function scrolled(page, devtools, pace) {
  const worked = async () => {
    const { metrics } = await devtools.send("Performance.getMetrics");
    return 1_000 * metrics.find((metric) => metric.name === "TaskDuration").value;
  };
  const before = await worked();
  const frames = await page.evaluate(async ([seconds, pace]) => {
    const box = document.querySelector(".long");
    const far = box.scrollHeight - box.clientHeight;
    const frames = [];
    box.scrollTop = 0;
    let step = pace;
    let before = await new Promise(requestAnimationFrame);
    const end = before + seconds * 1_000;
    while (before < end) {
      if (box.scrollTop + step > far || box.scrollTop + step < 0) step = -step;
      box.scrollTop += step;
      const now = await new Promise(requestAnimationFrame);
      frames.push(now - before);
      before = now;
    }
    return frames;
  }, [SECONDS, pace]);
  return { frames: frames.sort((a, b) => a - b), worked: ((await worked()) - before) / frames.length };
}

/** Times from the click on a head until the rows in sight are others. */
async function sorted(page, column, times) {
  return page.evaluate(([column, times]) => {
    const button = document.querySelector(".long thead tr").cells[column].querySelector("button");
    const took = [];
    for (let turn = 0; turn < times; turn += 1) {
      const before = performance.now();
      button.click();
      void document.querySelector(".long tbody").offsetHeight;
      took.push(performance.now() - before);
    }
    return took;
  }, [column, times]);
}

const installation = new Installation();
const kept = folder && join(folder, "tables.sqlite");
if (kept) installation.environment.BELLWETHER_DATABASE = kept;
try {
  if (!kept || !existsSync(kept)) {
    if (folder) mkdirSync(folder, { recursive: true });
    const [ledger, prices] = ["trades.csv", "closes.csv"].map((name) => join(installation.folder, name));
    writeFileSync(ledger, trades());
    writeFileSync(prices, closes());
    console.error(installation.run("import", ledger, "--portfolio", "Large").trim());
    console.error(installation.run("prices", "import", prices, "--basis", "as-traded").trim());
  }
  const address = await installation.serve();
  const browser = await launch();
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB" });
  const page = await context.newPage();
  const home = await context.request.get(address, { maxRedirects: 0 });
  const id = home.headers().location.split("/").pop();
  const devtools = await context.newCDPSession(page);
  // The time that the thread has a processor, whatever else this machine does.
  await devtools.send("Performance.enable", { timeDomain: "threadTicks" });
  const [arrivals, frames, sorts] = [[], [], []];
  for (const [name, path, columns] of [
    ["holdings", "holdings", [0, 2, 7, 9]],
    ["transactions", "transactions", [0, 2, 5, 8]],
  ]) {
    const sizes = {};
    page.on("response", (response) => (sizes[new URL(response.url()).pathname] = response));
    const before = Date.now();
    await page.goto(`${address}/portfolio/${id}/${path}`, { timeout: 600_000 });
    const shown = Date.now() - before;
    await page.locator(".long[data-virtual]").waitFor({ timeout: 600_000 });
    const ready = Date.now() - before;
    const rows = Number(await page.locator(".long table").getAttribute("aria-rowcount")) - 2;
    const told = await sizes[`/portfolio/${id}/${path}.json`].request().sizes();
    arrivals.push(`| ${name} | ${rows} | ${shown} ms | ${Math.round(told.responseBodySize / 1024)} kB | ${ready} ms |`);
    for (const pace of PACES) {
      const { frames: times, worked } = await scrolled(page, devtools, pace);
      const over = (limit) => `${((100 * times.filter((time) => time > limit).length) / times.length).toFixed(1)} %`;
      const figures = [worked, at(times, 0.5), at(times, 0.95), at(times, 0.99)].map(ms);
      frames.push(`| ${[name, pace, ...figures, over(17.7), over(34)].join(" | ")} |`);
    }
    for (const column of columns) {
      const took = (await sorted(page, column, SORTS)).sort((a, b) => a - b);
      const head = await page.locator(".long thead th").nth(column).innerText();
      sorts.push(`| ${name} | ${head.trim()} | ${ms(at(took, 0.5))} | ${ms(took.at(-1))} |`);
    }
  }
  const table = (head, lines) => console.log(["", `| ${head.join(" | ")} |`, `|${"---|".repeat(head.length)}`, ...lines].join("\n"));
  table(["table", "rows", "page", "columns, compressed", "ready after"], arrivals);
  table(["table", "px a frame", "work a frame", "frame median", "p95", "p99", "over 17.7 ms", "over 34 ms"], frames);
  table(["table", "sorted by", `median of ${SORTS}`, "slowest"], sorts);
  await browser.close();
} finally {
  await installation.close();
}
