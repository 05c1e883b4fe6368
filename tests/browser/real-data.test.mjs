// Thirteen real years through the pages, against figures that the program had no part in.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, project, violations } from "./harness.mjs";

const data = join(project, "tests/realdata");
const { reports } = JSON.parse(readFileSync(join(data, "expected.json"), "utf8"));

/** Everything that the dashboard says in titles and sorting keys, where figures stand unrounded. */
function read(page) {
  return page.evaluate(() => {
    const text = (element) => element?.textContent.replace(/\s+/g, " ").trim();
    const byName = (selector) =>
      Object.fromEntries([...document.querySelectorAll(`${selector} > div`)].map((div) => {
        const dd = div.querySelector("dd");
        return [text(div.querySelector("dt")), { exact: dd.title, shown: text(dd) }];
      }));
    const table = document.querySelector("table[data-sortable]");
    const columns = [...table.tHead.rows[0].cells].map(text);
    const cell = (row, name) => row.cells[columns.indexOf(name)];
    const against = document.querySelector("[aria-labelledby=against-title] table");
    return {
      title: text(document.querySelector("h1")),
      value: document.querySelector(".value").title,
      shown: text(document.querySelector(".value")),
      pill: text(document.querySelector(".pill")),
      changes: [...document.querySelectorAll(".change")].map(text),
      facts: byName(".facts"),
      tiles: byName(".tiles"),
      summary: text(document.querySelector("figure .hidden-visually:not([aria-live])")),
      holdings: Object.fromEntries([...table.tBodies[0].rows].map((row) => [row.dataset.symbol, {
        quantity: cell(row, "Quantity").dataset.sort,
        price: cell(row, "Price").dataset.sort,
        average: cell(row, "Average cost").dataset.sort,
        value: cell(row, "Value").title,
        gain: cell(row, "Gain").title,
        income: cell(row, "Income").dataset.sort,
        weight: cell(row, "Weight").dataset.sort,
        day: cell(row, "Day").dataset.sort,
        dayAmount: cell(row, "Day").title,
      }])),
      totalOf: Object.fromEntries(["Value", "Gain", "Income"].map((name) => [name, text(cell(table.tFoot.rows[0], name))])),
      elsewhere: Object.fromEntries([...against.tBodies[0].rows].map((row) => [text(row.cells[0]), {
        worth: row.cells[1].title,
        xirr: row.cells[3].title,
      }])),
    };
  });
}

/** An exact decimal as an integer of 10^-20. */
function units(text) {
  const [, sign, whole, fraction = ""] = text.match(/^(-?)(\d+)(?:\.(\d+))?$/) ?? assert.fail(`${text} is no decimal`);
  return BigInt(`${sign}${whole}${fraction.padEnd(20, "0").slice(0, 20)}`);
}

const dollars = (title) => {
  const [amount, currency] = title.split(" ");
  assert.equal(currency, "USD", title);
  return amount;
};
const same = (title, expected, what) => assert.equal(units(dollars(title)), units(expected), what);
const toTheCent = (title, expected, what) =>
  assert.equal(Number(dollars(title)).toFixed(2), Number(expected).toFixed(2), what);
const rate = (text, expected, what) =>
  assert.ok(text !== "" && Math.abs(Number(text) - Number(expected)) < 1e-9, `${what}: ${text}, not ${expected}`);
/** As tables show amounts: thousands grouped, cents below 100,000 only. */
const shown = (amount, plus = "") => {
  const digits = Math.abs(amount) >= 100_000 ? 0 : 2;
  const grouped = Math.abs(amount).toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${amount < 0 ? "\u2212" : plus}${grouped}`;
};

function compare(page, expected) {
  same(page.value, expected.value, "total value");
  const cents = Number(expected.value).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
  assert.equal(page.shown, `$${cents}`);
  same(page.tiles.Cash.exact, expected.cash, "cash");
  rate(page.facts.XIRR.exact, expected.xirr, "XIRR");
  rate(page.facts["Time-weighted"].exact, expected.time_weighted.annualised, "time-weighted return a year");
  rate(page.tiles["Maximum drawdown"].exact, expected.time_weighted.max_drawdown.rate, "maximum drawdown");

  const held = expected.holdings.filter((holding) => holding.quantity !== "0");
  assert.deepEqual(Object.keys(page.holdings).sort(), held.map((holding) => holding.symbol).sort());
  let unrealised = 0n;
  for (const holding of held) {
    const row = page.holdings[holding.symbol];
    const what = (figure) => `${figure} of ${holding.symbol}`;
    assert.equal(units(row.quantity), units(holding.quantity), what("quantity"));
    assert.equal(units(row.price), units(holding.close), what("price"));
    same(row.value, holding.value, what("value"));
    same(row.gain, holding.unrealised_fifo, what("gain"));
    const cost = units(dollars(row.value)) - units(dollars(row.gain));
    assert.equal(cost, units(holding.cost_fifo), what("cost"));
    const fromAverage = Number(row.average) * Number(row.quantity);
    assert.ok(Math.abs(fromAverage - Number(holding.cost_fifo)) < 0.005, what("average cost"));
    assert.equal(units(row.income), units(holding.dividends), what("dividends"));
    rate(row.weight, holding.weight, what("weight"));
    unrealised += units(dollars(row.gain));
  }
  assert.equal(unrealised, units(expected.holdings_total.unrealised_fifo), "sum of the gains");
  assert.ok(page.totalOf.Gain.startsWith(shown(Number(expected.holdings_total.unrealised_fifo), "+")), page.totalOf.Gain);
  assert.equal(page.totalOf.Value, shown(Number(expected.holdings_total.value)));
  assert.equal(page.totalOf.Income, shown(Number(expected.holdings_total.dividends)));

  const { benchmark } = expected;
  toTheCent(page.elsewhere.IBM.worth, benchmark.value, "value of the deposits in IBM");
  rate(page.elsewhere.IBM.xirr, benchmark.xirr, "XIRR of IBM");
  toTheCent(page.facts["Ahead of IBM"].exact, benchmark.portfolio_ahead_by, "ahead of IBM");
  same(page.elsewhere["This portfolio"].worth, expected.value, "the portfolio beside IBM");
}

describe("real prices and trades, imported through the page", () => {
  const installation = new Installation();
  let browser;
  let dashboard;
  let outcome;

  before(async () => {
    installation.run("prices", "import", join(data, "prices.csv"), "--basis", "as-traded");
    installation.run("actions", "import", join(data, "splits.csv"));
    installation.run("actions", "import", join(data, "dividends.csv"));
    const address = await installation.serve("serve");
    browser = await launch();
    const page = await open(browser, `${address}/first-run`);
    await page.getByLabel("Name").fill("Real");
    await page.getByLabel("Currency").fill("USD");
    await page.getByRole("button", { name: "Create" }).click();
    await page.getByLabel("CSV file").setInputFiles(join(data, "trades.csv"));
    await page.getByRole("button", { name: "Import" }).click();
    outcome = await page.getByRole("status").textContent();
    dashboard = new URL(await page.getByRole("link", { name: "See the dashboard" }).getAttribute("href"), address).href;
    await page.context().close();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  it("imports every trade of the file", () => {
    assert.match(outcome, /65 transactions imported into Real/);
    assert.doesNotMatch(outcome, /rejected/);
  });

  for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
    it(`shows the figures of 2013-03-01 on a ${name}`, async () => {
      const page = await open(browser, `${dashboard}?as_of=2013-03-01&benchmark=IBM&range=Max`, { viewport });
      const figures = await read(page);
      const expected = reports["2013-03-01"];

      compare(figures, expected);

      assert.equal(figures.title, "Total value on 1 Mar 2013");
      assert.equal(figures.pill, "As of 1 Mar 2013");
      assert.match(figures.changes[0], /▼ \u2212\$4,406\.97 \u22120\.72% on Fri 1 Mar/);
      for (const holding of expected.holdings) {
        const row = figures.holdings[holding.symbol];
        same(row.dayAmount, holding.day_change, `change of the day of ${holding.symbol}`);
        rate(row.day, holding.day_change_rate, `rate of the day of ${holding.symbol}`);
      }
      assert.match(figures.summary, /on 1 Mar 2000 to \$608,956; the same deposits in IBM would be worth \$149,417/);
      assert.equal(figures.tiles["Maximum drawdown"].shown.endsWith("24 Mar 2000 – 9 Oct 2002"), true);
      assert.ok(await page.locator(".value").isVisible());
      assert.ok(await page.locator("tbody tr[data-symbol=AAPL] td.strong").isVisible());
      assert.ok(await page.evaluate((width) => document.documentElement.scrollWidth <= width, viewport.width));
      assert.deepEqual(page.complaints, []);
      assert.deepEqual(await violations(page), []);
      await picture(page, `real-2013-${name}`);
      await page.context().close();
    });

    it(`shows the figures of 2005-02-25 in that day's units on a ${name}`, async () => {
      const page = await open(browser, `${dashboard}?as_of=2005-02-25&benchmark=IBM&range=Max`, { viewport });
      const figures = await read(page);

      compare(figures, reports["2005-02-25"]);

      // Three days before the split of 2005-02-28: 385.5 shares, not 771.
      assert.equal(figures.holdings.AAPL.quantity, "385.5");
      assert.equal(figures.title, "Total value on 25 Feb 2005");
      assert.deepEqual(page.complaints, []);
      await page.context().close();
    });
  }

  it("shows 2009-03-09, when one holding was sold out", async () => {
    const page = await open(browser, `${dashboard}?as_of=2009-03-09&benchmark=IBM&range=Max`);

    compare(await read(page), reports["2009-03-09"]);

    await page.context().close();
  });

  it("draws the whole time from the first trade on", async () => {
    const page = await open(browser, `${dashboard}?as_of=2013-03-01&benchmark=IBM&range=Max`);
    const answer = await page.request.get(new URL(await page.locator("value-chart").getAttribute("data-columns"), dashboard).href);
    const { chart_data: columns } = await answer.json();

    assert.equal(columns.dates[0], "2000-03-01");
    assert.equal(columns.dates.at(-1), "2013-03-01");
    const { series } = JSON.parse(readFileSync(join(data, "expected.json"), "utf8"));
    for (const day of series) {
      const at = columns.dates.indexOf(day.date);
      const near = (got, wanted, what) => assert.ok(Math.abs(got - Number(wanted)) < 0.0051, `${what} on ${day.date}: ${got}, not ${wanted}`);
      near(columns.portfolio_values[at], day.value, "value");
      near(columns.contributions[at], day.deposits, "deposits");
      near(columns.benchmark_values[at], day.benchmark, "IBM");
    }
    await page.context().close();
  });
});
