// Measures, in the browser, how soon the dashboard is there and how much it weighs. Prints tables for docs/PERFORMANCE.md.
//
// Times are from the start of the navigation to the frame after the figures, and after the chart, stand in the page. Cold is a
// browser that has nothing of ours, warm is one that was here before. What any page costs this browser on this machine says a
// page with one figure and nothing else, measured alike.
import { brotliDecompressSync, constants } from "node:zlib";
import { createServer, get } from "node:http";
import { DESKTOP, Installation, PHONE, launch } from "./harness.mjs";

const RUNS = Number(process.env.RUNS ?? 20);
/** What a server may send before it hears from the browser again: ten segments. */
const FIRST_FLIGHT = 14_000;

/** Notes when the figures and the chart are painted. */
function watch() {
  const painted = (globalThis.painted = {});
  const find = { figures: ".value", chart: "value-chart svg path, .nothing-else" };
  // Called before each frame is painted; what it finds has been painted by the next call.
  const look = () => {
    for (const [name, selector] of Object.entries(find)) {
      if (painted[name] === 0) painted[name] = performance.now();
      else if (document.querySelector(selector)?.checkVisibility({ visibilityProperty: true })) painted[name] ??= 0;
    }
    if (!(painted.figures > 0 && painted.chart > 0)) requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}

async function visit(page, address) {
  await page.goto(address, { waitUntil: "load" });
  await page.waitForFunction(() => globalThis.painted.figures > 0 && globalThis.painted.chart > 0
    && performance.getEntriesByName("first-contentful-paint").length > 0);
  return page.evaluate(() => ({
    ...globalThis.painted,
    contentful: performance.getEntriesByName("first-contentful-paint")[0].startTime,
    // What arrived first, by the server.
    answered: performance.getEntriesByType("navigation")[0].responseStart,
  }));
}

function summary(times) {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return `${at(0.5).toFixed(0)} | ${at(0.95).toFixed(0)}`;
}

async function times(browser, address, viewport, isWarm) {
  const found = { answered: [], contentful: [], figures: [], chart: [] };
  let page;
  for (let run = 0; run < RUNS; run += 1) {
    if (!page || !isWarm) {
      await page?.context().close();
      const context = await browser.newContext({ viewport });
      page = await context.newPage();
      await page.addInitScript(watch);
      if (isWarm) await visit(page, address);
    }
    await page.goto("about:blank");
    const told = await visit(page, address);
    for (const name of Object.keys(found)) found[name].push(told[name]);
  }
  await page.context().close();
  return found;
}

/** Everything that a visit loads: bytes over the wire and answers. */
async function weight(context, address) {
  const page = await context.newPage();
  const client = await context.newCDPSession(page);
  await client.send("Network.enable");
  const requests = new Map();
  client.on("Network.requestWillBeSent", ({ requestId, request }) => requests.set(requestId, { url: request.url, bytes: 0 }));
  client.on("Network.responseReceived", ({ requestId, response }) => {
    Object.assign(requests.get(requestId) ?? {}, { status: response.status, cached: response.fromDiskCache });
  });
  client.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    Object.assign(requests.get(requestId) ?? {}, { bytes: encodedDataLength });
  });
  await page.goto(address, { waitUntil: "networkidle" }).catch(() => undefined);
  await page.waitForTimeout(1_500);
  await page.close();
  return [...requests.values()].filter(({ url, cached }) => url.startsWith("http") && !cached && !url.includes("/events"));
}

/** The document as it comes over the wire, and the text in its first flight. */
function firstFlight(address) {
  return new Promise((done, failed) => {
    get(address, { headers: { "accept-encoding": "br", accept: "text/html" } }, (answer) => {
      const chunks = [];
      answer.on("data", (chunk) => chunks.push(chunk));
      answer.on("end", () => {
        const body = Buffer.concat(chunks);
        const options = { finishFlush: constants.BROTLI_OPERATION_FLUSH };
        done({ bytes: body.length, text: brotliDecompressSync(body.subarray(0, FIRST_FLIGHT), options).toString() });
      });
    }).on("error", failed);
  });
}

/** A page with one figure and nothing else. */
async function plainPage() {
  const server = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end('<!doctype html><title>Plain</title><p class="value nothing-else">1</p>');
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return server;
}

const installation = new Installation();
const plain = await plainPage();
const browser = await launch();
try {
  const start = await installation.serve("demo");
  const dashboard = await fetch(start).then((answer) => answer.url);
  console.log(`\n| dashboard, ${RUNS} runs, ms (median, 95th) | answered | | first paint | | figures | | chart | |`);
  console.log("|---|---|---|---|---|---|---|---|---|");
  const shown = async (name, address, viewport, isWarm) => {
    const found = await times(browser, address, viewport, isWarm);
    const row = ["answered", "contentful", "figures", "chart"].map((of) => summary(found[of])).join(" | ");
    console.log(`| ${name}, ${isWarm ? "warm" : "cold"} | ${row} |`);
  };
  for (const [name, viewport] of [["1280 px", DESKTOP], ["360 px", PHONE]]) {
    for (const isWarm of [false, true]) await shown(name, dashboard, viewport, isWarm);
  }
  await shown("one figure and nothing else", `http://127.0.0.1:${plain.address().port}/`, DESKTOP, true);
  const { bytes, text } = await firstFlight(dashboard);
  const has = (mark) => (text.includes(mark) ? "yes" : "no");
  console.log(`\nThe document: ${bytes} bytes by brotli. In its first ${FIRST_FLIGHT} bytes:`);
  console.log(`total value ${has('data-cell="value"')}, facts ${has('data-cell="fact:xirr"')}, chart ${has("<value-chart")}, tiles ${has('data-cell="tile:cash"')}`);
  const context = await browser.newContext({ viewport: DESKTOP });
  for (const name of ["First", "Second"]) {
    const loaded = await weight(context, dashboard);
    const sum = loaded.reduce((total, { bytes }) => total + bytes, 0);
    console.log(`\n${name} visit: ${loaded.length} requests, ${(sum / 1000).toFixed(1)} kB with heads`);
    for (const { url, status, bytes } of loaded) console.log(`  ${status} ${String(bytes).padStart(6)}  ${new URL(url).pathname}`);
  }
} finally {
  await browser.close();
  plain.close();
  await installation.close();
}
