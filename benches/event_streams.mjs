// Opens event streams on a running server and measures what they cost and how soon a changed price is in all of them.
//
//   bellwether serve &   (or: bellwether demo)
//   node benches/event_streams.mjs http://127.0.0.1:8080 PORTFOLIO TICKER PID [STREAMS] [ROUNDS]
//
// Streams come from many addresses of the loopback network, for one address may open 128.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { request } from "node:http";

const [base, portfolio, ticker, pid, streams = "1000", rounds = "10"] = process.argv.slice(2);
if (!pid) throw new Error("usage: event_streams.mjs ADDRESS PORTFOLIO TICKER PID [STREAMS] [ROUNDS]");
const count = Number(streams);
const ticks = Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));

const sleep = (ms) => new Promise((resume) => setTimeout(resume, ms));
const memory = () => Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+)/)[1]);
function cpuMs() {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / ticks) * 1000;
}
const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];

let told = () => {};
function listen(n) {
  const localAddress = `127.0.${1 + Math.floor(n / 100)}.1`;
  return new Promise((open, fail) => {
    const asked = request(`${base}/api/v1/events?portfolio=${portfolio}`, { localAddress, agent: false }, (answer) => {
      if (answer.statusCode !== 200) return fail(new Error(`stream ${n}: ${answer.statusCode}`));
      answer.setEncoding("utf8");
      let isOpen = false;
      answer.on("data", (chunk) => {
        if (!isOpen && chunk.includes("event: figures")) open((isOpen = true));
        else if (chunk.includes("event: figures")) told(n);
      });
    });
    asked.on("error", fail);
    asked.end();
  });
}

await fetch(`${base}/dashboard/${portfolio}`).then((answer) => answer.text());
await sleep(1000);
const before = { memory: memory(), cpu: cpuMs() };
for (let n = 0; n < count; n += 50) {
  await Promise.all(Array.from({ length: Math.min(50, count - n) }, (_, m) => listen(n + m)));
}
await sleep(2000);
const opened = { memory: memory(), cpu: cpuMs() };
console.log(`${count} streams open: ${((opened.memory - before.memory) / count).toFixed(1)} KiB each, ${((opened.cpu - before.cpu) / count).toFixed(2)} ms CPU to open each`);

await sleep(30_000);
console.log(`silent: ${((cpuMs() - opened.cpu) / 30).toFixed(2)} ms CPU a second for all, heartbeats included`);

const waits = [];
const busy = cpuMs();
for (let round = 0; round < Number(rounds); round += 1) {
  const heard = new Set();
  const all = new Promise((done) => {
    const sent = performance.now();
    told = (n) => {
      if (heard.has(n)) return;
      heard.add(n);
      waits.push(performance.now() - sent);
      if (heard.size === count) done();
    };
  });
  const body = JSON.stringify({ ticker, price: (100 + round + Math.random()).toFixed(2) });
  await fetch(`${base}/api/prices`, { method: "POST", headers: { "content-type": "application/json" }, body });
  await Promise.race([all, sleep(20_000).then(() => { throw new Error(`${heard.size} of ${count} were told`); })]);
  await sleep(1500);
}
const sorted = waits.sort((a, b) => a - b);
const at = (share) => percentile(sorted, share).toFixed(0);
console.log(`a changed price was in p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, at last ${sorted.at(-1).toFixed(0)} ms after it was sent in`);
console.log(`each change: ${((cpuMs() - busy) / Number(rounds)).toFixed(0)} ms CPU for all, ${(((cpuMs() - busy) / Number(rounds) / count) * 1000).toFixed(0)} µs a stream`);
console.log(`afterwards: ${((memory() - before.memory) / count).toFixed(1)} KiB each`);
process.exit(0);
