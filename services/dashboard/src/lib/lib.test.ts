import { describe, expect, test } from "vitest";
import { decodeText, encodeText, hexOfBase64 } from "./bytes";
import { countOf, formatBytes, formatCount, formatShare, parseCount } from "./count";
import { addDecimals, formatDecimal, formatDecimalText, formatRate, multiplyDecimals, parseDecimal } from "./decimal";
import { isUuid, newRequestId, shortId } from "./ids";
import { prettyJson } from "./json";
import { formatAmount, formatMoney, lineTotal, sumAmounts } from "./money";
import { textParameter, timeParameter } from "./search";

const decimal = (text: string) => parseDecimal(text) ?? { digits: 0n, scale: 0 };

describe("decimals", () => {
  test("keep every digit, far beyond what a double holds", () => {
    expect(formatDecimalText("12345678901234567890.123456789")).toBe("12,345,678,901,234,567,890.123456789");
  });
  test("are added and multiplied exactly", () => {
    expect(formatDecimal(addDecimals(decimal("0.1"), decimal("0.2")))).toBe("0.3");
    expect(formatDecimal(multiplyDecimals(decimal("0.25"), decimal("-4.20")))).toBe("-1.05");
  });
  test("lose only zeros at the end, down to the least number of decimals", () => {
    expect(formatDecimalText("5.500")).toBe("5.5");
    expect(formatDecimalText("5.500", 2)).toBe("5.50");
    expect(formatDecimalText("-0.05")).toBe("-0.05");
  });
  test("that are none are shown as they came", () => {
    expect(parseDecimal("1e5")).toBeUndefined();
    expect(formatDecimalText("1e5")).toBe("1e5");
    expect(formatDecimalText(undefined)).toBe("");
  });
  test("as a fraction of 1 are percentages", () => {
    expect(formatRate("0.08")).toBe("8 %");
    expect(formatRate("0.0825")).toBe("8.25 %");
  });
});

describe("money", () => {
  test("shows units and nanos as one amount with the currency's decimals", () => {
    expect(formatMoney({ currencyCode: "USD", units: "1234", nanos: 500_000_000 })).toBe("1,234.50 USD");
    expect(formatMoney({ currencyCode: "JPY", units: "1234" })).toBe("1,234 JPY");
  });
  test("shows more decimals where there are more", () => {
    expect(formatAmount({ currencyCode: "EUR", units: "42658", nanos: 658_400_000 })).toBe("42,658.6584");
  });
  test("takes a missing part as zero and negative parts together", () => {
    expect(formatAmount({ currencyCode: "BRL" })).toBe("0.00");
    expect(formatAmount({ currencyCode: "USD", nanos: -50_000_000 })).toBe("-0.05");
    expect(formatAmount({ currencyCode: "USD", units: "-3", nanos: -250_000_000 })).toBe("-3.25");
  });
  test("holds the largest 64-bit amount", () => {
    expect(formatAmount({ currencyCode: "USD", units: "9223372036854775807", nanos: 999_999_999 })).toBe(
      "9,223,372,036,854,775,807.999999999",
    );
  });
  test("of a line is quantity times price, exactly", () => {
    expect(lineTotal("3", { currencyCode: "USD", units: "0", nanos: 100_000_000 })).toBe("0.30");
    expect(lineTotal("0.333333333", { currencyCode: "USD", units: "0", nanos: 1 })).toBe("0.000000000333333333");
    expect(lineTotal("many", { currencyCode: "USD" })).toBeUndefined();
  });
  test("is summed without rounding", () => {
    const dime = { currencyCode: "USD", nanos: 100_000_000 };
    expect(sumAmounts([dime, dime, dime])).toBe("0.30");
  });
});

describe("counts", () => {
  test("are strings of digits that stay exact", () => {
    expect(formatCount("9007199254740993")).toBe("9,007,199,254,740,993");
    expect(parseCount(undefined)).toBe(0n);
    expect(parseCount("x")).toBe(0n);
  });
  test("come with the right noun", () => {
    expect(countOf("1", "order")).toBe("1 order");
    expect(countOf(2000, "order")).toBe("2,000 orders");
    expect(countOf(undefined, "entry", "entries")).toBe("0 entries");
  });
  test("as shares and sizes are short", () => {
    expect(formatShare(0.03124)).toBe("3.1 %");
    expect(formatShare(0.0001)).toBe("< 0.1 %");
    expect(formatShare(0)).toBe("0.0 %");
    expect(formatBytes(797)).toBe("797 B");
    expect(formatBytes(1536)).toBe("1.5 KiB");
    expect(formatBytes(300 * 1024 * 1024)).toBe("300 MiB");
  });
});

describe("ids", () => {
  test("are recognised in any case and with blanks around", () => {
    expect(isUuid(" 00000000-1EDC-8000-92b1-1864ea11b3bc ")).toBe(true);
    expect(isUuid("SKU-151")).toBe(false);
  });
  test("of requests are 32 hexadecimal digits, each another", () => {
    expect(newRequestId()).toMatch(/^[0-9a-f]{32}$/);
    expect(newRequestId()).not.toBe(newRequestId());
  });
  test("are cut in the middle only where they are long", () => {
    expect(shortId("00000000-1edc-8000-92b1-1864ea11b3bc")).toBe("00000000-1edc…b3bc");
    expect(shortId("SKU-151")).toBe("SKU-151");
  });
});

describe("JSON that is laid out", () => {
  test("keeps numbers, escapes and the order of members as they were written", () => {
    const text = '{"b":1.10,"a":12345678901234567890,"u":"\\u00e9\\"{"}';
    const pretty = '{\n  "b": 1.10,\n  "a": 12345678901234567890,\n  "u": "\\u00e9\\"{"\n}';
    expect(prettyJson(text)).toBe(pretty);
  });
  test("leaves empty objects and lists on their line", () => {
    expect(prettyJson('{"a":{},"b":[],"c":[1,[]]}')).toBe(
      '{\n  "a": {},\n  "b": [],\n  "c": [\n    1,\n    []\n  ]\n}',
    );
  });
  test("is none where the text is none", () => {
    expect(prettyJson("{")).toBeUndefined();
  });
});

describe("bytes", () => {
  test("go to text and back, a byte order mark included", () => {
    const text = '\ufeff{"name": "Zoë"}\r\n';
    expect(decodeText(encodeText(text))).toBe(text);
  });
  test("that are no UTF-8 are no text", () => {
    expect(decodeText(btoa("\xff\xfe"))).toBeUndefined();
  });
  test("of a hash are shown in hexadecimal digits", () => {
    expect(hexOfBase64(btoa("\x00\xab"))).toBe("00ab");
  });
});

describe("search parameters", () => {
  test("are texts, trimmed, and missing where empty", () => {
    expect(textParameter({ a: " 0123 " }, "a")).toBe("0123");
    expect(textParameter({ a: "  " }, "a")).toBeUndefined();
  });
  test("that should be times are dropped where they are none", () => {
    expect(timeParameter({ from: "2026-11-22T00:00:00Z" }, "from")).toBe("2026-11-22T00:00:00Z");
    expect(timeParameter({ from: "yesterday" }, "from")).toBeUndefined();
  });
});
