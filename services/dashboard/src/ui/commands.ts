import { useEffect, useId, useRef, useSyncExternalStore } from "react";

/** Something that can be done from the command palette, and by keys where it has some. */
export interface Command {
  readonly id: string;
  readonly label: string;
  /** Its heading in the palette: "Go to", "This page". */
  readonly group: string;
  /** "g o": one after the other. "mod+k": together; mod is Ctrl, on a Mac Command. */
  readonly keys?: string;
  run(): void;
}

const owners = new Map<string, readonly Command[]>();
let all: readonly Command[] = [];
const listeners = new Set<() => void>();

function change(owner: string, commands: readonly Command[] | undefined): void {
  if (commands) owners.set(owner, commands);
  else owners.delete(owner);
  all = [...owners.values()].flat();
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Offers commands while the component is there. What they run is always the newest. */
export function useCommands(commands: readonly Command[]): void {
  const owner = useId();
  const newest = useRef(commands);
  useEffect(() => {
    newest.current = commands;
  });
  const shape = JSON.stringify(commands.map(({ id, label, group, keys }) => ({ id, label, group, keys })));
  useEffect(() => {
    const shapes = JSON.parse(shape) as Omit<Command, "run">[];
    change(
      owner,
      shapes.map((one) => ({ ...one, run: () => newest.current.find((command) => command.id === one.id)?.run() })),
    );
    return () => change(owner, undefined);
  }, [owner, shape]);
}

export function useAllCommands(): readonly Command[] {
  return useSyncExternalStore(subscribe, () => all);
}

const SEQUENCE_TIME = 1000;

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
}

function nameOf(event: KeyboardEvent): string {
  const modified = event.ctrlKey || event.metaKey;
  return `${modified ? "mod+" : ""}${event.key.length === 1 ? event.key.toLowerCase() : event.key}`;
}

/** Finds the command of the keys pressed so far. */
export class KeySequence {
  private pressed: string[] = [];
  private last = 0;

  press(event: KeyboardEvent, commands: readonly Command[], now: number = Date.now()): Command | undefined {
    const name = nameOf(event);
    // Within a text and over a dialog only keys with a modifier are ours.
    const busy =
      isTyping(event.target) || document.querySelector("[role=dialog], [role=menu], [role=listbox]:not([hidden])");
    if (event.altKey || event.defaultPrevented || event.key === "Shift" || (busy && !name.startsWith("mod+"))) {
      return undefined;
    }
    if (now - this.last > SEQUENCE_TIME) this.pressed = [];
    this.last = now;
    this.pressed = [...this.pressed, name].slice(-2);
    const two = this.pressed.join(" ");
    const found = commands.find(({ keys }) => keys === two) ?? commands.find(({ keys }) => keys === name);
    if (found) this.pressed = [];
    return found;
  }
}
