import { clsx } from "clsx";
import { type KeyboardEvent, useId, useState } from "react";
import { controlClass, useFieldControl } from "./field";

export interface ComboboxProps {
  readonly value: string;
  onChange(value: string): void;
  /** What is suggested; with `free` anything else may be typed as well. */
  readonly options: readonly string[];
  readonly free?: boolean;
  readonly placeholder?: string;
  readonly label?: string;
  readonly mono?: boolean;
}

const SHOWN = 50;

/** A text field that suggests. It takes over on Enter, on leaving, or by a click on a suggestion. */
export function Combobox({ value, onChange, options, free = false, placeholder, label, mono = false }: ComboboxProps) {
  const [text, setText] = useState<string | undefined>(undefined);
  const [active, setActive] = useState(-1);
  const listId = useId();
  const wanted = (text ?? "").trim().toLowerCase();
  const matching = options.filter((option) => option.toLowerCase().includes(wanted)).slice(0, SHOWN);
  const open = text !== undefined && matching.length > 0;

  function accept(next: string) {
    const exact = options.find((option) => option.toLowerCase() === next.trim().toLowerCase());
    const chosen = exact ?? (free || next.trim() === "" ? next.trim() : undefined);
    if (chosen !== undefined && chosen !== value) onChange(chosen);
    setText(undefined);
    setActive(-1);
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      setText(text ?? "");
      setActive((matching.length + active + step) % Math.max(1, matching.length));
    } else if (event.key === "Enter" && text !== undefined) {
      event.preventDefault();
      accept(matching[active] ?? text);
    } else if (event.key === "Escape" && text !== undefined) {
      event.stopPropagation();
      setText(undefined);
    }
  }

  return (
    <div className="relative">
      <input
        role="combobox"
        aria-label={label}
        aria-expanded={open}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-activedescendant={open && active >= 0 ? `${listId}-${active}` : undefined}
        autoComplete="off"
        spellCheck={false}
        placeholder={placeholder}
        value={text ?? value}
        onChange={(event) => {
          setText(event.target.value);
          setActive(-1);
        }}
        onFocus={() => setText(value)}
        onBlur={() => text !== undefined && accept(text)}
        onKeyDown={onKeyDown}
        className={clsx(controlClass, mono && "font-mono text-sm")}
        {...useFieldControl()}
      />
      <Suggestions id={listId} open={open} options={matching} active={active} onChoose={accept} />
    </div>
  );
}

interface SuggestionsProps {
  readonly id: string;
  readonly open: boolean;
  readonly options: readonly string[];
  readonly active: number;
  onChoose(option: string): void;
}

function Suggestions({ id, open, options, active, onChoose }: SuggestionsProps) {
  return (
    <ul
      id={id}
      role="listbox"
      aria-label="Suggestions"
      hidden={!open}
      className={clsx(
        "absolute top-full left-0 z-50 mt-1 max-h-64 w-full min-w-44 overflow-auto rounded-lg border border-line",
        "bg-raised p-1 shadow-raised",
      )}
    >
      {options.map((option, index) => (
        // The keyboard works on the field, by aria-activedescendant.
        // eslint-disable-next-line jsx-a11y/click-events-have-key-events
        <li
          key={option}
          id={`${id}-${index}`}
          role="option"
          aria-selected={index === active}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onChoose(option)}
          className={clsx("truncate rounded-md px-2 py-1 hover:bg-hover", index === active && "bg-hover")}
        >
          {option}
        </li>
      ))}
    </ul>
  );
}
