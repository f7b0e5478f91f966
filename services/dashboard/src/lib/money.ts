import { addDecimals, type Decimal, formatDecimal, multiplyDecimals, parseDecimal } from "./decimal";

/** google.type.Money as JSON: units are a string of digits, nanos billionths with the same sign; 0 is left out. */
export interface Money {
  readonly currencyCode?: string;
  readonly units?: string;
  readonly nanos?: number;
}

const NANOS_SCALE = 9;

export function moneyToDecimal(money: Money): Decimal {
  const units = /^-?\d+$/.test(money.units ?? "") ? BigInt(money.units ?? "0") : 0n;
  return { digits: units * 10n ** BigInt(NANOS_SCALE) + BigInt(money.nanos ?? 0), scale: NANOS_SCALE };
}

const fractions = new Map<string, number>();

/** How many decimals the currency usually has: 2 for USD, 0 for JPY. */
export function fractionDigits(currencyCode: string): number {
  const known = fractions.get(currencyCode);
  if (known !== undefined) return known;
  let digits = 2;
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency: currencyCode });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    // A code that is none is shown as it came.
  }
  fractions.set(currencyCode, digits);
  return digits;
}

/** Every digit, at least as many decimals as the currency has, without the currency's code. */
export function formatAmount(money: Money | undefined): string {
  if (!money) return "";
  return formatDecimal(moneyToDecimal(money), fractionDigits(money.currencyCode ?? ""));
}

/** "1,234.50 USD" */
export function formatMoney(money: Money | undefined): string {
  return money ? `${formatAmount(money)} ${money.currencyCode ?? ""}`.trimEnd() : "";
}

/** The exact price of a line; undefined where the quantity is no decimal or there is no price. */
export function lineTotal(quantity: string | undefined, unitPrice: Money | undefined): string | undefined {
  const count = parseDecimal(quantity ?? "");
  if (!count || !unitPrice) return undefined;
  const total = multiplyDecimals(count, moneyToDecimal(unitPrice));
  return formatDecimal(total, fractionDigits(unitPrice.currencyCode ?? ""));
}

/** The exact sum of amounts of one currency. */
export function sumAmounts(amounts: readonly Money[]): string {
  const zero: Decimal = { digits: 0n, scale: 0 };
  const sum = amounts.reduce((total, money) => addDecimals(total, moneyToDecimal(money)), zero);
  return formatDecimal(sum, fractionDigits(amounts[0]?.currencyCode ?? ""));
}
