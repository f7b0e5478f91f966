import { Link } from "@tanstack/react-router";
import { CircleAlert, CircleCheck } from "lucide-react";
import type { PreviewJobResponse, PreviewOutcome } from "@/api";
import { countOf, formatCount, parseCount } from "@/lib/count";
import { shortId } from "@/lib/ids";
import { describeViolation } from "@/lib/violations";
import { Progress } from "@/ui";

/** How many of the tried errors would become orders. */
export function passingOf({ outcomes }: PreviewJobResponse): bigint {
  return (outcomes ?? []).reduce((sum, { passes, count }) => (passes ? sum + parseCount(count) : sum), 0n);
}

function Outcome({ outcome, total }: { readonly outcome: PreviewOutcome; readonly total: number }) {
  const { passes, code, field, message, count, exampleIds = [] } = outcome;
  const Icon = passes ? CircleCheck : CircleAlert;
  return (
    <li className="flex gap-2">
      <Icon aria-hidden="true" className={`mt-0.5 size-4 shrink-0 ${passes ? "text-good" : "text-bad"}`} />
      <div className="flex min-w-0 flex-1 flex-col gap-1">
        <div className="flex flex-wrap items-baseline justify-between gap-x-4">
          <span className="font-medium">
            {passes ? "Would become orders" : `Would fail: ${describeViolation(code, field)}`}
          </span>
          <span className="tabular-nums">{countOf(count, "error")}</span>
        </div>
        <Progress
          label={passes ? "Would become orders" : describeViolation(code, field)}
          value={Number(parseCount(count))}
          max={total}
          tone={passes ? "good" : "bad"}
        />
        {message && <p className="text-sm text-soft">{message}</p>}
        {exampleIds.length > 0 && (
          <p className="flex flex-wrap gap-x-3 text-sm">
            <span className="text-faint">For example</span>
            {exampleIds.map((id) => (
              <Link key={id} to="/errors/$id" params={{ id }} className="link font-mono">
                {shortId(id, 8, 0)}
              </Link>
            ))}
          </p>
        )}
      </div>
    </li>
  );
}

/** What a preview found, or has found so far. */
export function PreviewView({ preview, done }: { readonly preview: PreviewJobResponse; readonly done: boolean }) {
  const matched = Number(parseCount(preview.matched));
  const tried = Number(parseCount(preview.tried));
  return (
    <div className="flex flex-col gap-4">
      {!done && (
        <div className="flex flex-col gap-1">
          <p role="status">
            {formatCount(preview.tried)} of {countOf(preview.matched, "error")} tried
          </p>
          <Progress label="Tried" value={tried} max={matched} />
        </div>
      )}
      <ul className="flex flex-col gap-4">
        {(preview.outcomes ?? []).map((outcome, index) => (
          <Outcome key={index} outcome={outcome} total={Math.max(matched, 1)} />
        ))}
      </ul>
    </div>
  );
}
