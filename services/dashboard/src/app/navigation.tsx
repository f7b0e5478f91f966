import { Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { BookOpen, X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { runtimeConfig, useSession } from "@/api";
import { Button } from "@/ui";
import { pagesFor } from "./pages";

const itemClass = clsx(
  "flex h-8 items-center gap-2.5 rounded-md px-2.5 font-medium text-soft hover:bg-hover hover:text-ink max-md:h-11",
  "aria-[current=page]:bg-accent-wash aria-[current=page]:text-accent",
);

function Brand() {
  return (
    <Link to="/" className="flex items-center gap-2.5 rounded-md font-semibold">
      <img src="/ordermesh.svg" alt="" width="24" height="24" />
      Ordermesh
    </Link>
  );
}

function Links({ onFollow }: { onFollow?(): void }) {
  const session = useSession();
  return (
    <>
      <nav aria-label="Pages" className="flex flex-col gap-0.5">
        {pagesFor(session).map(({ to, params, label, icon: Icon }) => (
          <Link
            key={label}
            to={to}
            params={params ?? {}}
            activeOptions={{ exact: to === "/", includeSearch: false }}
            activeProps={{ "aria-current": "page" }}
            className={itemClass}
            onClick={onFollow}
          >
            <Icon aria-hidden="true" className="size-4" />
            {label}
          </Link>
        ))}
      </nav>
      <div className="mt-auto flex flex-col gap-2">
        <a href={`${runtimeConfig().apiBase}/docs`} className={itemClass}>
          <BookOpen aria-hidden="true" className="size-4" />
          API reference
        </a>
        {session.version && <p className="px-2.5 text-xs text-faint">Ordermesh {session.version}</p>}
      </div>
    </>
  );
}

export interface SidebarProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
}

/** Beside the page where there is room; else a drawer that the header opens. */
export function Sidebar({ open, onOpenChange }: SidebarProps) {
  return (
    <>
      <aside
        aria-label="Ordermesh"
        className="flex w-52 shrink-0 flex-col gap-5 border-r border-line bg-surface p-3 max-md:hidden"
      >
        <div className="px-2.5 pt-1.5">
          <Brand />
        </div>
        <Links />
      </aside>
      <Radix.Root open={open} onOpenChange={onOpenChange}>
        <Radix.Portal>
          <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_12_20/50%)] md:hidden" />
          <Radix.Content
            aria-describedby={undefined}
            className={clsx(
              "fixed inset-y-0 left-0 z-40 flex w-72 max-w-[85vw] flex-col gap-5 border-r border-line bg-surface p-3",
              "shadow-raised outline-none md:hidden",
            )}
          >
            <div className="flex items-center justify-between pl-2.5">
              <Radix.Title asChild>
                <div>
                  <Brand />
                </div>
              </Radix.Title>
              <Radix.Close asChild>
                <Button tone="quiet" size="medium square" aria-label="Close the navigation">
                  <X aria-hidden="true" className="size-4" />
                </Button>
              </Radix.Close>
            </div>
            <Links onFollow={() => onOpenChange(false)} />
          </Radix.Content>
        </Radix.Portal>
      </Radix.Root>
    </>
  );
}
