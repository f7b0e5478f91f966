// Prints what a browser loads first, gzipped, and fails above the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const budget = 250_000;
const dist = new URL("../dist/", import.meta.url);
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const sizeOf = (file) => gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length;

/** Every file that the chunk needs at once: itself, its static imports, their styles. */
function filesOf(key, seen = new Set()) {
  const chunk = manifest[key];
  if (!chunk || seen.has(chunk.file)) return seen;
  seen.add(chunk.file);
  for (const style of chunk.css ?? []) seen.add(style);
  for (const next of chunk.imports ?? []) filesOf(next, seen);
  return seen;
}

const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const first = filesOf(entry);
const firstSize = [...first].reduce((sum, file) => sum + sizeOf(file), sizeOf("index.html") + sizeOf("theme.js"));
const lines = [["first load", firstSize]];
for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const own = [...filesOf(key)].filter((file) => !first.has(file));
  lines.push([key, own.reduce((sum, file) => sum + sizeOf(file), 0)]);
}
for (const [name, size] of lines) console.log(`${(size / 1000).toFixed(1).padStart(8)} KB  ${name}`);

const overview = Object.keys(manifest).find((key) => key.includes("features/overview/overview-page"));
const page = [...filesOf(overview)].filter((file) => !first.has(file)).reduce((sum, file) => sum + sizeOf(file), 0);
console.log(`${((firstSize + page) / 1000).toFixed(1).padStart(8)} KB  first load with the overview`);
if (firstSize + page > budget) {
  console.error(`The first load is above ${budget / 1000} KB.`);
  process.exit(1);
}
