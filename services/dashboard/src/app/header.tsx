import { clsx } from "clsx";
import { CircleHelp, MenuIcon, Monitor, Moon, Search, Sun } from "lucide-react";
import { usePreference } from "@/lib/preference";
import { Button, IconButton, Menu, MenuCheckbox, MenuLabel, type Theme, themePreference } from "@/ui";
import type { Overlay } from "./shell";
import { UserMenu } from "./user-menu";
import { ZoneMenu } from "./zone-menu";

const THEMES: readonly { value: Theme; label: string; icon: typeof Sun }[] = [
  { value: "system", label: "As the system", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
];

function ThemeMenu() {
  const [theme, setTheme] = usePreference(themePreference);
  const { icon: Icon, label } = THEMES.find(({ value }) => value === theme) ?? {
    icon: Monitor,
    label: "As the system",
  };
  return (
    <Menu
      trigger={
        <Button tone="quiet" size="medium square" aria-label={`Theme: ${label}`}>
          <Icon aria-hidden="true" className="size-4" />
        </Button>
      }
    >
      <MenuLabel>Theme</MenuLabel>
      {THEMES.map((one) => (
        <MenuCheckbox key={one.value} checked={theme === one.value} onChange={() => setTheme(one.value)}>
          <span className="flex items-center gap-2">
            <one.icon aria-hidden="true" className="size-4" />
            {one.label}
          </span>
        </MenuCheckbox>
      ))}
    </Menu>
  );
}

const isMac = /Mac|iP(hone|ad)/.test(navigator.userAgent);

/** How a key that works together with others is called on this device. */
export const modifier = isMac ? "⌘" : "Ctrl";

export function Header({ onOpen }: { onOpen(overlay: Overlay): void }) {
  return (
    <header className="flex h-12 shrink-0 items-center gap-1.5 border-b border-line bg-surface px-3 md:px-6">
      <div className="md:hidden">
        <IconButton label="Open the navigation" onClick={() => onOpen("navigation")}>
          <MenuIcon aria-hidden="true" className="size-4" />
        </IconButton>
      </div>
      <button
        type="button"
        onClick={() => onOpen("palette")}
        className={clsx(
          "flex h-8 min-w-0 flex-1 items-center gap-2 rounded-md border border-line bg-sunken px-2.5 text-soft",
          "hover:border-line-strong md:max-w-96",
        )}
      >
        <Search aria-hidden="true" className="size-4 shrink-0" />
        <span className="truncate">Search an id, go anywhere</span>
        <kbd className="ml-auto shrink-0 rounded border border-line bg-surface px-1.5 font-sans text-2xs max-sm:hidden">
          {modifier} K
        </kbd>
      </button>
      <div className="ml-auto flex items-center gap-0.5">
        <ZoneMenu />
        <ThemeMenu />
        <div className="max-md:hidden">
          <IconButton label="Keyboard shortcuts" onClick={() => onOpen("shortcuts")}>
            <CircleHelp aria-hidden="true" className="size-4" />
          </IconButton>
        </div>
        <UserMenu />
      </div>
    </header>
  );
}
