/** Steps into a JSON value: names of members and indexes of elements. */
export type JsonPath = readonly (string | number)[];

/** In a pattern of paths: every element of an array. */
export const EVERY = Symbol("every element");
export type PathPattern = readonly (string | number | typeof EVERY)[];

const STEP = /(?:^|\.)([^.[\]"\s]+)|\[(?:(\d+)|("(?:[^"\\]|\\.)*"))?\]/y;

/** Reads `order.ref`, `lines[0].CustomerID`, `lines[].price` and `["odd.name"]`; undefined for what is no path. */
export function parsePath(text: string): PathPattern | undefined {
  const path: (string | number | typeof EVERY)[] = [];
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (!found) return undefined;
    at = STEP.lastIndex;
    const [, name, index, quoted] = found;
    if (name !== undefined) path.push(name);
    else if (index !== undefined) path.push(Number(index));
    else path.push(quoted === undefined ? EVERY : (JSON.parse(quoted) as string));
  }
  return path.length > 0 ? path : undefined;
}

export function formatPath(path: PathPattern): string {
  let text = "";
  for (const step of path) {
    if (step === EVERY) text += "[]";
    else if (typeof step === "number") text += `[${step}]`;
    else if (/^[^.[\]"\s]+$/.test(step)) text += text ? `.${step}` : step;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
