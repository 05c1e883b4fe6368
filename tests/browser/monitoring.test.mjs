// The page of all that is measured, on a phone and on a wide screen.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, violations } from "./harness.mjs";

const TRADES = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n";

describe("the monitoring page", () => {
  const installation = new Installation();
  let browser;
  let address;

  before(async () => {
    const file = join(installation.folder, "trades.csv");
    writeFileSync(file, TRADES);
    installation.run("import", file, "--portfolio", "Watched");
    address = await installation.serve("serve");
    browser = await launch();
    const id = (await fetch(`${address}/`, { redirect: "manual" })).headers.get("location").split("/").at(-1);
    // So that each table has rows.
    for (const path of [`/dashboard/${id}`, `/api/dashboard-initial-data/${id}`, `/api/v1/portfolio`, "/nowhere"]) {
      await fetch(`${address}${path}`);
    }
    await fetch(`${address}/api/cache/clear`, { method: "POST" });
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    it(`fits its figures in at ${viewport.width} px`, async () => {
      const page = await open(browser, `${address}/monitoring`, { viewport });
      try {
        assert.equal(await page.locator("h1").textContent(), "Monitoring");
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `the page scrolls sideways by ${wide} px`);
        const outside = await page.evaluate(() => {
          const edge = document.documentElement.clientWidth + 0.5;
          const isHeld = (element) => element.closest(".scroll") !== null;
          return [...document.querySelectorAll("main *")]
            .filter((element) => !isHeld(element) && element.getBoundingClientRect().right > edge)
            .map((element) => element.outerHTML.slice(0, 100));
        });
        assert.deepEqual(outside, [], "only what scrolls by itself may be wider");
        for (const region of await page.locator(".scroll").all()) {
          assert.equal(await region.getAttribute("tabindex"), "0");
          assert.ok(await region.getAttribute("aria-labelledby"), "a region has a name");
        }
        for (const title of ["Lately", "Finished answers", "Answers at hand", "Prices", "Database", "Activity"]) {
          assert.equal(await page.getByRole("heading", { name: title, exact: true }).count(), 1, title);
        }
        const kinds = await page.locator("#cache-title ~ .scroll tbody th").allTextContents();
        for (const kind of ["dashboard-page", "initial-data", "All"]) assert.ok(kinds.includes(kind), `${kind} in ${kinds}`);
        await page.getByRole("link", { name: "warn" }).click();
        await page.waitForURL("**/monitoring?level=warn");
        assert.equal(await page.locator("nav.ranges a[aria-current=true]").textContent(), "warn");
        assert.deepEqual(await violations(page), []);
        await picture(page, `monitoring-${name}`);
        assert.deepEqual(page.complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }
});
