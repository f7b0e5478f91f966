import { clsx } from "clsx";
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";

export interface TabItem<T extends string = string> {
  readonly value: T;
  readonly label: ReactNode;
  readonly content: ReactNode;
}

export interface TabsProps<T extends string> {
  readonly label: string;
  readonly value: T;
  onChange(value: T): void;
  readonly items: readonly TabItem<T>[];
}

const list = "scroll-thin flex gap-1 overflow-x-auto border-b border-line";
const tab = clsx(
  "-mb-px flex h-9 shrink-0 items-center gap-2 border-b-2 border-transparent px-2.5 font-medium text-soft",
  "hover:text-ink focus-visible:-outline-offset-2",
);

/** Tabs within a page. Tabs that are pages of their own are links: TabLinks and tabLinkClass. */
export function Tabs<T extends string>({ label, value, onChange, items }: TabsProps<T>) {
  return (
    <Radix.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Radix.List aria-label={label} className={list}>
        {items.map((item) => (
          <Radix.Trigger
            key={item.value}
            value={item.value}
            className={clsx(tab, "data-[state=active]:border-accent data-[state=active]:text-ink")}
          >
            {item.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {items.map((item) => (
        <Radix.Content key={item.value} value={item.value} className="pt-4">
          {item.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}

/** Links that look like tabs, each with tabLinkClass. */
export function TabLinks({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <nav aria-label={label} className={list}>
      {children}
    </nav>
  );
}

export const tabLinkClass = clsx(tab, "aria-[current=page]:border-accent aria-[current=page]:text-ink");
