import { clsx } from "clsx";
import { CircleCheck, CircleX, Info, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { type ReactNode, useSyncExternalStore } from "react";
import { IconButton } from "./button";

export interface ToastMessage {
  readonly title: string;
  readonly description?: ReactNode;
  readonly tone?: "good" | "bad" | "neutral";
}

interface Entry extends ToastMessage {
  readonly id: number;
}

let entries: readonly Entry[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(to: readonly Entry[]): void {
  entries = to;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Says that something has happened. What needs an answer belongs in a dialog, what failed beside what was tried. */
export function toast(message: ToastMessage): void {
  change([...entries, { ...message, id: next++ }].slice(-4));
}

const ICONS = { good: CircleCheck, bad: CircleX, neutral: Info };
const COLOURS = { good: "text-good", bad: "text-bad", neutral: "text-accent" };

export function Toaster() {
  const shown = useSyncExternalStore(subscribe, () => entries);
  return (
    <Radix.Provider duration={6000} swipeDirection="right">
      {shown.map((entry) => {
        const tone = entry.tone ?? "neutral";
        const Icon = ICONS[tone];
        return (
          <Radix.Root
            key={entry.id}
            onOpenChange={(open) => !open && change(entries.filter((other) => other.id !== entry.id))}
            className={clsx(
              "flex items-start gap-3 rounded-lg border border-line bg-raised p-3 shadow-raised",
              "data-[swipe=move]:translate-x-(--radix-toast-swipe-move-x)",
            )}
          >
            <Icon aria-hidden="true" className={clsx("mt-0.5 size-4 shrink-0", COLOURS[tone])} />
            <div className="min-w-0 flex-1">
              <Radix.Title className="font-medium">{entry.title}</Radix.Title>
              {entry.description && <Radix.Description className="text-soft">{entry.description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              <IconButton label="Close" size="small">
                <X aria-hidden="true" className="size-4" />
              </IconButton>
            </Radix.Close>
          </Radix.Root>
        );
      })}
      <Radix.Viewport className="fixed right-4 bottom-4 z-60 flex w-96 max-w-[calc(100vw-2rem)] flex-col gap-2" />
    </Radix.Provider>
  );
}
