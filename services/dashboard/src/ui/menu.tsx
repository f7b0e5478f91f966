import { clsx } from "clsx";
import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";

export interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactElement;
  readonly align?: "start" | "end";
  /** MenuItem, MenuCheckbox, MenuLabel, MenuSeparator. */
  readonly children: ReactNode;
}

export function Menu({ trigger, align = "end", children }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className={clsx(
            "z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-auto rounded-lg border",
            "border-line bg-raised p-1 shadow-raised",
          )}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const itemClass = clsx(
  "flex min-h-8 w-full items-center gap-2 rounded-md px-2 py-1 outline-none select-none",
  "data-highlighted:bg-hover data-disabled:opacity-60",
);

export interface MenuItemProps {
  readonly icon?: ReactNode;
  readonly danger?: boolean;
  readonly disabled?: boolean;
  /** A link in place of a button: give the link as the only child and set this. */
  readonly asChild?: boolean;
  onSelect?(): void;
  readonly children: ReactNode;
}

export function MenuItem({ icon, danger = false, disabled, asChild = false, onSelect, children }: MenuItemProps) {
  return (
    <Radix.Item
      asChild={asChild}
      className={clsx(itemClass, danger && "text-bad")}
      {...(disabled && { disabled })}
      {...(onSelect && { onSelect })}
    >
      {asChild ? (
        children
      ) : (
        <>
          {icon}
          {children}
        </>
      )}
    </Radix.Item>
  );
}

export interface MenuCheckboxProps {
  readonly checked: boolean;
  onChange(checked: boolean): void;
  readonly disabled?: boolean;
  readonly children: ReactNode;
}

/** Stays open, so that several can be changed. */
export function MenuCheckbox({ checked, onChange, disabled, children }: MenuCheckboxProps) {
  return (
    <Radix.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      onSelect={(event) => event.preventDefault()}
      className={clsx(itemClass, "justify-between")}
      {...(disabled && { disabled })}
    >
      {children}
      <Radix.ItemIndicator>
        <Check aria-hidden="true" className="size-4 text-accent" />
      </Radix.ItemIndicator>
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { readonly children: ReactNode }) {
  return <Radix.Label className="px-2 pt-1.5 pb-1 text-xs font-medium text-faint">{children}</Radix.Label>;
}

export function MenuSeparator() {
  return <Radix.Separator className="-mx-1 my-1 h-px bg-line" />;
}
