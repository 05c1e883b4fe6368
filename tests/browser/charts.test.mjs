// The charts that answer: reading, measuring, other views, files and tables.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, violations } from "./harness.mjs";

describe("the charts", () => {
  const installation = new Installation();
  let browser;
  let address;
  let pages;

  before(async () => {
    address = await installation.serve("demo");
    browser = await launch();
    const page = await open(browser, address);
    const id = page.url().split("/").pop();
    const symbol = await page.locator("tr[data-symbol]").first().getAttribute("data-symbol");
    await page.context().close();
    const within = `/portfolio/${id}`;
    pages = {
      dashboard: `/dashboard/${id}?range=1Y`,
      holding: `${within}/holdings/${symbol}?range=Max`,
      performance: `${within}/performance?range=Max`,
      income: `${within}/income?range=Max`,
      flows: `${within}/cash-flows?range=Max`,
      allocation: `${within}/allocation`,
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
      assert.deepEqual(page.complaints, []);
    } finally {
      await page.context().close();
    }
  }

  const chartOf = (page) => page.locator("value-chart").first();
  /** Drawn by the script, as it is for whoever comes to it. */
  const drawn = async (page, view) => {
    await chartOf(page).dispatchEvent("pointerenter");
    await page.locator(`value-chart[data-drawn${view ? `="${view}"` : ""}] canvas`).first().waitFor();
  };

  /** How much of a canvas is painted. */
  const painted = (page) =>
    page.locator("value-chart canvas").first().evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at] > 0) count += 1;
      return count;
    });

  it("asks for nothing until somebody comes to read it", () =>
    visit(pages.dashboard, async (page) => {
      const asked = [];
      page.on("request", (request) => asked.push(new URL(request.url()).pathname));
      await page.waitForTimeout(500);
      assert.deepEqual(asked.filter((path) => path.includes("chart-data")), []);
      assert.equal(await page.locator("value-chart canvas").count(), 0);
      assert.ok(await page.locator("value-chart svg .s-value").isVisible());
      await page.locator("value-chart").hover();
      await page.locator("value-chart[data-drawn=value] canvas").waitFor();
      await page.locator(".read").waitFor();
      assert.equal(asked.filter((path) => path.includes("chart-data")).length, 1);
    }));

  it("shows value, return and drawdown by buttons", () =>
    visit(pages.dashboard, async (page) => {
      await drawn(page, "value");
      assert.ok((await painted(page)) > 1_000);
      const before = await chartOf(page).boundingBox();
      for (const [name, view] of [["Return", "return"], ["Drawdown", "drawdown"], ["Value", "value"]]) {
        const button = page.locator(".views").getByRole("button", { name, exact: true });
        await button.click();
        await drawn(page, view);
        assert.equal(await button.getAttribute("aria-pressed"), "true");
        assert.equal(await page.locator(".views [aria-pressed=true]").count(), 1);
        assert.deepEqual(await chartOf(page).boundingBox(), before);
        await chartOf(page).hover();
        const read = await page.locator(".read").innerText();
        assert.match(read, view === "value" ? /Contributed \$[\d,.]+/ : /(Return|Below the high) [+\u2212]?[\d.]+%/, read);
        await picture(page, `chart-${view}`);
      }
    }));

  it("are read by arrow keys, aloud", () =>
    visit(pages.dashboard, async (page) => {
      const chart = chartOf(page);
      await chart.focus();
      await page.keyboard.press("ArrowLeft");
      const read = page.locator(".read");
      await read.waitFor();
      const last = await read.innerText();
      await page.keyboard.press("ArrowLeft");
      await page.waitForFunction((before) => document.querySelector(".read").innerText !== before, last);
      await page.waitForFunction(() => document.querySelector("value-chart [aria-live]").textContent.includes("Value $"));
      await page.keyboard.press("Home");
      assert.match(await read.innerText(), /Since the start .*0\.00%/);
      await page.keyboard.press("Escape");
      await read.waitFor({ state: "hidden" });
    }));

  it("measure a span that is dragged, and one by keys", () =>
    visit(pages.dashboard, async (page) => {
      await drawn(page);
      const box = await chartOf(page).boundingBox();
      const y = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width / 4, y);
      await page.locator(".read").waitFor();
      await page.mouse.down();
      await page.mouse.move(box.x + box.width / 2, y, { steps: 4 });
      await page.locator("value-chart .span").waitFor();
      await page.mouse.up();
      const told = await page.locator(".read").innerText();
      assert.match(told, /^.+ to .+\n+Value [+\u2212]?\$[\d,.]+\n+Gain [+\u2212]?\$[\d,.]+ [+\u2212]?[\d.]+%$/, told);
      const { width } = await page.locator("value-chart .span").boundingBox();
      assert.ok(Math.abs(width - box.width / 4) < 6, `${width} of ${box.width}`);
      await page.keyboard.press("Escape");
      await chartOf(page).focus();
      await page.keyboard.press("ArrowLeft");
      await page.keyboard.press("Shift+PageDown");
      await page.locator("value-chart .span").waitFor();
      assert.match(await page.locator(".read").innerText(), / to /);
    }));

  it("are read by thumb, and leave scrolling alone", () =>
    visit(pages.dashboard, async (page) => {
      await chartOf(page).evaluate((chart) => chart.scrollIntoView({ block: "center" }));
      const box = await chartOf(page).boundingBox();
      assert.equal(await chartOf(page).evaluate((chart) => getComputedStyle(chart).touchAction), "pan-y");
      const touch = (kind, x, pointerId) =>
        chartOf(page).dispatchEvent(kind, { pointerId, pointerType: "touch", clientX: box.x + x, clientY: box.y + 40, bubbles: true });
      await touch("pointerdown", 100, 1);
      await page.locator(".read").waitFor();
      const first = await page.locator(".read").innerText();
      await touch("pointermove", 200, 1);
      await page.waitForFunction((before) => document.querySelector(".read").innerText !== before, first);
      await touch("pointerdown", 60, 2);
      await page.locator("value-chart .span").waitFor();
      assert.match(await page.locator(".read").innerText(), / to /);
      await touch("pointercancel", 60, 2);
      await page.locator(".read").waitFor({ state: "hidden" });
    }, { viewport: PHONE, hasTouch: true, isMobile: true }));

  it("hide amounts in private, and keep percentages", () =>
    visit(pages.dashboard, async (page) => {
      await drawn(page);
      await page.getByRole("button", { name: /hide amounts/i }).click();
      await chartOf(page).focus();
      await page.keyboard.press("End");
      const blurred = await page.locator(".read b").evaluateAll((all) => all.map((b) => [b.textContent, getComputedStyle(b).filter !== "none"]));
      for (const [words, isHidden] of blurred) if (/\$|%/.test(words)) assert.equal(isHidden, words.includes("$"), words);
      await page.waitForFunction(() => /%/.test(document.querySelector("value-chart [aria-live]").textContent));
      assert.doesNotMatch(await page.locator("value-chart [aria-live]").textContent(), /\$/);
    }));

  it("take the page's colours, also when they change", () =>
    visit(pages.dashboard, async (page) => {
      await drawn(page);
      const line = () => page.locator("value-chart canvas").first().evaluate((canvas) => canvas.toDataURL());
      const light = await line();
      await page.locator("[data-toggle=theme]").click();
      await page.waitForFunction((before) => document.querySelector("value-chart canvas")?.toDataURL() !== before, light);
      assert.ok((await painted(page)) > 1_000);
    }, { colorScheme: "light" }));

  it("stay drawn when the server's drawing is renewed", () =>
    visit(pages.dashboard, async (page) => {
      await drawn(page);
      const asked = page.waitForRequest((request) => request.url().includes("chart-data"));
      await page.evaluate(() => {
        const chart = document.querySelector("value-chart");
        chart.querySelector("svg").replaceWith(chart.querySelector("svg").cloneNode(true));
        chart.dispatchEvent(new Event("drawn"));
      });
      await asked;
      await drawn(page);
      assert.ok((await painted(page)) > 1_000);
    }));

  async function saved(page, menu, name) {
    await menu.locator("summary").click();
    const download = page.waitForEvent("download");
    await menu.getByRole("button", { name }).click();
    const file = await download;
    return { name: file.suggestedFilename(), bytes: await readFile(await file.path()) };
  }

  for (const name of ["dashboard", "holding", "performance", "income", "flows", "allocation"]) {
    it(`are saved as pictures and figures: ${name}`, () =>
      visit(pages[name], async (page) => {
        const menus = page.locator(".chart-tools");
        assert.equal(await menus.count(), await page.locator("[data-chart]").count());
        for (const menu of await menus.all()) {
          const svg = await saved(page, menu, "SVG");
          const text = svg.bytes.toString();
          assert.match(svg.name, /^bellwether-[a-z-]+\.svg$/);
          assert.match(text, /^<svg[^>]+xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
          assert.match(text, /<(path|rect)[^>]+(d|width)="/);
          assert.doesNotMatch(text, /class=|var\(|color-mix|color\(/, "stands alone");
          const png = await saved(page, menu, "PNG");
          assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
          assert.ok(png.bytes.readUInt32BE(16) >= 1_200 && png.bytes.length > 3_000, `${png.bytes.length} bytes`);
          const csv = (await saved(page, menu, "CSV")).bytes.toString();
          const rows = csv.trim().split("\r\n").map((row) => row.split(","));
          assert.ok(rows.length > 2, csv);
          assert.ok(rows.some((row) => row.slice(1).some((cell) => /^-?\d/.test(cell))), csv.slice(0, 300));
        }
      }));
  }

  it("are tables too", () =>
    visit(pages.dashboard, async (page) => {
      const menu = page.locator(".chart-tools").first();
      await menu.locator("summary").click();
      await menu.getByRole("button", { name: "table" }).click();
      const dialog = page.locator("dialog.chart-panel");
      await dialog.locator("thead th").nth(5).waitFor();
      assert.deepEqual(await dialog.locator("thead th").allTextContents(), ["Day", "Value", "The same in VOO", "Contributed", "Return", "Below the high"]);
      assert.ok((await dialog.locator("tbody tr").count()) >= 12);
      assert.deepEqual(await violations(page), []);
      await dialog.getByRole("button", { name: "Close" }).click();
      await dialog.waitFor({ state: "detached" });
    }));

  it("say what their parts are, under the pointer and by keys", () =>
    visit(pages.allocation, async (page) => {
      const map = page.locator(".treemap[role=img]");
      await map.focus();
      await page.keyboard.press("ArrowRight");
      const first = await page.locator(".tip").innerText();
      assert.match(first, /[+\u2212]?\d+\.\d\d%/);
      await page.keyboard.press("ArrowRight");
      assert.notEqual(await page.locator(".tip").innerText(), first);
      await page.keyboard.press("Escape");
      await page.locator(".tip").waitFor({ state: "hidden" });
      await map.locator("rect").nth(2).hover();
      await page.locator(".tip").waitFor();
      assert.equal(await page.locator(".treemap-scale rect").count(), 11);
    }));

  it("show where money came from and went, as large as the lists say", () =>
    visit(pages.flows, async (page) => {
      const streams = await page.locator(".sankey g text:not(.amount)").allTextContents();
      for (const name of ["Deposit", "Purchase"]) assert.ok(streams.includes(name), `${streams}`);
      const listed = await page.locator(".streams li > span:first-child").allTextContents();
      for (const name of listed) assert.ok(streams.includes(name), `${name} in ${streams}`);
      const inside = await page.locator(".sankey").evaluate((svg) => {
        const box = svg.getBoundingClientRect();
        return [...svg.querySelectorAll("text")].every((text) => {
          const at = text.getBoundingClientRect();
          return at.left >= box.left - 1 && at.right <= box.right + 1 && at.top >= box.top - 1 && at.bottom <= box.bottom + 1;
        });
      });
      assert.ok(inside);
    }, { viewport: PHONE }));

  for (const viewport of [PHONE, DESKTOP]) {
    it(`move nothing and break no rule at ${viewport.width} px`, async () => {
      for (const path of Object.values(pages)) {
        const context = await browser.newContext({ viewport, locale: "en-GB" });
        const page = await context.newPage();
        await page.addInitScript(() => {
          globalThis.shifts = [];
          new PerformanceObserver((list) => {
            for (const shift of list.getEntries()) globalThis.shifts.push(shift.sources.map(({ node }) => node?.outerHTML?.slice(0, 100)));
          }).observe({ type: "layout-shift", buffered: true });
        });
        await page.goto(address + path);
        await page.locator("html[data-ready]").waitFor({ state: "attached" });
        if (await page.locator("value-chart").count()) {
          await chartOf(page).evaluate((chart) => chart.scrollIntoView({ block: "center" }));
          await drawn(page);
        }
        await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
        assert.deepEqual(await page.evaluate(() => globalThis.shifts), [], path);
        assert.deepEqual(await violations(page), [], path);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), path);
        await context.close();
      }
    });
  }

  it("are there without script, with tables and links to the other views", () =>
    visit(pages.dashboard, async (page) => {
      assert.ok(await page.locator("value-chart svg .s-value").isVisible());
      await page.getByRole("link", { name: "Return", exact: true }).click();
      assert.ok(await page.locator("#growth").isVisible());
      await page.goto(address + pages.flows);
      assert.ok(await page.locator(".sankey").isVisible());
      await page.locator(".chart-table summary").first().click();
      assert.ok(await page.locator(".chart-table table").first().isVisible());
    }, { javaScriptEnabled: false }));
});
