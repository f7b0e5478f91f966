import { groupDigits } from "./decimal";

/** Reads a 64-bit count, which the API writes as a string of digits and leaves out where it is 0. */
export function parseCount(text: string | undefined): bigint {
  return text && /^-?\d+$/.test(text) ? BigInt(text) : 0n;
}

export function formatCount(value: string | bigint | number | undefined): string {
  const text = typeof value === "string" ? parseCount(value).toString() : (value ?? 0).toString();
  return groupDigits(text);
}

/** "1 order", "2 orders": the plural is the singular with an s unless it is given. */
export function countOf(
  value: string | bigint | number | undefined,
  singular: string,
  plural = `${singular}s`,
): string {
  const text = formatCount(value);
  return `${text} ${text === "1" ? singular : plural}`;
}

/** A share of 1 for a display with one decimal: 0.0312 is "3.1 %". */
export function formatShare(share: number): string {
  if (share > 0 && share < 0.0005) return "< 0.1 %";
  return `${(share * 100).toFixed(1)} %`;
}

const BYTE_UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < BYTE_UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${BYTE_UNITS[unit]}`;
}
