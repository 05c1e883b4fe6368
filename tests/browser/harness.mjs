// Starts the real program on a free port and a real browser against it.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import axe from "axe-core";
import { chromium } from "playwright-core";

export const project = resolve(fileURLToPath(import.meta.url), "../../..");
const binary = process.env.BELLWETHER_BIN ?? join(project, "target/debug/bellwether");

/** A folder with a database of its own, and the program run on it. */
export class Installation {
  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), "bellwether-test-"));
    this.environment = {
      PATH: process.env.PATH,
      HOME: this.folder,
      BELLWETHER_DATABASE: join(this.folder, "test.sqlite"),
      BELLWETHER_UPSTREAM: "none",
      BELLWETHER_LISTEN: "127.0.0.1:0",
      BELLWETHER_LOG: "warn",
      BELLWETHER_SIGN_IN: "off",
    };
    this.servers = [];
  }

  /** Runs a command to its end; throws with its words when it fails. */
  run(...args) {
    const done = spawnSync(binary, args, { env: this.environment, encoding: "utf8" });
    if (done.status !== 0) throw new Error(`bellwether ${args.join(" ")}: ${done.stderr || done.error}`);
    return done.stdout;
  }

  /** Starts a command that serves; resolves with its address once it listens. */
  async serve(...args) {
    const server = spawn(binary, args, { env: this.environment, stdio: ["ignore", "pipe", "inherit"] });
    this.servers.push(server);
    let printed = "";
    for await (const chunk of server.stdout) {
      printed += chunk;
      const address = printed.match(/http:\/\/[\d.:]+/);
      if (address) {
        server.address = address[0];
        server.stdout.resume();
        return address[0];
      }
    }
    throw new Error(`bellwether ${args.join(" ")} ended without listening: ${printed}`);
  }

  /** Ends the command that serves at an address, without a farewell when `signal` is SIGKILL. */
  async end(address, signal = "SIGTERM") {
    for (const server of this.servers.filter((candidate) => candidate.address === address)) await end(server, signal);
  }

  async close() {
    for (const server of this.servers) await end(server, "SIGTERM");
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function end(server, signal) {
  const ended = new Promise((done) => server.once("exit", done));
  if (server.exitCode === null && server.signalCode === null && server.kill(signal)) await ended;
}

export const PHONE = { width: 360, height: 740 };
export const TABLET = { width: 768, height: 1024 };
export const DESKTOP = { width: 1280, height: 900 };

/** One browser for a file of tests. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
}

/** A page that remembers console errors and requests to other hosts. */
export async function open(browser, url, options = {}) {
  const context = await browser.newContext({ viewport: DESKTOP, locale: "en-GB", ...options });
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => message.type() === "error" && page.complaints.push(message.text()));
  page.on("pageerror", (error) => page.complaints.push(String(error)));
  page.on("request", (request) => {
    const asked = new URL(request.url());
    if (asked.protocol !== "data:" && asked.host !== new URL(url).host) page.complaints.push(`asked ${asked.host}`);
  });
  const answer = await page.goto(url);
  page.status = answer?.status();
  if (options.javaScriptEnabled !== false) await ready(page);
  return page;
}

/**
 * Resolves once the page has loaded and its script answers. A page may keep a connection open for as long as it is
 * looked at, so a silent network is no sign of that.
 */
export async function ready(page) {
  await page.waitForLoadState("load");
  await page.locator("html[data-ready]").waitFor({ state: "attached" });
}

/** Accessibility rules that the page breaks, one line each. */
export async function violations(page) {
  // Evaluated over the debugging protocol, which the page's content security policy does not concern.
  await page.evaluate(axe.source);
  const result = await page.evaluate(() => globalThis.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }));
  return result.violations.map((v) => `${v.id}: ${v.help} (${v.nodes.map((n) => n.target.join(" ")).join("; ")})`);
}

/** Keeps a picture of the page when SCREENSHOTS names a folder. */
export async function picture(page, name) {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), fullPage: true });
}
