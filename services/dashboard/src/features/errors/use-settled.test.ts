import { act, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { useSettled } from "./use-settled";

describe("a value that settles", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("is taken over once nothing has changed for a while, the last one only", () => {
    const { result, rerender } = renderHook(({ text }) => useSettled(text, 400), { initialProps: { text: "a" } });
    expect(result.current).toEqual({ value: "a", turn: 0 });
    rerender({ text: "ab" });
    act(() => void vi.advanceTimersByTime(300));
    rerender({ text: "abc" });
    act(() => void vi.advanceTimersByTime(300));
    expect(result.current.value).toBe("a");
    act(() => void vi.advanceTimersByTime(100));
    expect(result.current).toEqual({ value: "abc", turn: 1 });
  });
  it("asks for nothing where the text is as it was again", () => {
    const { result, rerender } = renderHook(({ text }) => useSettled(text, 400), { initialProps: { text: "a" } });
    rerender({ text: "ab" });
    rerender({ text: "a" });
    act(() => void vi.advanceTimersByTime(1000));
    expect(result.current.turn).toBe(0);
  });
});
