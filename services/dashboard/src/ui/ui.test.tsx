import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, test, vi } from "vitest";
import { Combobox } from "./combobox";
import { type Command, KeySequence } from "./commands";
import { gridTemplate, minimumWidth } from "./table-columns";
import { moveCursor } from "./virtual-rows";

describe("keys", () => {
  const commands: Command[] = [
    { id: "orders", label: "Orders", group: "Go to", keys: "g o", run: vi.fn() },
    { id: "help", label: "Help", group: "Help", keys: "?", run: vi.fn() },
    { id: "palette", label: "Search", group: "Help", keys: "mod+k", run: vi.fn() },
  ];
  const press = (sequence: KeySequence, key: string, init: KeyboardEventInit = {}, now = 0, target = document.body) => {
    const event = new KeyboardEvent("keydown", { key, ...init });
    Object.defineProperty(event, "target", { value: target });
    return sequence.press(event, commands, now)?.id;
  };

  test("that follow each other quickly are one shortcut", () => {
    const sequence = new KeySequence();
    expect(press(sequence, "g", {}, 0)).toBeUndefined();
    expect(press(sequence, "o", {}, 500)).toBe("orders");
    expect(press(sequence, "g", {}, 2000)).toBeUndefined();
    expect(press(sequence, "o", {}, 4000)).toBeUndefined();
  });
  test("work alone and with a modifier of either system", () => {
    expect(press(new KeySequence(), "?", { shiftKey: true })).toBe("help");
    expect(press(new KeySequence(), "k", { ctrlKey: true })).toBe("palette");
    expect(press(new KeySequence(), "K", { metaKey: true })).toBe("palette");
  });
  test("typed into a text are not shortcuts, unless with a modifier", () => {
    const input = document.createElement("input");
    expect(press(new KeySequence(), "?", {}, 0, input)).toBeUndefined();
    expect(press(new KeySequence(), "k", { ctrlKey: true }, 0, input)).toBe("palette");
  });
});

describe("a table", () => {
  test("moves its cursor within its rows", () => {
    expect(moveCursor("ArrowDown", -1, 10, 99)).toBe(0);
    expect(moveCursor("k", 0, 10, 99)).toBe(0);
    expect(moveCursor("PageDown", 95, 10, 99)).toBe(99);
    expect(moveCursor("End", 0, 10, 99)).toBe(99);
    expect(moveCursor("x", 0, 10, 99)).toBeUndefined();
  });
  test("shares the room that is left among columns that grow", () => {
    const columns = [
      { id: "a", header: "A", width: 100, cell: () => null },
      { id: "b", header: "B", width: 50, grow: 2, cell: () => null },
    ];
    expect(gridTemplate(columns)).toBe("100px minmax(50px, 2fr)");
    expect(minimumWidth(columns)).toBe(150);
  });
});

describe("a field that suggests", () => {
  function Example({ free }: { readonly free: boolean }) {
    const [value, setValue] = useState("");
    return (
      <>
        <Combobox label="Partner" value={value} onChange={setValue} options={["olist", "retail-uk"]} free={free} />
        <output>{value}</output>
      </>
    );
  }
  const chosen = () => screen.getByRole("status").textContent;

  test("takes a suggestion by the keyboard", async () => {
    render(<Example free={false} />);
    await userEvent.type(screen.getByRole("combobox"), "ret{ArrowDown}{Enter}");
    expect(chosen()).toBe("retail-uk");
  });
  test("takes what is not suggested only where that is allowed", async () => {
    const { unmount } = render(<Example free={false} />);
    await userEvent.type(screen.getByRole("combobox"), "other{Enter}");
    expect(chosen()).toBe("");
    unmount();
    render(<Example free />);
    await userEvent.type(screen.getByRole("combobox"), "other{Enter}");
    expect(chosen()).toBe("other");
  });
});
