import { useSyncExternalStore } from "react";

/** A setting of this device: kept in localStorage where that is allowed, the same in all tabs. */
export interface Preference<T> {
  get(): T;
  set(value: T): void;
  subscribe(listener: () => void): () => void;
}

const PREFIX = "ordermesh.";

function load(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

function save(key: string, value: unknown): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value));
  } catch {
    // Where nothing may be stored the setting holds until the page is closed.
  }
}

/** `accept` turns what was stored into a value, or undefined where it is none; then `initial` counts. */
export function createPreference<T>(
  key: string,
  initial: T,
  accept: (stored: unknown) => T | undefined,
): Preference<T> {
  const listeners = new Set<() => void>();
  const read = () => accept(load(key)) ?? initial;
  let value = read();
  const tell = () => listeners.forEach((listener) => listener());
  globalThis.addEventListener?.("storage", (event) => {
    if (event.key !== PREFIX + key) return;
    value = read();
    tell();
  });
  return {
    get: () => value,
    set(next) {
      value = next;
      save(key, next);
      tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

export function usePreference<T>(preference: Preference<T>): [T, (value: T) => void] {
  return [useSyncExternalStore(preference.subscribe, preference.get), preference.set];
}

export const oneOf =
  <T extends string>(values: readonly T[]) =>
  (stored: unknown): T | undefined =>
    values.find((value) => value === stored);
