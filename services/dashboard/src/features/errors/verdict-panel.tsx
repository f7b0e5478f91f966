import { CircleAlert, CircleCheck } from "lucide-react";
import { ApiError, type Order, type OrderError, type Violation } from "@/api";
import { countOf } from "@/lib/count";
import { Amount, Button, ErrorNotice, Facts, Panel, SkeletonLines, Spinner, Time } from "@/ui";
import type { Verdict } from "./use-verdict";
import { groupViolations, lineWords, type ViolationGroup } from "./words";

const CHIPS = 12;

export interface VerdictPanelProps {
  readonly error: OrderError;
  /** Undefined where nothing can be tried: then the last stored verdict is shown. */
  readonly verdict: Verdict | undefined;
  readonly changed: boolean;
  onJump(violation: Violation): void;
  onJumpTo(offset: number): void;
}

/** What is wrong in plain words, or the order that the payload would become. */
export function VerdictPanel({ error, verdict, changed, onJump, onJumpTo }: VerdictPanelProps) {
  const answer = verdict?.answer;
  const violations = verdict ? answer?.violations : error.violations;
  const passes = answer !== undefined && !answer.violations?.length && !verdict?.fault;
  const title = passes ? "It would become this order" : changed ? "What is still wrong" : "What is wrong";
  return (
    <Panel title={title} actions={verdict?.checking && <Spinner label="Checking" />}>
      <div aria-live="polite" className="flex flex-col gap-3">
        {verdict?.fault && (
          <p className="flex gap-2">
            <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
            <span>
              The text is no JSON: {verdict.fault.message}.{" "}
              <button type="button" className="link" onClick={() => onJumpTo(verdict.fault?.at ?? 0)}>
                Show the place
              </button>
            </span>
          </p>
        )}
        {verdict?.error instanceof ApiError && (
          <ErrorNotice error={verdict.error} title="It could not be checked" onRetry={verdict.recheck} />
        )}
        {verdict && !answer && !verdict.error && !verdict.fault && (
          <SkeletonLines lines={3} label="Checking the payload" />
        )}
        {passes && answer.order && (
          <BecomesOrder order={answer.order} conflict={error.kind === "CONFLICT" && !changed} />
        )}
        {!passes && !verdict?.fault && <Problems violations={violations} onJump={onJump} />}
      </div>
    </Panel>
  );
}

function BecomesOrder({ order, conflict }: { readonly order: Order; readonly conflict: boolean }) {
  return (
    <>
      <p className="flex gap-2">
        <CircleCheck aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-good" />
        <span>
          {conflict
            ? "The rules are kept, but another order has this external order id."
            : "The payload keeps all rules of the partner. Nothing is stored yet."}
        </span>
      </p>
      <Facts
        facts={[
          { label: "External order id", value: <code className="font-mono text-sm">{order.externalOrderId}</code> },
          { label: "Customer", value: <code className="font-mono text-sm">{order.customerId}</code> },
          { label: "Lines", value: countOf(order.lines?.length ?? 0, "line") },
          { label: "Ordered", value: <Time value={order.transactionTime} /> },
          { label: "Gross", value: <Amount value={order.grossAmount} /> },
          { label: "Tax", value: <Amount value={order.taxAmount} /> },
          { label: "Net", value: <Amount value={order.netAmount} strong /> },
        ]}
      />
    </>
  );
}

interface ProblemsProps {
  readonly violations: readonly Violation[] | undefined;
  onJump(violation: Violation): void;
}

function Problems({ violations, onJump }: ProblemsProps) {
  return (
    <ul className="flex flex-col gap-3">
      {groupViolations(violations).map((group) => (
        <li key={group.key} className="flex gap-2">
          <CircleAlert aria-hidden="true" className="mt-0.5 size-4 shrink-0 text-bad" />
          <Problem group={group} onJump={onJump} />
        </li>
      ))}
    </ul>
  );
}

function Problem({ group, onJump }: { readonly group: ViolationGroup; onJump(violation: Violation): void }) {
  const { sentence, message, code, violations } = group;
  const lines = lineWords(violations.map(({ line }) => line ?? 0));
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <p className="font-medium break-words">
        {sentence}
        {lines && <span className="font-normal"> in {lines}</span>}
      </p>
      <p className="text-sm text-soft">
        {message} <code className="font-mono text-xs text-faint">{code}</code>
      </p>
      <div className="flex flex-wrap gap-1">
        {violations.slice(0, CHIPS).map((violation, index) => (
          <Button key={index} size="small" className="max-w-full" onClick={() => onJump(violation)}>
            <span className="truncate">
              {violation.line ? `Line ${violation.line}` : "Show"}
              {violation.value && (
                <>
                  : <code className="font-mono text-xs">{violation.value}</code>
                </>
              )}
            </span>
          </Button>
        ))}
        {violations.length > CHIPS && (
          <span className="self-center text-sm text-faint">
            and {violations.length - CHIPS} more, marked in the text
          </span>
        )}
      </div>
    </div>
  );
}
