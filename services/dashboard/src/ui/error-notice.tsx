import { CircleX } from "lucide-react";
import type { ReactNode } from "react";
import { adviceFor } from "@/api/advice";
import { ApiError } from "@/api/errors";
import { Button } from "./button";
import { CopyButton } from "./copy-button";

export interface ErrorNoticeProps {
  readonly error: unknown;
  /** What was tried: "The orders could not be loaded". */
  readonly title?: string;
  onRetry?(): void;
  /** More buttons. */
  readonly actions?: ReactNode;
}

function sentence(text: string): string {
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

function messageOf(error: unknown): string {
  return sentence(error instanceof Error && error.message ? error.message : "Something went wrong in the page");
}

/** What happened, what to do, and the request id that leads to the logs. */
export function ErrorNotice({ error, title, onRetry, actions }: ErrorNoticeProps) {
  const api = error instanceof ApiError ? error : undefined;
  return (
    <div role="alert" className="flex gap-3 rounded-lg border border-bad/40 bg-bad-wash p-3">
      <CircleX aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
      <div className="flex min-w-0 flex-1 flex-col gap-1.5">
        {title && <p className="font-semibold">{title}</p>}
        <p className="break-words">{messageOf(error)}</p>
        {api && api.fieldViolations.length > 0 && (
          <ul className="list-disc pl-5">
            {api.fieldViolations.map((violation) => (
              <li key={violation.field + violation.description}>
                <code className="font-mono text-sm">{violation.field}</code>: {violation.description}
              </li>
            ))}
          </ul>
        )}
        <p className="text-soft">{adviceFor(error)}</p>
        {api?.requestId && (
          <p className="flex flex-wrap items-center gap-x-2 text-xs text-soft">
            <span>
              {api.reason || api.codeName}
              {api.status > 0 && `, HTTP ${api.status}`}
            </span>
            <span className="flex min-w-0 items-center gap-1">
              Request id <code className="truncate font-mono">{api.requestId}</code>
              <CopyButton value={api.requestId} what="request id" />
            </span>
          </p>
        )}
        {(onRetry || actions) && (
          <div className="mt-1 flex flex-wrap gap-2">
            {onRetry && (
              <Button size="small" onClick={onRetry}>
                Try again
              </Button>
            )}
            {actions}
          </div>
        )}
      </div>
    </div>
  );
}
