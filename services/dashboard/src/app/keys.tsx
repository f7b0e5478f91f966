import { modifier } from "./header";

/** Keys as they stand on the keyboard: "g o" is G then O, "mod+k" is Ctrl with K. */
export function Keys({ keys }: { readonly keys: string }) {
  return (
    <span className="flex shrink-0 items-center gap-1 text-2xs text-faint">
      {keys.split(" ").map((part, index) => (
        <span key={part + String(index)} className="flex items-center gap-1">
          {index > 0 && <span>then</span>}
          <kbd className="min-w-5 rounded border border-line bg-sunken px-1 text-center font-sans text-soft">
            {part
              .split("+")
              .map((key) => (key === "mod" ? modifier : key.length === 1 ? key.toUpperCase() : key))
              .join(" ")}
          </kbd>
        </span>
      ))}
    </span>
  );
}
