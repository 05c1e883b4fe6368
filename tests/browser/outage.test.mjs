// The provider dies while people look: everything known stays, and the pages say how old it is.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import { isDeepStrictEqual } from "node:util";
import { Installation, launch, open, picture, violations } from "./harness.mjs";

const TRADES = `Ticker,Type,Date,Price,Shares
AAPL,Buy,2024-03-05,170.12,12.5
MSFT,Buy,2024-04-08,200.50,8
KO,Buy,2024-06-03,60.25,30
AAPL,Sell,2025-02-03,180,2
`;

/** A moment of the exchange, as the pill tells it. */
const MOMENT = /\b\d{1,2}:\d{2} E[SD]T\b/;

describe("an outage of the price provider", () => {
  const installation = new Installation();
  let browser;
  let simulator;
  let address;
  let id;
  let known;

  const json = async (path, options) => {
    const answer = await fetch(`${address}${path}`, options);
    return { status: answer.status, type: answer.headers.get("content-type"), body: await answer.json() };
  };

  /** The progress once no refresh waits or runs. */
  async function settled(until = (progress) => !["queued", "updating"].includes(progress.status)) {
    for (let polls = 0; polls < 300; polls += 1) {
      const { body } = await json("/api/price-update-progress");
      if (until(body)) return body;
      await pause(100);
    }
    return assert.fail("the refresh does not end");
  }

  /** What every look shows once no answer of before is left: a page may lag one look behind the newest prices. */
  async function steady(page) {
    let last = await look(page);
    for (let same = 0, looks = 0; same < 3; looks += 1) {
      assert.ok(looks < 100, "the figures do not come to rest");
      await pause(200);
      const seen = await look(page);
      same = isDeepStrictEqual([seen.value, seen.rows], [last.value, last.rows]) ? same + 1 : 0;
      last = seen;
    }
    return last;
  }

  /** Value, pill and prices of the dashboard in the browser, whatever a refresh does meanwhile. */
  async function look(page) {
    const view = () => page.goto(`${address}/dashboard/${id}?range=1Y`, { waitUntil: "load" });
    const answer = await view();
    return {
      status: answer.status(),
      value: await page.locator(".value").getAttribute("title"),
      rows: await page.locator("table[data-sortable] tbody tr").evaluateAll((rows) =>
        rows.map((row) => [row.dataset.symbol, row.cells[2].dataset.sort, row.cells[6].title])),
      pill: (await page.locator(".pill").textContent()).trim(),
    };
  }

  before(async () => {
    simulator = await installation.serve("sim");
    const file = join(installation.folder, "trades.csv");
    writeFileSync(file, TRADES);
    installation.run("import", file, "--portfolio", "Outage");
    address = await installation.serve("serve", "--upstream", simulator);
    browser = await launch();
    id = (await fetch(`${address}/`, { redirect: "manual" })).headers.get("location").split("/").at(-1);
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  it("begins with prices of the provider", async () => {
    const page = await open(browser, `${address}/dashboard/${id}`);
    const progress = await settled((seen) => seen.status === "completed");
    assert.equal(progress.failed_count, 0, JSON.stringify(progress));
    const seen = await look(page);
    assert.match(seen.value, /^\d+(\.\d+)? USD$/);
    assert.equal(seen.rows.length, 3);
    assert.match(seen.pill, MOMENT);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it("keeps every figure when the provider is gone, and says how old the prices are", async () => {
    await installation.end(simulator, "SIGKILL");
    const page = await open(browser, `${address}/dashboard/${id}`);
    // Where a market is open, prices went on moving until now; from here on nothing may.
    known = await steady(page);
    assert.equal(known.status, 200);
    for (const [symbol, quantity] of [["AAPL", 10.5], ["MSFT", 8], ["KO", 30]]) {
      const [, price, worth] = known.rows.find(([name]) => name === symbol);
      assert.ok(Math.abs(Number.parseFloat(worth) - quantity * price) < 1e-9, `${symbol}: ${price}, ${worth}`);
    }
    assert.ok(Number.parseFloat(known.value) > 0);
    assert.match(known.pill, MOMENT);
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it("accepts a refresh all the same, by POST only", async () => {
    const asked = await json(`/api/refresh-holdings/${id}`, { method: "POST" });
    assert.equal(asked.status, 202);
    assert.equal(asked.body.success, true);
    assert.equal(asked.body.progress, "/api/price-update-progress");

    for (const path of [`/api/refresh-holdings/${id}`, `/api/refresh-all-prices/${id}`]) {
      const read = await fetch(`${address}${path}`);
      assert.equal(read.status, 405, path);
      assert.match(read.headers.get("allow") ?? "", /POST/, path);
    }
  });

  it("keeps every figure after a refresh that failed", async () => {
    await settled();
    const page = await open(browser, `${address}/dashboard/${id}`);
    const seen = await look(page);
    assert.equal(seen.status, 200);
    assert.equal(seen.value, known.value);
    assert.deepEqual(seen.rows, known.rows);
    assert.match(seen.pill, MOMENT);
    assert.deepEqual(await violations(page), []);
    await picture(page, "outage");

    const price = await json("/api/current-price/AAPL");
    assert.equal(price.status, 200);
    assert.equal(price.body.price, Number(known.rows.find(([symbol]) => symbol === "AAPL")[1]));
    assert.ok(price.body.data_age_minutes >= 0);
    assert.ok(!Number.isNaN(Date.parse(price.body.as_of)));
    await page.context().close();
  });

  it("takes new trades during the outage", async () => {
    const page = await open(browser, `${address}/portfolio/${id}/import`);
    const buffer = Buffer.from("Ticker,Type,Date,Price,Shares\nKO,Buy,2025-03-03,62,10\n");
    await page.getByLabel("CSV file").setInputFiles({ name: "more.csv", mimeType: "text/csv", buffer });
    await page.getByRole("button", { name: "Import" }).click();
    assert.match(await page.getByRole("status").textContent(), /1 transaction imported/);
    const seen = await look(page);
    assert.equal(seen.status, 200);
    const worth = (rows, symbol) => Number.parseFloat(rows.find(([name]) => name === symbol)[2]);
    assert.ok(Math.abs(worth(seen.rows, "KO") / worth(known.rows, "KO") - 40 / 30) < 1e-9);
    known = seen;
    await page.context().close();
  });

  it("shows the same after a restart without the provider", async () => {
    await installation.end(address, "SIGKILL");
    address = await installation.serve("serve", "--upstream", simulator);
    const page = await open(browser, `${address}/dashboard/${id}`);
    const seen = await look(page);
    assert.equal(seen.status, 200);
    assert.equal(seen.value, known.value);
    assert.deepEqual(seen.rows, known.rows);
    assert.match(seen.pill, MOMENT);
    await page.context().close();
  });
});
