// The door: the first run, signing in and out, another user, a link, at two widths, with and without script.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DESKTOP, Installation, PHONE, launch, open, picture, ready, violations } from "./harness.mjs";

const PASSWORD = "correct horse battery";

for (const [size, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  describe(`the door on a ${size}`, () => {
    const installation = new Installation();
    installation.environment.BELLWETHER_SIGN_IN = "required";
    let browser;
    let page;
    let address;
    let shared;

    before(async () => {
      address = await installation.serve("serve");
      browser = await launch();
      page = await open(browser, address, { viewport });
    });

    after(async () => {
      await browser?.close();
      await installation.close();
    });

    async function looksRight(name) {
      await ready(page);
      await picture(page, `door-${name}-${size}`);
      assert.deepEqual(await violations(page), []);
      const overhang = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(overhang <= 0, `${name} is ${overhang} px wider than the window`);
    }

    async function press(name) {
      await page.getByRole("button", { name, exact: true }).click();
      await ready(page);
    }

    async function signIn(name, password) {
      await page.getByLabel("Name or e-mail address").fill(name);
      await page.getByLabel("Password").fill(password);
      await press("Sign in");
    }

    it("leads the first visitor to become the owner", async () => {
      assert.match(page.url(), /\/first-run$/);
      await looksRight("claim");
      await page.getByLabel("Name").fill("Ada");
      await page.getByLabel("Password, 12 characters or more").fill(PASSWORD);
      await page.getByLabel("The password again").fill(`${PASSWORD}!`);
      await press("Begin");
      assert.match(await page.getByRole("alert").textContent(), /not the same/);
      assert.equal(await page.getByLabel("Name").inputValue(), "Ada");
      await page.getByLabel("Password, 12 characters or more").fill(PASSWORD);
      await page.getByLabel("The password again").fill(PASSWORD);
      await press("Begin");
      assert.match(await page.locator("main").textContent(), /Create a portfolio/);
      await page.getByLabel("Name").fill("Long-term");
      await press("Create");
      assert.match(page.url(), /\/portfolio\/.*\/import$/);
    });

    it("signs out, and back in to where one wanted to go", async () => {
      await page.goto(`${address}/account`);
      await looksRight("account");
      await press("Sign out");
      assert.match(page.url(), /\/sign-in$/);
      await looksRight("sign-in");
      await page.goto(`${address}/cash-flows`);
      assert.match(page.url(), /\/sign-in\?next=/);
      await signIn("ada", "a wrong password");
      assert.match(await page.getByRole("alert").textContent(), /name or the password is wrong/);
      await looksRight("refused");
      await signIn("ada", PASSWORD);
      assert.match(page.url(), /\/portfolio\/[^/]+\/cash-flows\?range=Max$/);
    });

    it("shows a portfolio to whoever has its link, and nothing else", async () => {
      await page.goto(`${address}/account`);
      await page.getByLabel("Whom it is for").fill("Grace");
      await press("Make a link");
      shared = (await page.locator("pre").textContent()).trim();
      await looksRight("link");
      const guest = await open(browser, address + shared, { viewport });
      assert.equal(guest.status, 200);
      assert.match(await guest.locator("h1").textContent(), /Long-term/);
      assert.deepEqual(await violations(guest), []);
      await picture(guest, `door-shared-${size}`);
      await guest.goto(address);
      assert.match(guest.url(), /\/sign-in$/);
      await guest.context().close();
    });

    it("lets somebody else in, who has portfolios of their own, without script too", async () => {
      await page.goto(`${address}/users`);
      await page.getByLabel("Name").fill("Grace");
      await page.getByLabel("First password, 12 characters or more").fill("another long password");
      await press("Add");
      await looksRight("users");
      const other = await open(browser, address, { viewport, javaScriptEnabled: false });
      await other.getByLabel("Name or e-mail address").fill("grace");
      await other.getByLabel("Password").fill("another long password");
      await other.getByRole("button", { name: "Sign in" }).click();
      await other.waitForLoadState("load");
      assert.doesNotMatch(await other.locator("body").textContent(), /Long-term/);
      assert.equal((await other.goto(`${address}/users`)).status(), 403);
      await other.goto(`${address}/account`);
      assert.equal(await other.getByRole("link", { name: "Users" }).count(), 0);
      await other.context().close();
    });

    it("complains of nothing", () => {
      // A refused sign-in is a 403, which browsers note.
      const complaints = page.complaints.filter((complaint) => !/status of 40[03]/.test(complaint));
      assert.deepEqual(complaints, []);
    });
  });
}
