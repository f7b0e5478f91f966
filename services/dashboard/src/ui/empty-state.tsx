import type { LucideIcon } from "lucide-react";
import { Fragment, type ReactNode } from "react";
import { CopyButton } from "./copy-button";

/** A command line that can be copied. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <div className="flex max-w-full items-center gap-2 rounded-md border border-line bg-sunken py-1 pr-1 pl-3">
      <code className="min-w-0 flex-1 py-1 text-left font-mono text-sm whitespace-pre-wrap">
        {command.split(" ").map((word, index) => (
          // Browsers would also break a line behind the dashes of a flag.
          <Fragment key={index}>
            {index > 0 && " "}
            <span className="inline-block max-w-full wrap-anywhere">{word}</span>
          </Fragment>
        ))}
      </code>
      <CopyButton value={command} what="command" />
    </div>
  );
}

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** Why there is nothing, and what brings something. */
  readonly children?: ReactNode;
  /** The command line that shows or makes what would be here. */
  readonly command?: string;
  readonly actions?: ReactNode;
}

export function EmptyState({ icon: Icon, title, children, command, actions }: EmptyStateProps) {
  return (
    <div className="flex flex-col items-center gap-3 px-4 py-12 text-center">
      <span className="flex size-10 items-center justify-center rounded-full bg-sunken text-faint">
        <Icon aria-hidden="true" className="size-5" />
      </span>
      <p className="text-base font-semibold">{title}</p>
      {children && <div className="max-w-prose text-soft">{children}</div>}
      {command && <CommandLine command={command} />}
      {actions && <div className="flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}
