// The list of transactions and long tables: found, sorted, scrolled, changed in place, and readable without script.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, TABLET, launch, open, picture, violations } from "./harness.mjs";

describe("the list of transactions", () => {
  const installation = new Installation();
  let browser;
  let address;
  let within;

  before(async () => {
    address = await installation.serve("demo");
    browser = await launch();
    const page = await open(browser, address);
    within = `/portfolio/${page.url().split("/").pop()}`;
    await page.context().close();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  async function visit(path, look, options = {}) {
    const page = await open(browser, address + within + path, options);
    try {
      await look(page);
    } finally {
      await page.context().close();
    }
  }

  const rows = (page) => page.locator(".long tbody tr[data-id]");
  /** What the rows say, cell by cell. */
  const cells = (page, count) =>
    page.evaluate((count) =>
      [...document.querySelectorAll(".long tbody tr[data-id]")].slice(0, count).map((row) =>
        [...row.cells].map((cell) => [cell.textContent.trim(), cell.title, [...cell.classList].join(" "), cell.dataset.sort ?? "", cell.dataset.figure ?? ""])), count);
  const total = (page) => page.locator("[data-total]").innerText();

  for (const [size, viewport] of Object.entries({ phone: PHONE, tablet: TABLET, desktop: DESKTOP })) {
    for (const locale of ["en-GB", "de-DE"]) {
      it(`breaks no rule of accessibility and does not scroll sideways on a ${size} in ${locale}`, async () => {
        for (const colorScheme of ["light", "dark"]) {
          await visit("/transactions", async (page) => {
            assert.equal(page.status, 200);
            assert.deepEqual(await violations(page), [], colorScheme);
            assert.deepEqual(page.complaints, []);
            const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(beyond <= 0, `${beyond} px too wide`);
            const text = await page.locator("main").innerText();
            assert.match(text, locale === "de-DE" ? /Kauf[^]*Buchungen/ : /Purchase[^]*transactions/);
            assert.doesNotMatch(text, /NaN|undefined|null|transactions\.|entry\./);
            await picture(page, `transactions-${size}-${locale}-${colorScheme}`);
          }, { viewport, colorScheme, locale });
        }
      });
    }
  }

  it("shows the same rows with script and without", async () => {
    for (const locale of ["en-GB", "de-DE"]) {
      let plain;
      await visit("/transactions", async (page) => (plain = await cells(page, 12)), { javaScriptEnabled: false, locale });
      assert.equal(plain.length, 12);
      await visit("/transactions", async (page) => {
        const made = await cells(page, 12);
        for (const [at, row] of plain.entries()) assert.deepEqual(made[at], row, `row ${at} in ${locale}`);
      }, { locale });
    }
  });

  it("goes from page to page without script, and finds what its address asks for", () =>
    visit("/transactions", async (page) => {
      const first = await cells(page, 100);
      assert.equal(first.length, 50);
      await page.locator("[data-next]").click();
      const second = await cells(page, 100);
      assert.notDeepEqual(second[0], first[0]);
      await page.goto(`${address}${within}/transactions?kind=sell`);
      const sales = await cells(page, 100);
      assert.ok(sales.length > 0 && sales.every((row) => row[1][0] === "Sale"), "sales alone");
      await page.goto(`${address}${within}/transactions?range=1Y`);
      const ofYear = (await cells(page, 100)).length;
      assert.ok(ofYear > 0 && ofYear < first.length, `${ofYear} in a year`);
    }, { javaScriptEnabled: false }));

  it("filters as one types, and says so in the address", () =>
    visit("/transactions", async (page) => {
      const all = await total(page);
      await page.locator(".find [name=kind]").selectOption("dividend");
      assert.notEqual(await total(page), all);
      assert.ok((await cells(page, 20)).every((row) => row[1][0] === "Dividend"));
      assert.match(page.url(), /\?kind=dividend$/);
      const found = await total(page);
      await page.reload();
      await page.locator(".long[data-virtual]").waitFor();
      assert.equal(await total(page), found, "the address says the same");
      await page.locator(".find [name=q]").fill("no such words");
      assert.match(await total(page), /^0 of /);
    }));

  it("sorts by a click on a head, unknown ones last", () =>
    visit("/transactions", async (page) => {
      const gains = () => page.evaluate(() =>
        [...document.querySelectorAll(".long tbody tr[data-id] [data-part=gain]")].map((cell) => cell.dataset.sort));
      await page.locator("th[data-column=gain] button").click();
      const down = (await gains()).map(Number);
      assert.deepEqual(down, [...down].sort((a, b) => b - a));
      await page.locator("th[data-column=gain] button").click();
      const up = (await gains()).map(Number);
      assert.deepEqual(up, [...up].sort((a, b) => a - b));
      await page.locator(".long").evaluate((box) => (box.scrollTop = box.scrollHeight));
      // Deposits have no gain.
      await page.waitForFunction(() =>
        [...document.querySelectorAll(".long tbody tr[data-id] [data-part=gain]")].at(-1).dataset.sort === "");
    }));

  it("keeps what is looked for when another range is chosen", () =>
    visit("/transactions?kind=sell", async (page) => {
      const found = await total(page);
      await page.locator(".find [name=q]").fill("a");
      const link = page.getByRole("navigation", { name: "Range" }).getByRole("link", { name: "5Y", exact: true });
      assert.match(await link.getAttribute("href"), /range=5Y.*kind=sell.*q=a|range=5Y.*q=a.*kind=sell/);
      await page.locator(".find [name=q]").fill("");
      await link.click();
      await page.waitForURL(/range=5Y.*kind=sell/);
      assert.doesNotMatch(page.url(), /q=/);
      assert.equal(await page.locator(".find [name=kind]").inputValue(), "sell");
      assert.ok(found.length > 0);
    }));

  it("brings in how the picks did, each figure with its derivation", () =>
    visit("/transactions", async (page) => {
      await page.locator(".picks").scrollIntoViewIfNeeded();
      await page.locator(".picks [data-brought]").waitFor();
      assert.equal(await page.locator(".picks figure svg").count(), 4, "beside, multiples, and two benchmarks");
      await page.locator(".picks .chart-tools").first().waitFor();
      assert.equal(await page.locator(".picks .chart-tools").count(), 4);
      const share = page.locator(".picks td[data-figure^=age-group]").first();
      const shown = await share.innerText();
      await share.click();
      const panel = page.locator("dialog[open]");
      await panel.waitFor();
      await panel.getByText(shown).first().waitFor();
      assert.deepEqual(await violations(page), []);
      assert.deepEqual(page.complaints, []);
    }));

  it("goes up and down by j and k, and opens the row by Enter", () =>
    visit("/transactions", async (page) => {
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      const at = await page.evaluate(() => document.activeElement.getAttribute("aria-rowindex"));
      assert.equal(at, "3");
      await page.keyboard.press("Enter");
      await page.locator(".beneath form").waitFor();
      await page.keyboard.press("Escape");
      assert.equal(await page.locator(".beneath").count(), 0);
      assert.equal(await page.evaluate(() => document.activeElement.getAttribute("aria-rowindex")), "3");
    }));

  it("edits a row where it stands, and takes that back from the toast", () =>
    visit("/transactions?kind=buy", async (page) => {
      const row = rows(page).first();
      const [id, before] = [await row.getAttribute("data-id"), await row.locator("[data-part=quantity]").innerText()];
      await row.locator("a.rowlink").click();
      const form = page.locator(".beneath form");
      await form.locator("[name=quantity]").fill("-3");
      await form.getByRole("button", { name: "Save" }).click();
      await page.locator(".beneath [aria-invalid]").waitFor();
      assert.equal(await form.locator("[name=quantity]").inputValue(), "-3", "what was typed is still there");
      await form.locator("[name=quantity]").fill("77");
      await form.getByRole("button", { name: "Save" }).click();
      await page.locator(".toast.done").waitFor();
      const same = page.locator(`tr[data-id="${id}"] [data-part=quantity]`);
      assert.equal(await same.innerText(), "77");
      await page.locator(".toast.done button").first().click();
      await page.waitForFunction(([id, before]) =>
        document.querySelector(`tr[data-id="${id}"] [data-part=quantity]`)?.textContent === before, [id, before]);
      assert.deepEqual(page.complaints.filter((words) => !words.includes("400")), []);
    }));

  it("deletes a row and brings it back", () =>
    visit("/transactions?kind=fee", async (page) => {
      const said = await total(page);
      const id = await rows(page).first().getAttribute("data-id");
      await rows(page).first().locator("a.rowlink").click();
      await page.locator(".beneath").getByRole("button", { name: "Delete" }).click();
      await page.locator(".toast.done").waitFor();
      assert.equal(await page.locator(`tr[data-id="${id}"]`).count(), 0);
      await page.locator(".toast.done button").first().click();
      await page.locator(`tr[data-id="${id}"]`).waitFor();
      assert.equal(await total(page), said);
    }));

  it("asks for what a kind needs and for nothing else", () =>
    visit("/transactions", async (page) => {
      await page.locator("details.entry > summary").click();
      const form = page.locator("details.entry form");
      assert.ok(await form.locator("[name=price]").isVisible());
      await form.locator("[name=kind]").selectOption("deposit");
      for (const name of ["price", "quantity", "symbol", "ratio", "fee"]) assert.ok(await form.locator(`[name=${name}]`).isHidden(), name);
      assert.ok(await form.locator("[name=amount]").isVisible());
      await form.locator("[name=kind]").selectOption("spin-off");
      for (const name of ["other_symbol", "ratio", "cost_share"]) assert.ok(await form.locator(`[name=${name}]`).isVisible(), name);
    }));

  it("finds holdings as one types and hides the columns that nobody wants", () =>
    visit("/holdings", async (page) => {
      const names = () => page.locator(".long tbody .under[data-part=under]").allInnerTexts();
      const all = await names();
      await page.locator(".find [name=q]").fill(all[2].toLowerCase());
      assert.ok((await names()).includes(all[2]) && (await names()).length < all.length);
      await page.locator(".find [name=q]").fill("");
      await page.locator(".chooser summary").click();
      await page.locator(".chooser").getByLabel("Quantity").uncheck();
      assert.ok(await page.locator(".long thead").getByText("Quantity").isHidden());
      await page.reload();
      await page.locator(".long[data-virtual]").waitFor();
      assert.ok(await page.locator(".long thead").getByText("Quantity").isHidden(), "remembered");
    }));
});

describe("a long list", () => {
  const installation = new Installation();
  let browser;
  let address;
  let within;

  before(async () => {
    const lines = ["Ticker,Type,Date,Price,Shares"];
    for (let at = 0; at < 3_000; at += 1) {
      const day = new Date(Date.UTC(2016, 0, 4 + at)).toISOString().slice(0, 10);
      lines.push(`T${at % 400},Buy,${day},${10 + (at % 90)},${1 + (at % 7)}`);
    }
    const file = join(installation.folder, "trades.csv");
    writeFileSync(file, lines.join("\n"));
    installation.run("import", file, "--portfolio", "Long");
    address = await installation.serve();
    browser = await launch();
    const page = await open(browser, address);
    within = `/portfolio/${page.url().split("/").pop()}`;
    await page.context().close();
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  it("has few rows in the page, in their order wherever one scrolls, and all of them in its count", async () => {
    const page = await open(browser, `${address}${within}/transactions`);
    assert.equal(await page.locator(".long table").getAttribute("aria-rowcount"), "3002");
    for (const share of [0, 0.31, 0.77, 1, 0.5]) {
      await page.locator(".long").evaluate((box, share) => (box.scrollTop = share * (box.scrollHeight - box.clientHeight)), share);
      // They stand as they are read once nobody scrolls any more.
      await page.waitForFunction(() => {
        const all = [...document.querySelectorAll(".long tbody tr[data-id]")];
        const { top, bottom } = document.querySelector(".long").getBoundingClientRect();
        const isInSight = (row) => row.getBoundingClientRect().bottom > top + 40 && row.getBoundingClientRect().top < bottom - 49;
        return all.some(isInSight) && all.every((row, at) => at === 0 || Number(row.ariaRowIndex) === Number(all[at - 1].ariaRowIndex) + 1);
      });
      const seen = await page.evaluate(() => {
        const box = document.querySelector(".long").getBoundingClientRect();
        const all = [...document.querySelectorAll(".long tbody tr[data-id]")];
        const inSight = all.filter((row) => {
          const { top, bottom } = row.getBoundingClientRect();
          return bottom > box.top + 40 && top < box.bottom - 49;
        });
        return { made: all.length, from: Number(inSight[0].getAttribute("aria-rowindex")),
          places: all.map((row) => Number(row.getAttribute("aria-rowindex"))), covered: inSight.length };
      });
      assert.ok(seen.made < 80, `${seen.made} rows`);
      assert.ok(seen.covered > 5, "no emptiness in sight");
      assert.ok(seen.places.every((place, at) => at === 0 || place === seen.places[at - 1] + 1), "in their order");
    }
    assert.equal(await page.evaluate(() => [...document.querySelectorAll(".long thead th, .long tfoot th")].every((cell) => {
      const box = document.querySelector(".long").getBoundingClientRect();
      const { top, bottom } = cell.getBoundingClientRect();
      return top >= box.top - 2 && bottom <= box.bottom + 2;
    })), true, "head and total stay");
    await page.context().close();
  });

  it("is a page of holdings of which the rest comes with the script, or on the next page", async () => {
    const plain = await open(browser, `${address}${within}/holdings`, { javaScriptEnabled: false });
    assert.equal(await plain.locator(".long tbody tr").count(), 100);
    await plain.locator("[data-next]").click();
    assert.equal(await plain.locator(".long tbody tr").first().getAttribute("aria-rowindex"), "102");
    await plain.context().close();
    const page = await open(browser, `${address}${within}/holdings`);
    assert.equal(await page.locator(".long table").getAttribute("aria-rowcount"), "402");
    await page.locator(".find [name=q]").fill("T399");
    assert.equal(await page.locator(".long tbody [data-part=under]").innerText(), "T399");
    assert.deepEqual(await violations(page), []);
    await page.context().close();
  });
});
