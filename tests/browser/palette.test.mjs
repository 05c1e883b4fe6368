// The palette, the keys, and what comes below the dashboard's holdings.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, violations } from "./harness.mjs";

describe("the keyboard", () => {
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

  async function visit(look, options = {}) {
    const page = await open(browser, address, options);
    try {
      await look(page);
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  }

  it("opens the palette, which finds a holding by its name or symbol", async () => {
    await visit(async (page) => {
      await page.keyboard.press("/");
      const palette = page.locator("dialog.palette");
      await palette.waitFor();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.type("microsoft");
      await palette.getByRole("option", { name: /MSFT/ }).waitFor();
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/holdings\/MSFT/);
      await page.keyboard.press("Control+k");
      await palette.waitFor();
      await page.keyboard.type("zzzz");
      await palette.getByText("Nothing is called that.").waitFor();
      await page.keyboard.press("Escape");
      assert.equal(await palette.isVisible(), false);
    });
  });

  it("searches for what is typed while the palette is still coming", async () => {
    await visit(async (page) => {
      let arrive;
      const held = new Promise((resolve) => (arrive = resolve));
      await page.route(/chunk-[^/]*\.js$/, async (route) => {
        await held;
        await route.continue();
      });
      const before = page.url();
      const wanted = page.waitForRequest(/chunk-[^/]*\.js$/);
      await page.keyboard.press("/");
      await wanted;
      await page.keyboard.type("google");
      arrive();
      const palette = page.locator("dialog.palette");
      await palette.waitFor();
      assert.equal(await palette.getByRole("combobox").inputValue(), "google");
      assert.equal(page.url(), before, "g and a letter went nowhere");
    });
  });

  it("finds pages and actions in the reader's language", async () => {
    await visit(async (page) => {
      await page.keyboard.press("Control+k");
      await page.locator("dialog.palette").waitFor();
      await page.keyboard.type("betr");
      await page.getByRole("option", { name: /Beträge verbergen/ }).waitFor();
      await page.keyboard.press("Enter");
      assert.equal(await page.locator("html").getAttribute("data-private"), "");
    }, { locale: "de-DE" });
  });

  it("goes to pages by g and a letter, and says which in its list", async () => {
    await visit(async (page) => {
      await page.keyboard.press("?");
      const keys = page.locator("dialog.keys");
      await keys.getByText("Cash flows").waitFor();
      assert.deepEqual(await violations(page), []);
      await page.keyboard.press("Escape");
      await keys.waitFor({ state: "detached" });
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.waitForURL(/\/performance$/);
    });
  });

  it("walks through the rows of a table with j and k", async () => {
    await visit(async (page) => {
      const symbols = await page.locator("tr[data-symbol]").evaluateAll((rows) => rows.map((row) => row.dataset.symbol));
      const focused = () => page.evaluate(() => document.activeElement.closest("tr")?.dataset.symbol);
      await page.keyboard.press("j");
      assert.equal(await focused(), symbols[0]);
      await page.keyboard.press("j");
      await page.keyboard.press("j");
      await page.keyboard.press("k");
      assert.equal(await focused(), symbols[1]);
      await page.keyboard.press("Enter");
      await page.waitForURL(new RegExp(`/holdings/${symbols[1].replace(".", "\\.")}`));
    });
  });

  it("leaves what is typed into a field alone", async () => {
    await visit(async (page) => {
      await page.goto(`${page.url().replace("/dashboard/", "/portfolio/")}/transactions`);
      await page.locator("html[data-ready]").waitFor({ state: "attached" });
      const field = page.locator("main input:visible").first();
      await field.focus();
      await page.keyboard.press("/");
      assert.equal(await page.locator("dialog.palette").count(), 0);
    });
  });

  it("brings months, movers and allocation in without moving anything", async () => {
    for (const viewport of [PHONE, DESKTOP]) {
      await visit(async (page) => {
        await page.evaluate(() => {
          globalThis.shifted = 0;
          new PerformanceObserver((list) => {
            for (const entry of list.getEntries()) globalThis.shifted += entry.value;
          }).observe({ type: "layout-shift", buffered: true });
        });
        await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
        await page.locator(".overview .heat").waitFor();
        await page.locator(".overview .streams a").first().waitFor();
        assert.deepEqual(await violations(page), []);
        assert.equal(await page.evaluate(() => globalThis.shifted), 0, `${viewport.width} px`);
      }, { viewport });
    }
  });

  it("shows the server's log to its owner by level", async () => {
    await visit(async (page) => {
      const card = page.locator("[data-server-log]");
      await card.locator("summary").click();
      await card.locator("li time").first().waitFor();
      await card.locator("select").selectOption("error");
      await card.getByText("No such lines since the start.").waitFor();
    });
  });

  it("says on every page how fresh the prices are", async () => {
    await visit(async (page) => {
      const words = await page.locator(".pill [data-text]").innerText();
      await page.keyboard.press("g");
      await page.keyboard.press("p");
      await page.waitForURL(/\/performance$/);
      await page.locator(".pill:visible").getByText(words).waitFor();
    });
  });

  it("prints the page without what only answers to a pointer", async () => {
    await visit(async (page) => {
      await page.emulateMedia({ media: "print", colorScheme: "dark" });
      for (const hidden of ["header.bar", ".rangebar", "[data-server-log]"]) {
        assert.equal(await page.locator(hidden).first().isVisible(), false, hidden);
      }
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
    });
  });
});
