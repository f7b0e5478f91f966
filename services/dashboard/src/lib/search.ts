/** Search parameters of a page's address, before anybody has looked at them. */
export type RawSearch = Record<string, unknown>;

/**
 * A text parameter, undefined where it is missing or empty. Every parameter is a text (src/app/router.tsx): read as
 * numbers, long ids would lose digits.
 */
export function textParameter(search: RawSearch, name: string): string | undefined {
  const value = search[name];
  return typeof value === "string" && value.trim() !== "" ? value.trim() : undefined;
}

export function choiceParameter<T extends string>(
  search: RawSearch,
  name: string,
  values: readonly T[],
): T | undefined {
  return values.find((value) => value === search[name]);
}

/** A time in RFC 3339. */
export function timeParameter(search: RawSearch, name: string): string | undefined {
  const text = textParameter(search, name);
  return text && !Number.isNaN(Date.parse(text)) ? text : undefined;
}
