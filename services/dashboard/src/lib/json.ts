/**
 * Lays JSON out without reading its values: numbers, escapes and the order of members stay as they were written, which
 * JSON.parse and JSON.stringify would not keep. Undefined where the text is no JSON.
 */
export function prettyJson(text: string, indent = "  "): string | undefined {
  try {
    JSON.parse(text);
  } catch {
    return undefined;
  }
  return layOut(text, indent);
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/g;

function layOut(text: string, indent: string): string {
  const out: string[] = [];
  let depth = 0;
  let opened = false;
  const newLine = () => out.push(`\n${indent.repeat(depth)}`);
  for (const [token] of text.matchAll(TOKEN)) {
    const closes = token === "}" || token === "]";
    if (closes) depth -= 1;
    // An empty object or list stays on its line.
    if (opened !== closes && (opened || closes)) newLine();
    opened = token === "{" || token === "[";
    if (opened) depth += 1;
    out.push(token === ":" ? ": " : token);
    if (token === ",") newLine();
  }
  return out.join("");
}
