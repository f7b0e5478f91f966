import { describe, expect, test } from "vitest";
import { formatAgo, formatDateTime, formatDuration, formatPrecise, instantOf, isZone, wallClockOf } from "./time";

const BERLIN = "Europe/Berlin";

describe("times", () => {
  test("are shown in the chosen zone", () => {
    expect(formatDateTime("2026-11-22T03:55:02.729010939Z", "utc")).toBe("2026-11-22 03:55:02");
    expect(formatDateTime("2026-11-22T03:55:02.729010939Z", BERLIN)).toBe("2026-11-22 04:55:02");
  });
  test("keep all nine digits of the second and name the offset", () => {
    expect(formatPrecise("2026-11-22T03:55:02.729010939Z", "utc")).toBe("2026-11-22 03:55:02.729010939 UTC");
    expect(formatPrecise("2026-07-01T12:00:00Z", BERLIN)).toBe("2026-07-01 14:00:00 UTC+2");
    expect(formatPrecise("2026-07-01T12:00:00Z", "Asia/Kolkata")).toBe("2026-07-01 17:30:00 UTC+5:30");
  });
  test("midnight is 00, not 24", () => {
    expect(formatDateTime("2026-11-22T00:00:00Z", "utc")).toBe("2026-11-22 00:00:00");
  });
  test("that are none are empty", () => {
    expect(formatDateTime(undefined, "utc")).toBe("");
    expect(formatPrecise("soon", "utc")).toBe("");
  });
});

describe("a clock in a zone", () => {
  test("names the instant that it shows", () => {
    expect(instantOf("2026-11-22T04:55", BERLIN)).toBe("2026-11-22T03:55:00Z");
    expect(instantOf("2026-07-01T14:00", BERLIN)).toBe("2026-07-01T12:00:00Z");
    expect(instantOf("2026-11-22", "utc")).toBe("2026-11-22T00:00:00Z");
    expect(instantOf("", "utc")).toBeUndefined();
  });
  test("is right on both sides of a change of the clocks", () => {
    expect(instantOf("2026-10-25T01:30", BERLIN)).toBe("2026-10-24T23:30:00Z");
    expect(instantOf("2026-10-25T03:30", BERLIN)).toBe("2026-10-25T02:30:00Z");
    expect(instantOf("2026-03-29T01:30", BERLIN)).toBe("2026-03-29T00:30:00Z");
    expect(instantOf("2026-03-29T03:30", BERLIN)).toBe("2026-03-29T01:30:00Z");
  });
  test("shows both offsets of the week in which it is changed", () => {
    expect(formatPrecise("2026-10-25T00:59:59Z", BERLIN)).toBe("2026-10-25 02:59:59 UTC+2");
    expect(formatPrecise("2026-10-25T01:00:00Z", BERLIN)).toBe("2026-10-25 02:00:00 UTC+1");
    expect(formatPrecise("2026-10-25T01:00:00Z", "America/St_Johns")).toBe("2026-10-24 22:30:00 UTC-2:30");
  });
  test("leads back to what was typed", () => {
    expect(wallClockOf(instantOf("2026-11-22T04:55", BERLIN), BERLIN)).toBe("2026-11-22T04:55");
    expect(wallClockOf(undefined, BERLIN)).toBe("");
  });
});

test("how long ago something was is said in the largest unit that fits", () => {
  const now = Date.parse("2026-11-22T12:00:00Z");
  expect(formatAgo("2026-11-22T11:59:58Z", now)).toBe("just now");
  expect(formatAgo("2026-11-22T11:57:01Z", now)).toBe("2 minutes ago");
  expect(formatAgo("2026-11-22T14:00:00Z", now)).toBe("in 2 hours");
  expect(formatAgo("2026-11-20T11:00:00Z", now)).toBe("2 days ago");
});

test("durations are short", () => {
  expect(formatDuration(420)).toBe("420 ms");
  expect(formatDuration(3200)).toBe("3.2 s");
  expect(formatDuration(65_000)).toBe("1 min 5 s");
  expect(formatDuration(3_900_000)).toBe("1 h 5 min");
});

test("only zones that exist are zones", () => {
  expect(isZone("utc")).toBe(true);
  expect(isZone(BERLIN)).toBe(true);
  expect(isZone("Mars/Olympus")).toBe(false);
});
