// A file's way into the ledger: chosen, mapped, reviewed with a correction, committed, undone; and what is changed there.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, TABLET, launch, open, picture, ready, violations } from "./harness.mjs";

const UNKNOWN = [
  "Valuta,Papier,Menge,Kurs",
  "2024-03-05,KO,10,60.00",
  "2024-03-06,MSFT,2,400.00",
  "2024-03-07,PEP,viele,170.00",
  "",
].join("\n");

describe("the way of a file into the ledger", () => {
  const installation = new Installation();
  let browser;
  let address;

  before(async () => {
    address = await installation.serve("serve");
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  /** A portfolio of its own, and the page on which a file is chosen. */
  async function begin(name, options = {}) {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify({ name, base_currency: "USD" });
    const made = await fetch(`${address}/api/v1/portfolios`, { method: "POST", headers, body });
    assert.equal(made.status, 201, await made.clone().text());
    const { id } = (({ portfolio, ...rest }) => portfolio ?? rest)(await made.json());
    const page = await open(browser, `${address}/portfolio/${id}/import`, options);
    return { id, page };
  }

  const choose = (page, name, text) =>
    page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });

  /** Follows what a press leads to. */
  async function press(page, button) {
    await Promise.all([page.waitForEvent("load"), button.click()]);
    if (await page.evaluate(() => document.scripts.length > 1)) await ready(page);
  }

  const step = (page) => page.locator(".way [aria-current=step]").innerText();

  async function calm(page, name) {
    assert.deepEqual(await violations(page), [], name);
    const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(beyond <= 0, `${name} is ${beyond} px too wide`);
    await picture(page, name);
  }

  async function map(page) {
    await page.locator("select[name=column-date]").selectOption("Valuta");
    await page.locator("select[name=column-symbol]").selectOption("Papier");
    await page.locator("select[name=column-quantity]").selectOption("Menge");
    await page.locator("select[name=column-price]").selectOption("Kurs");
    await page.locator("select[name=kind]").selectOption("buy");
  }

  for (const [name, viewport, colorScheme] of [["phone", PHONE, "light"], ["tablet", TABLET, "dark"], ["desktop", DESKTOP, "light"]]) {
    it(`leads through columns, review and a correction, and back, on a ${name}`, async () => {
      const { page } = await begin(`Way ${name}`, { viewport, colorScheme });
      try {
        assert.equal(await step(page), "File");
        await calm(page, `import-${name}`);
        await choose(page, "unknown.csv", UNKNOWN);
        await press(page, page.getByRole("button", { name: "Review each row" }));

        assert.equal(await step(page), "Columns");
        await calm(page, `import-columns-${name}`);
        await map(page);
        // The next file with these columns is asked about again.
        await page.getByRole("checkbox").uncheck();
        await press(page, page.getByRole("button", { name: "Read the file so" }));
        assert.equal(await step(page), "Review");
        assert.match(await page.locator(".changes").innerText(), /2 buy/);
        await calm(page, `import-review-${name}`);

        await press(page, page.getByRole("link", { name: "cannot be used: 1" }));
        const row = page.locator(".review > li");
        assert.equal(await row.count(), 1);
        assert.match(await row.innerText(), /Menge: "viele" is not a number/);
        await row.locator("summary").click();
        const cell = row.getByLabel("Menge");
        assert.equal(await cell.getAttribute("aria-invalid"), "true");
        await cell.fill("3");
        await calm(page, `import-correction-${name}`);
        await press(page, row.getByRole("button", { name: "Correct" }));
        await press(page, page.getByRole("button", { name: "Import 3 transactions" }));

        assert.equal(await step(page), "Done");
        assert.match(await page.getByRole("status").innerText(), new RegExp(`3 transactions imported into Way ${name} on`));
        await calm(page, `import-done-${name}`);
        await press(page, page.getByRole("button", { name: "Undo the whole import" }));
        assert.match(await page.getByRole("status").innerText(), /was undone on/);
        await press(page, page.getByRole("link", { name: "All imports" }));
        assert.match(await page.locator(".files").first().innerText(), /unknown\.csv[\s\S]*undone/);
        await calm(page, `imports-${name}`);
        assert.deepEqual(page.complaints, []);
      } finally {
        await page.context().close();
      }
    });
  }

  it("is German for a German reader, with the reasons", async () => {
    const { id, page } = await begin("Weg", { locale: "de-DE", viewport: PHONE });
    try {
      assert.equal(await page.getAttribute("html", "lang"), "de-DE");
      assert.equal(await step(page), "Datei");
      await choose(page, "geschäfte.csv", "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\nKO,Buy,gestern,60,10\n");
      await press(page, page.getByRole("button", { name: "Jede Zeile ansehen" }));
      assert.equal(await step(page), "Prüfen");
      const read = await page.locator("main").innerText();
      assert.match(read, /Date: „gestern“ ist kein Datum/);
      assert.match(read, /Kauf 10 KO/);
      assert.match(read, /05\.03\.2024/);
      assert.doesNotMatch(read, /\b(Import \d|Line|Change|Discard|cannot|new|Rows)\b/);
      await calm(page, "import-review-german");
      await press(page, page.getByRole("button", { name: "1 Buchung importieren" }));
      assert.match(await page.getByRole("status").innerText(), /1 Buchung in Weg importiert/);
      await page.goto(`${address}/portfolio/${id}/activity`);
      await ready(page);
      assert.match(await page.locator(".history").first().innerText(), /hinzugefügt|Import/);
      await calm(page, "activity-german");
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });

  it("says what is wrong with a file and what to do, and works without script", async () => {
    const { page } = await begin("Plain", { javaScriptEnabled: false });
    try {
      await choose(page, "picture.csv", "\u0000\u0001\u0002");
      await page.getByRole("button", { name: "Review each row" }).click();
      await page.getByRole("alert").waitFor();
      assert.match(await page.getByRole("alert").innerText(), /The file cannot be used: .{15,}\. Nothing was changed\./);
      assert.equal(await page.getByRole("link", { name: "Import a file" }).count(), 1);
    } finally {
      await page.context().close();
    }
  });

  it("leaves changes that can be sifted, undone and gone back to", async () => {
    const { id, page } = await begin("Changes");
    try {
      await choose(page, "one.csv", "Ticker,Type,Date,Price,Shares\nKO,Buy,2024-03-05,60,10\n");
      await press(page, page.getByRole("button", { name: "Import" }));
      await page.goto(`${address}/portfolio/${id}/activity`);
      await ready(page);
      await calm(page, "activity");
      await press(page, page.getByRole("link", { name: "Each record" }));
      await page.locator(".log-records summary").first().click();
      assert.match(await page.locator(".facts-changed").first().innerText(), /\S/);
      await calm(page, "activity-log");
      await press(page, page.getByRole("link", { name: "Imports", exact: true }));
      assert.match(page.url(), /of=imports&view=log/);
      await page.goto(`${address}/portfolio/${id}/activity`);
      await press(page, page.getByRole("button", { name: /^Undo: / }).first());
      await page.getByRole("status").getByRole("button", { name: "Undo" }).waitFor();
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  });

  for (const [locale, headline, again] of [["en-GB", "There is nothing here", "To the start"], ["de-DE", "Hier ist nichts", "Zum Anfang"]]) {
    it(`finds nothing calmly in ${locale}`, async () => {
      const page = await open(browser, `${address}/portfolio/nowhere/activity`, { locale, viewport: PHONE });
      try {
        assert.equal(page.status, 404);
        assert.equal(await page.locator("h1").innerText(), headline);
        assert.equal(await page.getByRole("link", { name: again }).getAttribute("href"), "/");
        await calm(page, `nothing-${locale}`);
      } finally {
        await page.context().close();
      }
    });
  }
});
