import { clsx } from "clsx";
import { type ReactNode, useEffect } from "react";

export interface PageProps {
  readonly title: string;
  /** Where the shown heading is more than words. */
  readonly heading?: ReactNode;
  /** Above the heading: where the page belongs, as links. */
  readonly above?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  /** Takes exactly the window's height, so that a table scrolls within. */
  readonly filled?: boolean;
  readonly children: ReactNode;
}

/** The frame of a page: its heading, its actions, and the title of the tab. */
export function Page({ title, heading, above, description, actions, filled = false, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · Ordermesh`;
  }, [title]);
  return (
    <div className={clsx("mx-auto flex w-full max-w-[100rem] flex-col gap-4 p-4 md:px-6", filled && "h-full min-h-0")}>
      <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          {above && <div className="text-sm text-soft">{above}</div>}
          <h1 className="text-xl leading-8 font-semibold tracking-tight break-words">{heading ?? title}</h1>
          {description && <div className="text-soft">{description}</div>}
        </div>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </header>
      {children}
    </div>
  );
}

export interface PanelProps {
  readonly title?: ReactNode;
  readonly description?: ReactNode;
  readonly actions?: ReactNode;
  /** Without inner margins, for tables and lists. */
  readonly flush?: boolean;
  readonly className?: string;
  readonly children: ReactNode;
}

/** A card with a heading. */
export function Panel({ title, description, actions, flush = false, className, children }: PanelProps) {
  return (
    <section className={clsx("min-w-0 rounded-lg border border-line bg-surface shadow-card", className)}>
      {title && (
        <header className="flex flex-wrap items-center justify-between gap-2 border-b border-line px-4 py-2.5">
          <div className="min-w-0">
            <h2 className="font-semibold">{title}</h2>
            {description && <div className="text-sm text-faint">{description}</div>}
          </div>
          {actions && <div className="flex items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={clsx(!flush && "p-4")}>{children}</div>
    </section>
  );
}

export interface Fact {
  readonly label: string;
  readonly value: ReactNode;
}

/** Names and values of one thing. */
export function Facts({ facts, columns = 1 }: { readonly facts: readonly Fact[]; readonly columns?: 1 | 2 }) {
  return (
    <dl className={clsx("grid gap-x-8", columns === 2 && "lg:grid-cols-2")}>
      {facts.map((fact) => (
        <div
          key={fact.label}
          className="grid grid-cols-[8.5rem_minmax(0,1fr)] gap-3 py-1 max-sm:grid-cols-1 max-sm:gap-0"
        >
          <dt className="text-soft">{fact.label}</dt>
          <dd className="min-w-0 break-words">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}
