// From an empty database to the first figures, with everything that can go wrong on the way.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, ready, violations } from "./harness.mjs";

/** 200 rows, five of them wrong; with the line, column and a word of the reason of each. */
function fileWithFaults() {
  const rows = Array.from({ length: 200 }, (_, n) => {
    const day = new Date(Date.UTC(2024, 0, 2 + n)).toISOString().slice(0, 10);
    return [["AAPL", "MSFT", "IBM"][n % 3], "Buy", day, (100 + n / 4).toFixed(2), String(n + 1)];
  });
  rows[9][2] = "2024-13-45";
  rows[49][3] = "a lot";
  rows[99][1] = "Gift";
  rows[149][4] = "";
  rows[199][0] = "";
  const faults = [
    { line: 11, column: "Date", reason: /date|2024-13-45/i },
    { line: 51, column: "Price", reason: /a lot|number/i },
    { line: 101, column: "Type", reason: /gift/i },
    { line: 151, column: "Shares", reason: /needs/ },
    { line: 201, column: "Ticker", reason: /needs/ },
  ];
  return { text: ["Ticker,Type,Date,Price,Shares", ...rows.map((row) => row.join(","))].join("\n"), faults };
}

describe("the first run", () => {
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

  async function create(page, name) {
    await page.goto(`${address}/first-run`);
    await page.getByLabel("Name").fill(name);
    await page.getByRole("button", { name: "Create" }).click();
    await page.waitForURL("**/portfolio/*/import");
    return page.url().split("/").at(-2);
  }

  async function send(page, name, content) {
    await page.getByLabel("CSV file").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.request().method() === "POST"),
      page.getByRole("button", { name: "Import" }).click(),
    ]);
    await ready(page);
    return answer.status();
  }

  for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    it(`shows the three steps of a beginning on a ${name}`, async () => {
      const page = await open(browser, address, { viewport });
      assert.equal(page.status, 200);
      const steps = await page.locator(".steps > li h2").allTextContents();
      assert.deepEqual(steps, ["Create a portfolio", "Add or import transactions", "See"]);
      assert.ok(await page.getByRole("button", { name: "Create" }).isVisible());
      assert.match(await page.locator("main").textContent(), /bellwether demo/);
      assert.ok(await page.evaluate((width) => document.documentElement.scrollWidth <= width, viewport.width));
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(page.complaints, []);
      await picture(page, `first-run-${name}`);
      await page.context().close();
    });
  }

  it("advises on a currency that is none, and keeps what was typed", async () => {
    const page = await open(browser, `${address}/first-run`);
    await page.getByLabel("Name").fill("Rainy <days> & more");
    await page.getByLabel("Currency").fill("1$");
    await page.getByLabel("Cost of sold shares").selectOption("average");
    await page.getByRole("button", { name: "Create" }).click();
    const advice = await page.getByRole("alert").textContent();
    assert.match(advice, /1\$/);
    assert.match(advice, /three|letters|ISO|USD/i);
    assert.equal(await page.getByLabel("Name").inputValue(), "Rainy <days> & more");
    assert.equal(await page.getByLabel("Currency").inputValue(), "1$");
    assert.equal(await page.getByLabel("Cost of sold shares").inputValue(), "average");
    assert.deepEqual(await violations(page), []);
    assert.equal((await fetch(`${address}/dashboard`, { redirect: "manual" })).status, 200, "no portfolio was created");
    await page.context().close();
  });

  it("is usable with the keyboard alone", async () => {
    const page = await open(browser, `${address}/first-run`);
    const focused = () => page.evaluate(() => document.activeElement?.name || document.activeElement?.textContent.trim());
    const tabTo = async (wanted) => {
      for (let presses = 0; presses < 30; presses += 1) {
        await page.keyboard.press("Tab");
        const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
        assert.notEqual(outline, "none", `the focus on ${await focused()} cannot be seen`);
        if ((await focused()) === wanted) return;
      }
      assert.fail(`Tab does not reach ${wanted}`);
    };
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "Skip to the figures");
    await tabTo("name");
    await page.keyboard.type("By keyboard");
    await tabTo("currency");
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("EUR");
    await tabTo("cost_method");
    await tabTo("Create");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/portfolio/*/import");
    assert.match(await page.locator("h1").textContent(), /By keyboard/);
    await tabTo("file");
    await tabTo("Import");
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  });

  it("refuses a second portfolio of the same name with a reason", async () => {
    const page = await open(browser, address);
    await create(page, "Twice");
    await page.goto(`${address}/first-run`);
    await page.getByLabel("Name").fill("Twice");
    await page.getByRole("button", { name: "Create" }).click();
    assert.match(await page.getByRole("alert").textContent(), /Twice/);
    assert.equal(await page.getByLabel("Name").inputValue(), "Twice");
    await page.context().close();
  });

  it("imports the good rows, names the bad ones, and knows them all the next time", async () => {
    const page = await open(browser, address);
    await create(page, "Faults");
    const { text, faults } = fileWithFaults();

    assert.equal(await send(page, "faults.csv", text), 200);
    const words = await page.getByRole("status").textContent();
    assert.match(words, /195 transactions imported into Faults/);
    assert.match(words, /5 rows rejected/);
    const rows = await page.locator(".verdicts tbody tr").evaluateAll((found) =>
      found.map((row) => [...row.cells].map((cell) => cell.textContent.trim())));
    assert.equal(rows.length, faults.length, JSON.stringify(rows));
    faults.forEach(({ line, column, reason }, n) => {
      const [atLine, atColumn, because] = rows[n];
      assert.equal(Number(atLine), line);
      assert.equal(atColumn, column, because);
      assert.match(because, reason);
    });
    assert.deepEqual(await violations(page), []);
    await picture(page, "import-faults");

    assert.equal(await send(page, "faults.csv", text), 200);
    const again = await page.getByRole("status").textContent();
    assert.match(again, /0 transactions imported/);
    assert.match(again, /195 known already/);
    await page.context().close();
  });

  it("shows what is known without prices: quantities and cost, and no invented value", async () => {
    const page = await open(browser, address);
    const id = await create(page, "Unpriced");
    assert.equal(await send(page, "one.csv", "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2024-03-05,170.12,12.5\n"), 200);
    await page.goto(`${address}/dashboard/${id}`);
    await ready(page);
    const row = page.locator("tr[data-symbol=AAPL]");
    assert.match(await row.textContent(), /12\.5/);
    assert.match(await row.textContent(), /170\.12/);
    assert.match(await row.textContent(), /booked 5 Mar|no price/);
    assert.match(await page.locator(".pill").textContent(), /Prices as old as|missing/);
    assert.deepEqual(page.complaints, []);
    assert.deepEqual(await violations(page), []);
    await picture(page, "unpriced");
    await page.context().close();
  });

  for (const [what, content] of Object.entries({
    "a picture": Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "latin1"), Buffer.from(Array.from({ length: 4096 }, (_, n) => (n * 7919) % 256))]),
    "an empty file": "",
    "a file without the columns": "Colour,Size\nred,5\n",
  })) {
    it(`advises on ${what} and changes nothing`, async () => {
      const page = await open(browser, address);
      const id = await create(page, `Unreadable: ${what}`);
      await send(page, "good.csv", "Ticker,Type,Date,Price,Shares\nAAPL,Buy,2024-03-05,170.12,12.5\n");
      const ledger = async () => {
        const answer = await (await fetch(`${address}/api/dashboard-initial-data/${id}`)).json();
        return { holdings: answer.holdings.map(({ ticker, shares, cost_basis }) => ({ ticker, shares, cost_basis })), recent: answer.recent_transactions };
      };
      const before = await ledger();
      assert.equal(before.recent.length, 1);

      assert.equal(await send(page, "holiday.csv", content), 400);
      const advice = await page.getByRole("alert").textContent();
      assert.match(advice, /cannot be used: .{15,}\. Nothing was changed\./);
      assert.ok(await page.getByRole("button", { name: "Import" }).isVisible());
      assert.deepEqual(await ledger(), before);
      await page.context().close();
    });
  }

  it("answers an address that does not exist with a page that leads on", async () => {
    const page = await open(browser, `${address}/nothing/here`);
    assert.equal(page.status, 404);
    assert.ok(await page.getByRole("link", { name: "To the start" }).isVisible());
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  });
});
