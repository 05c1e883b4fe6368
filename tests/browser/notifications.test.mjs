// What was told, in the page: a bell with a count, and a list that works without script.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, violations } from "./harness.mjs";

const TRADES = "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nMSFT,Buy,2024-03-06,400,2\n";

describe("notifications", () => {
  const installation = new Installation();
  let browser;
  let address;

  const tell = async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${address}/api/v1/notifications/test`, { method: "POST", headers, body: '{"channel": "page"}' });
    assert.equal(answer.status, 202);
  };
  const unread = async () => (await (await fetch(`${address}/api/v1/notifications?unread=true`)).json()).unread;
  const bell = (page, name) => page.getByRole("link", { name, exact: true }).waitFor();

  before(async () => {
    const file = join(installation.folder, "trades.csv");
    writeFileSync(file, TRADES);
    installation.run("import", file, "--portfolio", "Told");
    address = await installation.serve("serve");
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  for (const [name, viewport] of Object.entries({ phone: PHONE, desktop: DESKTOP })) {
    it(`are listed, counted and read at ${viewport.width} px`, async () => {
      await tell();
      const before = await unread();
      const page = await open(browser, `${address}/`, { viewport });
      try {
        await bell(page, `Notifications, ${before} unread`);
        await picture(page, `bell-${name}`);
        await page.locator("[data-bell]").click();
        await page.waitForURL("**/notifications");
        assert.equal(await page.locator("h2").first().textContent(), `${before} unread`);
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        assert.ok(wide <= 0, `the page scrolls sideways by ${wide} px`);
        assert.deepEqual(await violations(page), []);
        await picture(page, `notifications-${name}`);

        await page.locator("html[data-live=on]").waitFor({ state: "attached" });
        await tell();
        await bell(page, `Notifications, ${before + 1} unread`);
        await page.getByRole("heading", { name: `${before + 1} unread` }).waitFor();

        await page.getByRole("button", { name: "Mark as read: A test" }).first().click();
        await page.getByRole("heading", { name: `${before} unread` }).waitFor();
        await page.getByRole("button", { name: "Mark all as read" }).click();
        await page.getByRole("heading", { name: "All read" }).waitFor();
        await bell(page, "Notifications");
        assert.equal(await unread(), 0);
        assert.deepEqual(page.complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }

  it("are listed and read without script", async () => {
    await tell();
    const page = await open(browser, `${address}/notifications`, { javaScriptEnabled: false, viewport: PHONE });
    try {
      await page.getByRole("link", { name: "trades.csv is imported" }).waitFor();
      await page.getByRole("button", { name: "Mark all as read" }).click();
      await page.getByRole("heading", { name: "All read" }).waitFor();
      assert.equal(await page.getByRole("button", { name: "Mark all as read" }).count(), 0);
    } finally {
      await page.context().close();
    }
  });
});
