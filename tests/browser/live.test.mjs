// An open dashboard while prices change: figures follow in place, and nothing else moves.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open } from "./harness.mjs";

const TRADES = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n";

describe("an open dashboard", () => {
  const installation = new Installation();
  let browser;
  let address;
  let id;

  const price = (ticker, value) =>
    fetch(`${address}/api/prices`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ ticker, price: value, currency: "USD" }),
    }).then((answer) => assert.equal(answer.status, 200));

  const listening = (page) => page.locator("html[data-live=on]").waitFor({ state: "attached" });
  const cell = (page, name) => page.locator(`[data-cell="${name}"]`);
  const shows = (page, name, text) =>
    page.waitForFunction(([of, wanted]) => document.querySelector(`[data-cell="${of}"]`)?.textContent.includes(wanted), [name, text]);

  before(async () => {
    const file = join(installation.folder, "trades.csv");
    writeFileSync(file, TRADES);
    installation.run("import", file, "--portfolio", "Live");
    address = await installation.serve("serve");
    browser = await launch();
    id = (await fetch(`${address}/`, { redirect: "manual" })).headers.get("location").split("/").at(-1);
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  for (const viewport of [PHONE, DESKTOP]) {
    it(`shows changed prices in place and shifts nothing at ${viewport.width} px`, async () => {
      await price("KO", "62.00");
      await price("MSFT", "410.00");
      const page = await open(browser, `${address}/dashboard/${id}`, { viewport });
      try {
        await listening(page);
        await page.evaluate(() => {
          globalThis.shifts = [];
          globalThis.stays = true;
          new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) globalThis.shifts.push(shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 120)));
          }).observe({ type: "layout-shift", buffered: false });
        });
        await page.locator("a.brand, .ranges a").last().focus();

        await price("KO", "65.50");
        await shows(page, "holding:KO:price", "65.50");
        // 10 x 65.50 + 2 x 410
        await shows(page, "value", "1,475");
        await price("MSFT", "401.25");
        await shows(page, "holding:MSFT:price", "401.25");
        await shows(page, "value", "1,457");

        assert.ok(await page.evaluate(() => globalThis.stays), "the page was not loaded again");
        assert.equal(await page.evaluate(() => document.activeElement.closest(".ranges, .bar") !== null), true);
        assert.equal(await cell(page, "holding:KO:value").getAttribute("data-sort"), "655");
        assert.equal(await cell(page, "value").getAttribute("title"), "1457.5 USD");
        const moved = await page.evaluate(() => new Promise((painted) =>
          requestAnimationFrame(() => requestAnimationFrame(() => painted(globalThis.shifts)))));
        assert.deepEqual(moved, []);
        assert.match(await page.locator("#said").textContent(), /^(Total value .*)?$/);
        assert.deepEqual(page.complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }

  it("says the same in every cell as the page that a reload shows", async () => {
    await price("KO", "62.00");
    const page = await open(browser, `${address}/dashboard/${id}`);
    await listening(page);
    await price("KO", "55.10");
    await shows(page, "holding:KO:price", "55.10");
    const differences = await page.evaluate(async () => {
      const told = (root) => Object.fromEntries([...root.querySelectorAll("[data-cell]")].map((cell) => [
        cell.dataset.cell,
        [cell.textContent, cell.title, [...cell.classList].filter((name) => name !== "changed").sort().join(" "), cell.closest("[data-sort]")?.dataset.sort ?? ""].join("|"),
      ]));
      const fresh = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      const [here, there] = [told(document), told(fresh)];
      return Object.keys({ ...here, ...there }).filter((name) => here[name] !== there[name]).map((name) => `${name}: ${here[name]} / ${there[name]}`);
    });
    assert.deepEqual(differences, []);
    await page.context().close();
  });

  it("takes in new rows without losing the place, the focus or the order", async () => {
    const page = await open(browser, `${address}/dashboard/${id}`, { viewport: PHONE });
    await listening(page);
    const table = page.locator("table[data-sortable]");
    await table.getByRole("button", { name: "Name" }).click();
    await page.evaluate(() => scrollTo(0, 300));
    const place = await page.evaluate(() => scrollY);
    const file = join(installation.folder, "more.csv");
    writeFileSync(file, "Ticker,Type,Date,Price,Shares\nAAA,Buy,2024-05-06,160,1\n");
    const form = new FormData();
    form.append("file", new Blob(["Ticker,Type,Date,Price,Shares\nAAA,Buy,2024-05-06,160,1\n"]), "more.csv");
    assert.equal((await fetch(`${address}/portfolio/${id}/import`, { method: "POST", body: form })).status, 200);

    await page.locator("tr[data-symbol=AAA]").waitFor({ state: "attached" });
    assert.equal(await page.evaluate(() => scrollY), place);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), "Name");
    assert.deepEqual(await table.locator("tbody tr").evaluateAll((rows) => rows.map((row) => row.dataset.symbol)), ["AAA", "KO", "MSFT"]);
    await listening(page);
    await price("AAA", "171.00");
    await shows(page, "holding:AAA:price", "171.00");
    assert.deepEqual(page.complaints, []);
    await page.context().close();
  });

  it("comes back after the server was away", async () => {
    const page = await open(browser, `${address}/dashboard/${id}`);
    await listening(page);
    const port = new URL(address).port;
    await installation.end(address);
    await page.locator("html:not([data-live])").waitFor({ state: "attached" });
    installation.environment.BELLWETHER_LISTEN = `127.0.0.1:${port}`;
    address = await installation.serve("serve");
    await listening(page);
    await price("KO", "71.20");
    await shows(page, "holding:KO:price", "71.20");
    // The browser itself logs that it could not connect; nothing else is to be said.
    assert.deepEqual(page.complaints.filter((words) => !/ERR_|Failed to load resource/.test(words)), []);
    await page.context().close();
  });
});
