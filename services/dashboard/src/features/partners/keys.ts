import type { ApiKey } from "@/api";

export type KeyState = "live" | "expired" | "revoked";

export function keyState(key: ApiKey, now: number = Date.now()): KeyState {
  if (key.revokeTime) return "revoked";
  return key.expireTime && Date.parse(key.expireTime) <= now ? "expired" : "live";
}

export const MOST_LIVE_KEYS = 2;

export function liveKeys(keys: readonly ApiKey[], now: number = Date.now()): ApiKey[] {
  return keys.filter((key) => keyState(key, now) === "live");
}

const DAY = 86_400_000;

export const LIFETIMES = [
  { value: "never", label: "Never", days: 0 },
  { value: "30", label: "In 30 days", days: 30 },
  { value: "90", label: "In 90 days", days: 90 },
  { value: "365", label: "In a year", days: 365 },
] as const;

export type Lifetime = (typeof LIFETIMES)[number]["value"];

export function expiryOf(lifetime: Lifetime, now: number = Date.now()): string | undefined {
  const days = LIFETIMES.find(({ value }) => value === lifetime)?.days ?? 0;
  return days > 0 ? new Date(now + days * DAY).toISOString() : undefined;
}

/** Whether somebody seems to be using the key: revoking it would then be felt. */
export function usedLately(key: ApiKey, now: number = Date.now()): boolean {
  return key.lastUsedTime !== undefined && now - Date.parse(key.lastUsedTime) < DAY;
}
