import { Outlet, useRouterState } from "@tanstack/react-router";
import { clsx } from "clsx";
import { lazy, Suspense, useEffect, useRef, useState } from "react";
import { Header } from "./header";
import { Sidebar } from "./navigation";
import { useGlobalCommands, useKeys } from "./use-global-commands";

const Palette = lazy(() => import("./palette").then((module) => ({ default: module.Palette })));
const Shortcuts = lazy(() => import("./shortcuts").then((module) => ({ default: module.Shortcuts })));

export type Overlay = "palette" | "shortcuts" | "navigation" | undefined;

/** A new page begins at its top, also for the keyboard and for screen readers. */
function useFocusOnNavigation() {
  const main = useRef<HTMLElement>(null);
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname });
  const before = useRef(path);
  useEffect(() => {
    if (before.current && path && before.current !== path) main.current?.focus({ preventScroll: true });
    before.current = path;
  }, [path]);
  return main;
}

/** The frame of all pages: navigation, header, and what can be reached from everywhere. */
export function Shell() {
  const [overlay, setOverlay] = useState<Overlay>();
  const main = useFocusOnNavigation();
  useGlobalCommands(setOverlay);
  useKeys();
  const close = (open: boolean) => !open && setOverlay(undefined);
  return (
    <div className="flex h-dvh">
      <a
        href="#main"
        className={clsx(
          "sr-only z-60 rounded-md bg-accent px-3 py-2 text-on-accent",
          "focus:not-sr-only focus:absolute focus:top-2 focus:left-2",
        )}
      >
        Skip to content
      </a>
      <Sidebar open={overlay === "navigation"} onOpenChange={close} />
      <div className="flex min-w-0 flex-1 flex-col">
        <Header onOpen={setOverlay} />
        <main
          id="main"
          ref={main}
          tabIndex={-1}
          className="scroll-thin relative min-h-0 flex-1 overflow-y-auto outline-none"
          data-scroll-restoration-id="main"
        >
          <Outlet />
        </main>
      </div>
      <Suspense>
        {overlay === "palette" && <Palette onOpenChange={close} />}
        {overlay === "shortcuts" && <Shortcuts onOpenChange={close} />}
      </Suspense>
    </div>
  );
}
