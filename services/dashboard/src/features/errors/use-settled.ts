import { useEffect, useState } from "react";

export interface Settled<T> {
  readonly value: T;
  /** Rises with every value that has settled. */
  readonly turn: number;
}

/** A value once it has not changed for a while. */
export function useSettled<T>(value: T, delay: number): Settled<T> {
  const [settled, setSettled] = useState<Settled<T>>({ value, turn: 0 });
  useEffect(() => {
    if (settled.value === value) return undefined;
    const timer = setTimeout(() => setSettled((old) => ({ value, turn: old.turn + 1 })), delay);
    return () => clearTimeout(timer);
  }, [value, delay, settled.value]);
  return settled;
}
