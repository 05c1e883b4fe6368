// Bundles the interface into the folder named by the first argument: content-hashed names, each file beside its
// gzip and brotli forms, and a manifest from entry name to file name. `cargo build` runs it and embeds the result.
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const out = process.argv[2] ?? "dist";
rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });

// A class for each width of a column, in halves of a digit; the server chooses among them.
const columnWidths = {
  name: "column-widths",
  setup(build) {
    build.onResolve({ filter: /^column-widths$/ }, ({ path }) => ({ path, namespace: "column-widths" }));
    build.onLoad({ filter: /.*/, namespace: "column-widths" }, () => ({
      loader: "css",
      contents: Array.from({ length: 64 }, (_, n) =>
        `.c${n + 1}{width:calc(${(n + 1) / 2}ch + var(--gap) + var(--beside,0px))}`).join(""),
    }));
  },
};

// Small and without state: each file has its own, so that what every page begins with waits for no other file.
const inEach = {
  name: "in-each",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/(texts|sections)$/ }, ({ path, resolveDir, importer }) => ({
      path: join(resolveDir, `${path}.ts`),
      suffix: `?${basename(importer)}`,
    }));
  },
};

const { metafile } = await build({
  entryPoints: ["src/app.ts", "src/look.ts", "src/app.css"],
  entryNames: "[name]-[hash]",
  chunkNames: "chunk-[hash]",
  outdir: out,
  bundle: true,
  plugins: [columnWidths, inEach],
  splitting: true,
  format: "esm",
  target: "es2022",
  minify: true,
  metafile: true,
  legalComments: "none",
  logLevel: "warning",
});

const manifest = {};
for (const [file, { entryPoint }] of Object.entries(metafile.outputs)) {
  if (entryPoint) manifest[basename(entryPoint).replace(/\.ts$/, ".js")] = basename(file);
}
// Stands in the pages themselves: the policy for their content names it by its digest.
const look = readFileSync(join(out, manifest["look.js"]), "utf8").trim();
manifest["look.sha256"] = createHash("sha256").update(look).digest("base64");
for (const name of readdirSync(out)) {
  const bytes = readFileSync(join(out, name));
  writeFileSync(join(out, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
  writeFileSync(join(out, `${name}.br`), brotliCompressSync(bytes, quality));
}
writeFileSync(join(out, "manifest.json"), JSON.stringify(manifest));
