// Makes ccr_middleware/ui_static/vendor/ from the packages that package-lock.json names: `npm ci && npm run build`.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const VENDOR = join(HERE, "../../ccr_middleware/ui_static/vendor");
const BUNDLES = ["view", "chart", "editor"];

async function bundle(name) {
  const { metafile } = await build({
    entryPoints: [join(HERE, "entries", `${name}.js`)],
    outfile: join(VENDOR, `${name}.js`),
    absWorkingDir: HERE,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    legalComments: "none",
    metafile: true,
    define: { "process.env.NODE_ENV": '"production"' },
  });
  return Object.keys(metafile.inputs);
}

function packageOf(path) {
  const found = /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path);
  return found && found[1];
}

async function licence(name) {
  const folder = join(HERE, "node_modules", name);
  const about = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
  const file = (await readdir(folder)).find((entry) => /^licen[sc]e(\.\w+)?$/i.test(entry));
  const text = file ? (await readFile(join(folder, file), "utf8")).trim() : about.license;
  return { name, version: about.version, license: about.license, text };
}

async function hashes(files) {
  const entries = [];
  for (const file of files.sort()) {
    const digest = createHash("sha256").update(await readFile(join(VENDOR, file))).digest("hex");
    entries.push([file, digest]);
  }
  return Object.fromEntries(entries);
}

async function main() {
  await rm(VENDOR, { recursive: true, force: true });
  await mkdir(VENDOR, { recursive: true });
  const inputs = (await Promise.all(BUNDLES.map(bundle))).flat();
  await writeFile(join(VENDOR, "chart.css"), await readFile(join(HERE, "node_modules/uplot/dist/uPlot.min.css")));
  const names = [...new Set(inputs.map(packageOf).filter(Boolean))].sort();
  const packages = await Promise.all(names.map(licence));
  const texts = packages.map((one) => `${one.name} ${one.version} (${one.license})\n\n${one.text}\n`);
  await writeFile(join(VENDOR, "LICENSES.txt"), texts.join(`\n${"-".repeat(78)}\n\n`));
  const files = (await readdir(VENDOR)).filter((file) => basename(file) !== "hashes.json");
  const record = {
    packages: packages.map(({ name, version, license }) => ({ name, version, license })),
    sha256: await hashes(files),
  };
  await writeFile(join(VENDOR, "hashes.json"), `${JSON.stringify(record, null, 2)}\n`);
}

await main();
