import { Play } from "lucide-react";
import { canManagePartners, useSession } from "@/api";
import { countOf, formatCount, parseCount } from "@/lib/count";
import { Button, CommandLine, ErrorNotice, Field, Input, Panel } from "@/ui";
import { commandOptions } from "./filters";
import { MappingProposal } from "./mapping-proposal";
import { passingOf, PreviewView } from "./preview-view";
import type { RuleDraft } from "./rule-draft";
import type { FixSearch } from "./search";
import type { usePreview } from "./use-preview";
import { useStartJob } from "./use-start-job";

export const DEFAULT_RATE = 250;
const FASTEST = 5000;

export interface OutcomeProps {
  readonly search: FixSearch;
  readonly rule: RuleDraft;
  readonly preview: ReturnType<typeof usePreview>;
  onTry(): void;
  onRate(rate: string): void;
}

/** What the rule would do, and then the button that does it. */
export function Outcome({ search, rule, preview, onTry, onRate }: OutcomeProps) {
  const { state, stop } = preview;
  return (
    <Panel title="2. What would happen">
      <div aria-live="polite" className="flex flex-col gap-4">
        {state.kind === "none" && (
          <p className="text-soft">
            Press Preview: the rule is tried on every error that matches, by the partner&apos;s live rules. Nothing is
            changed.
          </p>
        )}
        {state.kind === "failed" && <ErrorNotice error={state.error} title="The preview broke off" onRetry={onTry} />}
        {state.kind === "running" && (
          <>
            <PreviewView preview={state.progress ?? {}} done={false} />
            <div>
              <Button onClick={stop}>Stop</Button>
            </div>
          </>
        )}
        {state.kind === "done" && (
          <Found result={state.result} request={state.request} rule={rule} example={search.example} onRate={onRate} />
        )}
        <div className="flex flex-col gap-1">
          <p className="text-sm text-faint">The same on the command line, with the rule as a file</p>
          <CommandLine
            command={`ordermesh errors repair${commandOptions({ ...search, status: undefined })} --patch fix.json`}
          />
        </div>
      </div>
    </Panel>
  );
}

type FoundPreview = Extract<ReturnType<typeof usePreview>["state"], { kind: "done" }>;

interface FoundProps extends Pick<FoundPreview, "result" | "request"> {
  readonly rule: RuleDraft;
  readonly example: string | undefined;
  onRate(rate: string): void;
}

/** The counts of a complete preview, and the button that makes them true. */
function Found({ result, request, rule, example, onRate }: FoundProps) {
  const starting = useStartJob();
  const session = useSession();
  const { filter, action } = request;
  const rate = /^\d{1,4}$/.test(rule.rate) ? Number(rule.rate) : 0;
  const rateWrong = rate < 1 || rate > FASTEST;
  const passing = passingOf(result);
  const sent = rule.alsoFailing ? parseCount(result.matched) : passing;
  return (
    <>
      <p className="text-lg font-semibold">
        {formatCount(passing)} of {countOf(result.matched, "error")} would become orders
      </p>
      <PreviewView preview={result} done />
      {starting.error !== undefined && <ErrorNotice error={starting.error} title="The job was not started" />}
      <div className="flex flex-wrap items-end justify-between gap-3 border-t border-line pt-4">
        <Field label="Errors a second, at most" className="w-44" {...(rateWrong && { error: `From 1 to ${FASTEST}.` })}>
          <Input inputMode="numeric" value={rule.rate} onChange={(event) => onRate(event.target.value)} />
        </Field>
        <Button
          tone="primary"
          icon={<Play aria-hidden="true" className="size-4" />}
          disabled={sent === 0n || rateWrong}
          busy={starting.busy}
          onClick={() =>
            void starting.start({
              filter: request.filter ?? {},
              action: request.action ?? {},
              expectedCount: result.matched ?? "0",
              rate,
            })
          }
        >
          Fix {countOf(sent, "error")}
        </Button>
      </div>
      {canManagePartners(session) && filter?.partnerId && action?.fix?.patch && (
        <MappingProposal filter={filter} patch={action.fix.patch} example={example} />
      )}
    </>
  );
}
