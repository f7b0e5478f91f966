/** Exact decimals: an integer and how many of its digits stand behind the point. Never a binary float. */
export interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?$/;

/** Reads a plain decimal such as "5", "-0.25"; undefined for anything else. */
export function parseDecimal(text: string): Decimal | undefined {
  const match = DECIMAL.exec(text.trim());
  if (!match) return undefined;
  const [, sign = "", whole = "", fraction = ""] = match;
  const digits = BigInt(whole + fraction);
  return { digits: sign === "-" ? -digits : digits, scale: fraction.length };
}

const power = (exponent: number) => 10n ** BigInt(exponent);

export function addDecimals(a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale);
  return { digits: a.digits * power(scale - a.scale) + b.digits * power(scale - b.scale), scale };
}

export function multiplyDecimals(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, scale: a.scale + b.scale };
}

/** Three digits a group, counted from the right. */
export function groupDigits(digits: string, separator = ","): string {
  return digits.replace(/\B(?=(\d{3})+(?!\d))/g, separator);
}

/** Writes every digit that matters, and zeros up to `minimumFraction` digits behind the point. */
export function formatDecimal(value: Decimal, minimumFraction = 0): string {
  const negative = value.digits < 0n;
  const text = (negative ? -value.digits : value.digits).toString().padStart(value.scale + 1, "0");
  const whole = text.slice(0, text.length - value.scale);
  const fraction = text
    .slice(text.length - value.scale)
    .replace(/0+$/, "")
    .padEnd(minimumFraction, "0");
  return `${negative ? "-" : ""}${groupDigits(whole)}${fraction ? `.${fraction}` : ""}`;
}

/** A decimal as the API writes it, for people; what is no plain decimal is shown as it is. */
export function formatDecimalText(text: string | undefined, minimumFraction = 0): string {
  const value = parseDecimal(text ?? "");
  return value ? formatDecimal(value, minimumFraction) : (text ?? "");
}

/** A fraction of 1 as a percentage: "0.08" is "8 %". */
export function formatRate(text: string | undefined): string {
  const value = parseDecimal(text ?? "");
  return value ? `${formatDecimal(multiplyDecimals(value, { digits: 100n, scale: 0 }))} %` : (text ?? "");
}
