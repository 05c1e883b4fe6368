// The pages of a portfolio, and that every figure on them says where it comes from.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, TABLET, launch, open, picture, ready, violations } from "./harness.mjs";

/** A day that is over, so that no quote changes while figures are compared. */
const DAY = new Date(Date.now() - 10 * 86_400_000).toISOString().slice(0, 10);

/** Figures of one kind that are compared on a page. */
const OF_A_KIND = 3;

describe("the pages of a portfolio", () => {
  const installation = new Installation();
  let browser;
  let address;
  let id;
  let symbol;
  let pages;

  before(async () => {
    address = await installation.serve("demo");
    browser = await launch();
    const page = await open(browser, address);
    id = page.url().split("/").pop();
    symbol = await page.locator("tr[data-symbol]").first().getAttribute("data-symbol");
    await page.context().close();
    const within = `/portfolio/${id}`;
    pages = {
      dashboard: `/dashboard/${id}`,
      holdings: `${within}/holdings`,
      closed: `${within}/holdings?show=closed`,
      holding: `${within}/holdings/${symbol}`,
      transactions: `${within}/transactions`,
      picks: `${within}/picks`,
      performance: `${within}/performance`,
      income: `${within}/income`,
      "cash-flows": `${within}/cash-flows`,
      allocation: `${within}/allocation`,
      derivation: `${within}/derivations/portfolio:value`,
    };
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  async function visit(path, look, options = {}) {
    const page = await open(browser, address + path, options);
    try {
      await look(page);
    } finally {
      await page.context().close();
    }
  }

  const seenOn = (path) => `${path}${path.includes("?") ? "&" : "?"}range=Max&as_of=${DAY}`;

  for (const [size, viewport] of Object.entries({ phone: PHONE, tablet: TABLET, desktop: DESKTOP })) {
    it(`break no rule of accessibility and do not scroll sideways on a ${size}`, async () => {
      for (const [name, path] of Object.entries(pages)) {
        for (const colorScheme of ["light", "dark"]) {
          await visit(path, async (page) => {
            assert.equal(page.status, 200, path);
            assert.deepEqual(await violations(page), [], `${name}, ${colorScheme}`);
            assert.deepEqual(page.complaints, [], name);
            const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
            assert.ok(beyond <= 0, `${name} is ${beyond} px too wide`);
            await picture(page, `${name}-${size}-${colorScheme}`);
          }, { viewport, colorScheme });
        }
      }
    });
  }

  it("can be read without script", async () => {
    for (const [name, path] of Object.entries(pages)) {
      await visit(path, async (page) => {
        const text = await page.locator("main").innerText();
        assert.match(text, /\d/, name);
        assert.doesNotMatch(text, /NaN|undefined|null/, name);
      }, { javaScriptEnabled: false });
    }
  });

  it("show no figure whose derivation says another", async () => {
    for (const [name, path] of Object.entries(pages)) {
      if (name === "derivation") continue;
      await visit(seenOn(path), async (page) => {
        const figures = await page.evaluate(() => {
          const main = document.querySelector("main");
          /** Its own text, without other figures and words beside it. */
          const own = (element) => {
            const copy = element.cloneNode(true);
            for (const other of copy.querySelectorAll("[data-figure], .under")) other.remove();
            return copy.textContent.trim();
          };
          return [...document.querySelectorAll("[data-figure]")].map((element) => ({
            figure: element.dataset.figure,
            address: element.href ?? `${main.dataset.derivations}${encodeURIComponent(element.dataset.figure)}${main.dataset.view}`,
            exact: element.dataset.sort,
            shown: own(element),
          }));
        });
        assert.ok(figures.length > 5 || name === "closed", `${name} has ${figures.length} figures`);
        // Of each kind the first ones: the same figures of other holdings, days and lots come about in the same way.
        const kind = (figure) => figure.replace(/(symbol|of):[^,)]*|[\da-f]{8}-[\da-f-]{27}|\d+/g, "$1");
        const seen = new Map();
        const first = figures.filter((of) => {
          const count = (seen.get(kind(of.figure)) ?? 0) + 1;
          seen.set(kind(of.figure), count);
          return count <= OF_A_KIND;
        });
        for (const of of first) {
          assert.ok(of.figure, `${name}: ${of.shown} has no name`);
          const answer = await page.request.get(new URL(of.address, address).href);
          assert.equal(answer.status(), 200, `${name}: ${of.figure}`);
          const derived = (await answer.text()).match(/data-exact="([^"]*)"/);
          assert.ok(derived, `${name}: ${of.figure} has no derivation`);
          const [, exact] = derived;
          // Cells know every digit; of the others each digit shown is right.
          if (of.exact !== undefined) assert.equal(of.exact, exact, `${name}: ${of.figure} ${of.shown}`);
          else if (exact === "") assert.match(of.shown, /^—|n\/a/, `${name}: ${of.figure}`);
          else {
            const digits = of.shown.replaceAll("\u2212", "-").replace(/[^\d.-]/g, "");
            const places = digits.split(".")[1]?.length ?? 0;
            const wanted = Number(exact) * (/%| pt/.test(of.shown) ? 100 : 1);
            assert.ok(Math.abs(Number(digits) - wanted) <= 0.5001 * 10 ** -places, `${name}: ${of.figure} ${of.shown} ${exact}`);
          }
        }
      });
    }
  });

  it("open a derivation beside the page, down to a price and back", () =>
    visit(`/portfolio/${id}/holdings`, async (page) => {
      await page.locator(`td[data-figure="holding:(figure:value,symbol:${symbol})"]`).click();
      const panel = page.locator("dialog.panel");
      await panel.locator(".derived").waitFor();
      const first = await panel.locator("h1").innerText();
      assert.match(first, /Market value|Value/i);
      await panel.getByRole("link", { name: "Market value at the listing" }).click();
      await panel.getByText(/close of|quote of/).first().waitFor();
      await panel.getByRole("button", { name: "Back" }).click();
      await page.waitForFunction((words) => document.querySelector("dialog.panel h1")?.innerText === words, first);
      const link = await panel.locator("[data-copy]").getAttribute("href");
      await panel.getByRole("button", { name: "Close" }).click();
      assert.equal(await page.locator("dialog.panel").evaluate((dialog) => dialog.open), false);
      await page.goto(address + link);
      await ready(page);
      assert.equal(await page.locator(".derivation h1").innerText(), first);
    }));

  it("keep range and day in the address from page to page", () =>
    visit(`/portfolio/${id}/holdings`, async (page) => {
      await page.locator(".more-ranges summary").click();
      await page.locator(".years a").first().click();
      await ready(page);
      const year = await page.locator(".years a[aria-current]").textContent();
      assert.ok(page.url().endsWith(`range=YTD&as_of=${year}-12-31`), page.url());
      await page.locator(".rowlink").first().click();
      await ready(page);
      assert.ok(page.url().endsWith(`range=YTD&as_of=${year}-12-31`), page.url());
      await page.locator(".more-ranges summary").click();
      await page.locator("input[name=range]").fill(`${year}-03-03`);
      await page.locator("input[name=as_of]").fill("");
      await page.locator(".more-ranges button").click();
      await ready(page);
      assert.equal(new URL(page.url()).searchParams.get("range"), `${year}-03-03`);
      assert.equal(page.status, 200);
    }));
});
