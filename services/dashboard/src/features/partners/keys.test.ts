import { describe, expect, it } from "vitest";
import { expiryOf, keyState, liveKeys, usedLately } from "./keys";

const NOW = Date.parse("2026-11-22T12:00:00Z");

describe("a key", () => {
  it("is live until it expires or is revoked", () => {
    expect(keyState({}, NOW)).toBe("live");
    expect(keyState({ expireTime: "2026-11-22T12:00:01Z" }, NOW)).toBe("live");
    expect(keyState({ expireTime: "2026-11-22T12:00:00Z" }, NOW)).toBe("expired");
    expect(keyState({ expireTime: "2026-11-22T11:00:00Z", revokeTime: "2026-11-21T12:00:00Z" }, NOW)).toBe("revoked");
  });

  it("counts among the live ones only while it is", () => {
    const keys = [{ keyId: "a" }, { keyId: "b", revokeTime: "2026-11-21T12:00:00Z" }];
    expect(liveKeys(keys, NOW).map(({ keyId }) => keyId)).toEqual(["a"]);
  });

  it("expires after the chosen time, or never", () => {
    expect(expiryOf("never", NOW)).toBeUndefined();
    expect(expiryOf("30", NOW)).toBe("2026-12-22T12:00:00.000Z");
  });

  it("that was used within a day is told apart, because revoking it is felt", () => {
    expect(usedLately({ lastUsedTime: "2026-11-22T00:00:00Z" }, NOW)).toBe(true);
    expect(usedLately({ lastUsedTime: "2026-11-20T00:00:00Z" }, NOW)).toBe(false);
    expect(usedLately({}, NOW)).toBe(false);
  });
});
