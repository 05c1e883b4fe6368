// Has Lighthouse grade the demonstration's main pages, and prints a table for docs/PERFORMANCE.md.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Installation } from "./harness.mjs";

const { default: lighthouse, desktopConfig } = await import(`${process.env.LIGHTHOUSE}/core/index.js`);
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];

/** A browser that Lighthouse may steer, and the port by which. */
async function steered(folder) {
  const browser = spawn(process.env.CHROMIUM, ["--headless=new", "--no-sandbox", "--disable-gpu", "--remote-debugging-port=0",
    `--user-data-dir=${folder}`, "about:blank"], { stdio: ["ignore", "ignore", "pipe"] });
  for await (const chunk of browser.stderr) {
    const port = String(chunk).match(/ws:\/\/127\.0\.0\.1:(\d+)/)?.[1];
    if (port) {
      browser.stderr.resume();
      return { browser, port: Number(port) };
    }
  }
  throw new Error("the browser ended before it could be steered");
}

const installation = new Installation();
const folder = mkdtempSync(join(tmpdir(), "bellwether-lighthouse-"));
const { browser, port } = await steered(folder);
try {
  const start = await installation.serve("demo");
  const dashboard = await fetch(start).then((answer) => answer.url);
  const portfolio = dashboard.split("/").at(-1);
  const pages = { dashboard, transactions: `${start}/portfolio/${portfolio}/transactions`, monitoring: `${start}/monitoring` };
  console.log("\n| page | performance | accessibility | best practices | SEO | first contentful paint | largest | interactive | blocking | layout shift |");
  console.log("|---|---|---|---|---|---|---|---|---|---|");
  const complaints = new Map();
  for (const [name, address] of Object.entries(pages)) {
    for (const form of ["desktop", "phone"]) {
      const { lhr } = await lighthouse(address, { port, output: "json", logLevel: "error" }, form === "desktop" ? desktopConfig : undefined);
      const grades = CATEGORIES.map((of) => Math.round((lhr.categories[of]?.score ?? NaN) * 100));
      const value = (audit) => lhr.audits[audit]?.numericValue ?? NaN;
      const times = ["first-contentful-paint", "largest-contentful-paint", "interactive", "total-blocking-time"].map((of) => `${value(of).toFixed(0)} ms`);
      console.log(`| ${name}, ${form} | ${[...grades, ...times, value("cumulative-layout-shift").toFixed(3)].join(" | ")} |`);
      for (const audit of Object.values(lhr.audits)) {
        const isGraded = Object.values(lhr.categories).some((of) => of.auditRefs.some(({ id, weight }) => id === audit.id && weight > 0));
        if (isGraded && audit.score !== null && audit.score < 0.9) complaints.set(`${name}, ${form}: ${audit.title}`, audit.displayValue ?? "");
      }
    }
  }
  for (const [complaint, value] of complaints) console.log(`- ${complaint} ${value}`);
} finally {
  browser.kill();
  await new Promise((done) => browser.once("exit", done));
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  await installation.close();
}
