// What belongs to oneself: the beginning, the account with its tokens and looks, and a portfolio's settings.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, ready, violations } from "./harness.mjs";

const PASSWORD = "correct horse battery";

describe("an account of one's own", () => {
  const installation = new Installation();
  installation.environment.BELLWETHER_SIGN_IN = "required";
  let browser;
  let page;
  let address;
  let portfolio;

  before(async () => {
    address = await installation.serve("serve");
    browser = await launch();
    page = await open(browser, address);
  });

  after(async () => {
    await browser?.close();
    await installation.close();
  });

  async function press(name, within = page) {
    await within.getByRole("button", { name, exact: true }).click();
    await ready(page);
  }

  async function looksRight(shown, name) {
    await picture(shown, `account-${name}`);
    assert.deepEqual(await violations(shown), []);
    const overhang = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    assert.ok(overhang <= 0, `${name} is ${overhang} px wider than the window`);
    const complaints = shown.complaints.filter((complaint) => !/status of 40[03]/.test(complaint));
    assert.deepEqual(complaints, []);
  }

  const colour = (name) =>
    page.evaluate((name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim(), name);

  it("begins with three steps and two ways, and comes to the dashboard", async () => {
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Password, 12 characters or more").fill(PASSWORD);
    await page.getByLabel("The password again").fill(PASSWORD);
    await press("Begin");
    const steps = await page.locator(".steps > li h2").allTextContents();
    assert.deepEqual(steps, ["Create a portfolio", "Add or import transactions", "See"]);
    assert.ok(await page.getByRole("link", { name: "Look around with demo data" }).isVisible());
    await looksRight(page, "first-run");
    await press("Import a CSV");
    assert.match(page.url(), /\/portfolio\/[^/]+\/import$/, "a name can be chosen later");
    portfolio = page.url().split("/").at(-2);
    await page.goto(`${address}/`);
    await ready(page);
    assert.match(page.url(), new RegExp(`/dashboard/${portfolio}$`));
  });

  it("makes a token that is shown once, and revokes it after a second look", async () => {
    await page.goto(`${address}/account`);
    await page.getByLabel("What it is for").fill("Spreadsheet");
    await page.getByLabel("Days until it ends").first().fill("soon");
    await page.evaluate(() => document.querySelector("#tokens [name=days]").removeAttribute("pattern"));
    await press("Make a token");
    assert.match(await page.locator("#tokens [role=alert]").textContent(), /whole number/);
    assert.equal(await page.getByLabel("What it is for").inputValue(), "Spreadsheet", "what was typed is kept");
    await page.getByLabel("Days until it ends").first().fill("30");
    await press("Make a token");
    const secret = (await page.locator("#tokens pre").textContent()).trim();
    const asked = (token) =>
      fetch(`${address}/api/v1/portfolios`, { headers: { authorization: `Bearer ${token}` } }).then(({ status }) => status);
    assert.equal(await asked(secret), 200);
    await press("Copy");
    assert.equal(await page.locator("[data-copies]").textContent(), "copied");
    await looksRight(page, "token");

    await page.goto(`${address}/account`);
    assert.equal(await page.locator("pre").count(), 0, "it is shown once");
    const entry = page.locator("#tokens .entries li", { hasText: "Spreadsheet" });
    await entry.locator("summary").click();
    await press("Revoke it now", entry);
    assert.match(await page.locator("#tokens [role=status]").textContent(), /revoked/);
    assert.equal(await page.locator("#tokens .entries li").count(), 0);
    assert.equal(await asked(secret), 401);
  });

  it("remembers theme, colours and hidden amounts in this browser", async () => {
    await page.goto(`${address}/account`);
    await ready(page);
    const [gain, loss] = [await colour("--gain"), await colour("--loss")];
    const choose = (name) => page.getByRole("radio", { name, exact: true }).check();
    await choose("Dark");
    await choose("Gains red, losses green");
    await choose("Hidden");
    await page.reload();
    await ready(page);
    const root = await page.evaluate(() => ({ ...document.documentElement.dataset }));
    assert.equal(root.theme, "dark");
    assert.equal(root.colours, "swapped");
    assert.ok("private" in root);
    assert.ok(await page.getByRole("radio", { name: "Dark", exact: true }).isChecked());
    assert.notEqual(await colour("--gain"), gain);
    await looksRight(page, "dark");
    await choose("Light");
    assert.deepEqual([await colour("--gain"), await colour("--loss")], [loss, gain], "red and green change places");
    await choose("Gains green, losses red");
    await choose("System");
    await choose("Shown");
    await page.reload();
    await ready(page);
    const kept = await page.evaluate(() => Object.keys(document.documentElement.dataset).filter((name) => name !== "ready"));
    assert.deepEqual(kept, []);
    assert.deepEqual([await colour("--gain"), await colour("--loss")], [gain, loss]);
  });

  it("changes a portfolio's settings, keeps what was refused, and takes a change back", async () => {
    await page.goto(`${address}/portfolio/${portfolio}/settings`);
    await ready(page);
    await page.getByLabel("Name", { exact: true }).fill("Long-term");
    await page.getByLabel("Currency of its totals").fill("1$");
    await press("Save");
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Long-term");
    assert.match(await page.locator("#fault-currency").textContent(), /1\$.*three letters/);
    await looksRight(page, "settings");
    await page.getByLabel("Currency of its totals").fill("EUR");
    await page.getByLabel("Cost of sold shares").selectOption("average");
    await press("Save");
    assert.match(await page.getByRole("status").textContent(), /Saved/);
    assert.equal(await page.getByLabel("Cost of sold shares").inputValue(), "average");
    await press("Undo");
    await page.goto(`${address}/portfolio/${portfolio}/settings`);
    assert.equal(await page.getByLabel("Name", { exact: true }).inputValue(), "Portfolio");
    assert.equal(await page.getByLabel("Cost of sold shares").inputValue(), "fifo");
  });

  it("sets targets, with decimals behind a comma too", async () => {
    await page.goto(`${address}/portfolio/${portfolio}/targets`);
    await page.getByLabel("Symbol 1").fill("voo");
    await page.getByLabel("Per cent 1").fill("60");
    await page.getByLabel("Symbol 2").fill("BND");
    await page.getByLabel("Per cent 2").fill("32,5");
    await press("Save");
    assert.match(await page.locator("main").textContent(), /with 7\.5 % of cash/);
    await looksRight(page, "targets");
  });

  const pages = () => ["/account", "/users", `/portfolio/${portfolio}/settings`, `/portfolio/${portfolio}/targets`, "/indices", "/first-run"];

  for (const [name, viewport, locale] of [["phone", PHONE, "de-DE"], ["desktop", DESKTOP, "de-CH"]]) {
    it(`is German throughout on a ${name}, and easy to touch`, async () => {
      const storageState = await page.context().storageState();
      const shown = await open(browser, address, { viewport, locale, storageState });
      for (const path of pages()) {
        await shown.goto(address + path);
        await ready(shown);
        assert.equal(await shown.getAttribute("html", "lang"), locale);
        const read = await shown.locator("main").innerText();
        const english = /\b(the|and|with|Save|Name of|Settings|Password|Token for|Delete|Remove|Revoke|Make|until|never|used)\b/;
        assert.doesNotMatch(read, english, path);
        await looksRight(shown, `${path.split("/").at(-1)}-${name}-de`);
        if (viewport !== PHONE) continue;
        const small = await shown.evaluate(() => {
          const targets = [...document.querySelectorAll("main :is(button, summary, select, .button, input:not([type=hidden], [type=radio], [type=checkbox]))")];
          const isSmall = (target) => target.checkVisibility() && target.getBoundingClientRect().height < 44;
          return targets.filter(isSmall).map((target) => target.textContent || target.name);
        });
        assert.deepEqual(small, [], path);
      }
      await shown.context().close();
    });
  }

  it("works without script", async () => {
    const storageState = await page.context().storageState();
    const plain = await open(browser, address, { javaScriptEnabled: false, storageState });
    await plain.goto(`${address}/account`);
    assert.match(await plain.locator("#appearance").textContent(), /need a browser that runs scripts/);
    await plain.getByLabel("Whom it is for").fill("Grace");
    await plain.getByRole("button", { name: "Make a link" }).click();
    await plain.waitForLoadState("load");
    assert.match(await plain.locator("#links pre").textContent(), /^\/shared\//);
    assert.equal(await plain.getByRole("button", { name: "Copy" }).count(), 0);
    await plain.context().close();
  });
});
