// Takes a picture of every page of the demo, in both themes at three widths, and says what is wrong with any of them.
//
//   node tests/browser/screenshots.mjs FOLDER [PAGE ...]
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { Installation, launch, open, violations } from "./harness.mjs";

const [folder = "screenshots", ...only] = process.argv.slice(2);
const widths = (process.env.WIDTHS ?? "360,768,1280").split(",").map(Number);
const schemes = (process.env.SCHEMES ?? "light,dark").split(",");
const locale = process.env.LOCALE ?? "en-GB";

mkdirSync(folder, { recursive: true });
const installation = new Installation();
let faults = 0;
try {
  const address = process.env.ADDRESS ?? (await installation.serve("demo"));
  const browser = await launch();
  const home = await open(browser, address);
  const id = home.url().split("/").pop();
  const within = `/portfolio/${id}`;
  const symbol = await home.locator("tr[data-symbol]").first().getAttribute("data-symbol");
  await home.context().close();
  const pages = {
    dashboard: `/dashboard/${id}`,
    holdings: `${within}/holdings`,
    holding: `${within}/holdings/${symbol}?range=Max`,
    transactions: `${within}/transactions`,
    picks: `${within}/picks`,
    performance: `${within}/performance?range=Max`,
    income: `${within}/income?range=Max`,
    "cash-flows": `${within}/cash-flows?range=Max`,
    allocation: `${within}/allocation`,
    derivation: `${within}/derivations/portfolio:value`,
    import: `${within}/import`,
    activity: `${within}/activity`,
    settings: `${within}/settings`,
    targets: `${within}/targets`,
    indices: "/indices",
    account: "/account",
    notifications: "/notifications",
    monitoring: "/monitoring",
    "first-run": "/first-run",
    api: "/api/docs",
    missing: "/there-is-no-such-page",
  };
  for (const [name, path] of Object.entries(pages)) {
    if (only.length > 0 && !only.includes(name)) continue;
    for (const width of widths) {
      for (const colorScheme of schemes) {
        const page = await open(browser, address + path, { viewport: { width, height: 800 }, colorScheme, locale });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        const wrong = [...page.complaints.filter((words) => name !== "missing" || !words.includes("404")), ...(await violations(page))];
        if (wide > 0) wrong.push(`${wide} px too wide`);
        for (const words of wrong) console.log(`${name} ${width} ${colorScheme}: ${words}`);
        faults += wrong.length;
        await page.screenshot({ path: join(folder, `${name}-${width}-${colorScheme}.png`), fullPage: true });
        await page.context().close();
      }
    }
  }
  await browser.close();
} finally {
  await installation.close();
}
if (faults > 0) process.exitCode = 1;
