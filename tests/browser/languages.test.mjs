// The dashboard as readers of several languages and regions get it.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, violations } from "./harness.mjs";

describe("a reader's own language", () => {
  const installation = new Installation();
  let browser;
  let address;

  before(async () => {
    address = await installation.serve("demo");
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  async function visit(options, look) {
    const page = await open(browser, address, options);
    try {
      return await look(page);
    } finally {
      await page.context().close();
    }
  }

  for (const [name, viewport] of [["phone", PHONE], ["desktop", DESKTOP]]) {
    it(`is German throughout on a ${name}, without a complaint`, () =>
      visit({ locale: "de-DE", viewport }, async (page) => {
        assert.equal(await page.getAttribute("html", "lang"), "de-DE");
        assert.match(await page.locator(".value").textContent(), /^[\d.]+,\d\d\s\$$/);
        assert.match(await page.locator("#holdings-title").textContent(), /^Positionen 20$/);
        const read = await page.locator("body").innerText();
        const english = /\b(Holdings|Value|Price|Weight|today|since|Recent|Contributed|Maximum|close|a year)\b/;
        assert.doesNotMatch(read, english);
        assert.deepEqual(page.complaints, []);
        assert.deepEqual(await violations(page), []);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(sideways <= 0, `${sideways} pixels`);
      }));
  }

  it("changes how figures are written, and none of them", async () => {
    const figures = (page) =>
      page.evaluate(() =>
        [...document.querySelectorAll("[data-cell][data-sort]")].map((cell) => [cell.dataset.cell, cell.dataset.sort]));
    const [german, british, american] = await Promise.all(
      ["de-CH", "en-GB", "en-US"].map((locale) => visit({ locale, javaScriptEnabled: false }, figures)));
    assert.ok(german.length > 100, `${german.length} cells`);
    assert.deepEqual(german, british);
    assert.deepEqual(british, american);
  });

  it("is English for whoever reads none of ours", () =>
    visit({ locale: "ja-JP" }, async (page) => {
      assert.equal(await page.getAttribute("html", "lang"), "en-GB");
      assert.match(await page.locator("#holdings-title").textContent(), /^Holdings 20$/);
    }));
});
