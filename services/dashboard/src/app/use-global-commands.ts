import { useNavigate } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { useSession } from "@/api";
import { type Command, themePreference, useAllCommands, useCommands, zonePreference } from "@/ui";
import { KeySequence } from "@/ui/commands";
import { pagesFor } from "./pages";
import type { Overlay } from "./shell";
import { signOut } from "./sign-out";

/** What can be done from every page. */
export function useGlobalCommands(open: (overlay: Overlay) => void): void {
  const session = useSession();
  const navigate = useNavigate();
  const pages = pagesFor(session).map(({ to, params, label, keys }): Command => ({
    id: `page ${label}`,
    label,
    group: "Go to",
    keys,
    run: () => void navigate({ to, params: params ?? {} }),
  }));
  useCommands([
    ...pages,
    {
      id: "jobs",
      label: "Repair jobs",
      group: "Go to",
      keys: "g j",
      run: () => void navigate({ to: "/errors", search: { tab: "jobs" } }),
    },
    { id: "palette", label: "Search and commands", group: "Help", keys: "mod+k", run: () => open("palette") },
    { id: "search", label: "Search an id", group: "Help", keys: "/", run: () => open("palette") },
    { id: "shortcuts", label: "Keyboard shortcuts", group: "Help", keys: "?", run: () => open("shortcuts") },
    { id: "light", label: "Theme: light", group: "Settings", run: () => themePreference.set("light") },
    { id: "dark", label: "Theme: dark", group: "Settings", run: () => themePreference.set("dark") },
    { id: "system", label: "Theme: as the system", group: "Settings", run: () => themePreference.set("system") },
    { id: "utc", label: "Time zone: UTC", group: "Settings", run: () => zonePreference.set("utc") },
    { id: "local", label: "Time zone: local", group: "Settings", run: () => zonePreference.set("local") },
    { id: "sign out", label: "Sign out", group: "Settings", run: signOut },
  ]);
}

/** Runs commands by their keys. */
export function useKeys(): void {
  const commands = useAllCommands();
  const newest = useRef(commands);
  useEffect(() => {
    newest.current = commands;
  });
  useEffect(() => {
    const sequence = new KeySequence();
    const onKeyDown = (event: KeyboardEvent) => {
      const command = sequence.press(event, newest.current);
      if (!command) return;
      event.preventDefault();
      command.run();
    };
    document.addEventListener("keydown", onKeyDown);
    return () => document.removeEventListener("keydown", onKeyDown);
  }, []);
}
