// Pages on a slow line: what is painted stays where it is, whichever part comes late.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { after, before, describe, it } from "node:test";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { Installation, launch, picture, ready } from "./harness.mjs";

/** How long a part is withheld: long enough that the browser paints without it. */
const LATE_MS = 300;

/** How long each of many parts is withheld: a few frames. */
const MOMENT_MS = 25;

/** Heights at which all of a page is on the screen: only what can be seen counts as moved. */
const VIEWPORTS = [360, 768, 1280].map((width) => ({ width, height: 5000 }));

/** A stand-in for the server that withholds what `late` says: `(type, body) => places where the line pauses`. */
class SlowLine {
  late = () => [];

  async listen(behind) {
    this.server = createServer((asked, answer) => {
      const { host } = new URL(behind);
      const headersOut = { ...asked.headers, host, connection: "close", "accept-encoding": "identity" };
      // A connection for each request: one that was kept may be closed by the server as it is used again.
      const passed = request(behind + asked.url, { agent: false, method: asked.method, headers: headersOut });
      passed.on("error", () => answer.destroy());
      passed.on("response", async (response) => {
        const body = Buffer.concat(await response.toArray());
        const { "content-length": _, ...headers } = response.headers;
        answer.writeHead(response.statusCode, headers);
        const places = this.late(headers["content-type"] ?? "", body);
        let sent = 0;
        for (const place of places) {
          // The head goes out with the first byte; without one it is late as a whole.
          if (place > sent) answer.write(body.subarray(sent, place));
          sent = place;
          await pause(places.length > 1 ? MOMENT_MS : LATE_MS);
        }
        answer.end(body.subarray(sent));
      });
      asked.pipe(passed);
    });
    await new Promise((listening) => this.server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  close() {
    this.server.closeAllConnections();
    this.server.close();
  }
}

const marked = (body, mark) => [...body.toString("latin1").matchAll(mark)].map(({ index }) => index);

/** Where the body breaks off: behind `share` of the places where `mark` stands. */
const behind = (mark, share) => (type, body) => {
  if (!type.includes("html")) return [];
  const places = marked(body, mark);
  return places.length ? [places[Math.floor((places.length - 1) * share)]] : [];
};

const WAYS = {
  "the first row alone": behind(/<\/tr>\s*<tr/g, 0),
  "half of the rows": behind(/<\/tr>\s*<tr/g, 0.5),
  "all but the last row": behind(/<\/tr>\s*<tr/g, 1),
  "all above the total": behind(/<tfoot/g, 0),
  "all but the style": (type) => (type.includes("css") ? [0] : []),
  "all but the script": (type) => (type.includes("javascript") ? [0] : []),
  // One row stands for all of a table, and a drawing comes as one.
  "tag by tag, each": (type, body) => {
    if (!type.includes("html")) return [];
    const alike = [...body.toString("latin1").matchAll(/<svg.*?<\/svg>|(?<=<\/tr>)<tr.*?(?=<\/tbody>)|(?<=<\/li>)<li.*?(?=<\/ul>)/gs)];
    return marked(body, /<(?=[/a-z])/g)
      .filter((place) => place > body.indexOf("<body") && !alike.some(({ index, 0: of }) => place > index && place < index + of.length));
  },
};
for (let part = 1; part < 8; part += 1) {
  WAYS[`${part} of 8 parts`] = behind(/<(?=[a-z])/g, part / 8);
}

describe("a page that is still arriving", () => {
  const installations = [];
  const lines = [];
  const line = {};
  let browser;

  async function through(name, command, prepare = () => {}) {
    const installation = new Installation();
    installations.push(installation);
    prepare(installation);
    const slow = new SlowLine();
    lines.push(slow);
    line[name] = { slow, address: await slow.listen(await installation.serve(command)) };
  }

  before(async () => {
    await through("demo", "demo");
    await through("own", "serve", (installation) => {
      const file = join(installation.folder, "prices.csv");
      const closes = ["AAPL,1234567.8912", "MSFT,0.0123", "KO,99.5", "VOO,987.6543"];
      const days = ["2024-03-04", "2024-03-05", "2024-03-06", "2026-11-19", "2026-11-20"];
      writeFileSync(file, ["date,symbol,close", ...days.flatMap((day) => closes.map((close) => `${day},${close}`))].join("\n"));
      installation.run("prices", "import", file, "--basis", "as-traded");
    });
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    for (const slow of lines) slow.close();
    for (const installation of installations) await installation.close();
  });

  /** A page that writes down what moves. */
  async function watched(viewport) {
    const page = await (await browser.newContext({ viewport, locale: "en-GB" })).newPage();
    await page.addInitScript(() => {
      globalThis.shifts = [];
      new PerformanceObserver((list) => {
        for (const { value, hadRecentInput, sources } of list.getEntries()) {
          if (hadRecentInput) continue;
          globalThis.shifts.push({
            value,
            moved: sources.map(({ node, previousRect: was, currentRect: is }) =>
              `${(node?.outerHTML ?? node?.parentElement?.outerHTML ?? "").slice(0, 90)}: ${[was.x, was.y, was.width]} to ${[is.x, is.y, is.width]}`),
          });
        }
      }).observe({ type: "layout-shift", buffered: true });
    });
    return page;
  }

  const shifts = async (page) => {
    await ready(page);
    await page.evaluate(() => new Promise((painted) => requestAnimationFrame(() => requestAnimationFrame(painted))));
    return page.evaluate(() => globalThis.shifts);
  };

  /** Texts in cells that are cut off or reach beyond them, and tables whose columns depend on their rows. */
  const misfits = (page) => page.evaluate(() => {
    const found = [...document.querySelectorAll("table")]
      .filter((table) => getComputedStyle(table).tableLayout !== "fixed")
      .map((table) => `not fixed: ${table.outerHTML.slice(0, 90)}`);
    for (const cell of document.querySelectorAll("td, thead th")) {
      if (cell.checkVisibility() && cell.scrollWidth > cell.clientWidth) found.push(`${cell.scrollWidth} in ${cell.clientWidth}: ${cell.outerHTML}`);
    }
    return found;
  });

  async function portfolio(name, csv) {
    const { address } = line.own;
    const page = await watched(VIEWPORTS[2]);
    await page.goto(`${address}/first-run`);
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Create" }).click();
    await page.waitForURL("**/portfolio/*/import");
    await page.getByLabel("CSV file").setInputFiles({ name: "trades.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
    await page.getByRole("button", { name: "Import" }).click();
    await page.getByRole("status").first().waitFor();
    const id = page.url().match(/portfolio\/([^/]+)/)[1];
    await page.context().close();
    return id;
  }

  for (const viewport of VIEWPORTS) {
    for (const [way, late] of Object.entries(WAYS)) {
      it(`does not move at ${viewport.width} px when ${way} came first`, async () => {
        const { slow, address } = line.demo;
        slow.late = late;
        const page = await watched(viewport);
        await page.goto(address);
        assert.deepEqual(await shifts(page), []);
        assert.deepEqual(await misfits(page), []);
        await page.context().close();
      });
    }
  }

  for (const path of ["income?range=Max", "performance?range=Max", "holdings/AAPL", "allocation"]) {
    it(`does not move when ${path} comes tag by tag`, async () => {
      const { slow, address } = line.demo;
      slow.late = () => [];
      const id = await fetch(address).then(({ url }) => url.split("/").at(-1));
      slow.late = WAYS["tag by tag, each"];
      const page = await watched(VIEWPORTS[0]);
      await page.goto(`${address}/portfolio/${id}/${path}`);
      assert.deepEqual(await shifts(page), []);
      await page.context().close();
    });
  }

  it("is painted in the theme and the privacy that this browser remembers, however late its script is", async () => {
    const { slow, address } = line.demo;
    slow.late = () => [];
    const page = await watched(VIEWPORTS[2]);
    await page.goto(address);
    await page.evaluate(() => {
      localStorage.setItem("theme", "dark");
      localStorage.setItem("private", "true");
      localStorage.setItem("colours", "swapped");
    });
    await page.addInitScript(() => {
      new PerformanceObserver(() => (globalThis.painted ??= { ...document.documentElement.dataset })).observe({ type: "paint", buffered: true });
    });
    let arrive;
    const held = new Promise((resolve) => (arrive = resolve));
    await page.route(/\/app-[^/]*\.js$/, async (route) => {
      await held;
      await route.continue();
    });
    await page.reload({ waitUntil: "commit" });
    const { theme, colours, ...rest } = await (await page.waitForFunction(() => globalThis.painted)).jsonValue();
    arrive();
    assert.deepEqual({ theme, colours, hides: "private" in rest, answers: "ready" in rest }, { theme: "dark", colours: "swapped", hides: true, answers: false });
    await page.context().close();
  });

  it("does not move with very long figures either", async () => {
    const { slow, address } = line.own;
    slow.late = () => [];
    const id = await portfolio("Giants", [
      "Ticker,Type,Date,Price,Shares",
      "AAPL,Buy,2024-03-05,987654.3211,1249.123456789",
      "AAPL,Sell,2024-03-06,1.01,0.000000001",
      "MSFT,Buy,2024-03-05,0.0001,98765432109.5",
      "KO,Buy,2024-03-05,98.25,3",
    ].join("\n"));
    for (const late of ["the first row alone", "half of the rows", "all above the total"]) {
      slow.late = WAYS[late];
      for (const viewport of VIEWPORTS) {
        const page = await watched(viewport);
        await page.goto(`${address}/dashboard/${id}?benchmark=VOO`);
        assert.deepEqual(await shifts(page), [], late);
        assert.equal(await page.locator("tr[data-symbol=AAPL] td.strong").textContent(), "1,542,127,712");
        assert.match(await page.locator("tr[data-symbol=MSFT] td").nth(3).textContent(), /^98,765,432,109\.5$/);
        assert.deepEqual(await misfits(page), [], `${viewport.width} px`);
        await picture(page, `giants-${viewport.width}`);
        const beyond = await page.evaluate(() =>
          [...document.querySelectorAll("body *:not(.scroll *, svg *, .skip)")]
            .filter((element) => element.checkVisibility() && element.getBoundingClientRect().right > document.documentElement.clientWidth)
            .map((element) => element.outerHTML.slice(0, 120)));
        assert.deepEqual(beyond, [], "the page scrolls sideways");
        await page.context().close();
      }
    }
  });

  it("does not move while the verdicts on a file's rows come", async () => {
    const { slow, address } = line.own;
    slow.late = () => [];
    const wrong = (n) => `${n % 2 ? "" : "AAPL"},${n % 3 ? "Buy" : "A gift of a kind that nobody knows"},2024-13-45,a lot,${n}`;
    const file = ["Ticker,Type,Date,Price,Shares", ...Array.from({ length: 60 }, (_, n) => wrong(n)), "AAPL,Buy,2024-03-05,170,1"].join("\n");
    const id = await portfolio("Verdicts", "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2024-03-04,170,1\n");
    for (const viewport of VIEWPORTS) {
      slow.late = () => [];
      const page = await watched(viewport);
      await page.goto(`${address}/portfolio/${id}/import`);
      await page.getByLabel("CSV file").setInputFiles({ name: "wrong.csv", mimeType: "text/csv", buffer: Buffer.from(file) });
      slow.late = WAYS["half of the rows"];
      await page.getByRole("button", { name: "Import" }).click();
      await page.locator(".verdicts tbody tr").nth(59).waitFor();
      assert.deepEqual(await shifts(page), []);
      assert.deepEqual(await misfits(page), []);
      await picture(page, `verdicts-${viewport.width}`);
      await page.context().close();
    }
  });
});
