import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Eye, Plus } from "lucide-react";
import { useState } from "react";
import { ApiError, api, canRepair, type Patch, read, type Session, useSession } from "@/api";
import { Badge, Button, Checkbox, EmptyState, ErrorNotice, Page, Panel, SkeletonLines } from "@/ui";
import { filterWords, jobFilter, onlyFilter } from "./filters";
import { OperationForm } from "./operation-form";
import {
  type FormOperation,
  isComplete,
  MOST_OPERATIONS,
  newOperation,
  toFormOperations,
  toPatch,
} from "./patch-model";
import { rulePath } from "./places";
import { DEFAULT_RATE, Outcome } from "./fix-outcome";
import { loadRule, type RuleDraft, saveRule } from "./rule-draft";
import type { FixSearch } from "./search";
import { usePreview } from "./use-preview";
import { useLivePlaces } from "./use-places";

const route = getRouteApi("/shell/errors/fix");

/** The patch of an example's edits; null where it was not edited. */
async function loadPatch(id: string, signal: AbortSignal): Promise<Patch | null> {
  try {
    return await read(api.GET("/api/errors/{id}/patch", { params: { path: { id } }, signal }));
  } catch (error) {
    if (error instanceof ApiError && error.reason === "NO_EDIT") return null;
    throw error;
  }
}

export function FixPage() {
  const search = route.useSearch();
  const session = useSession();
  const { example } = search;
  const patch = useQuery({
    queryKey: ["errors", "patch", example],
    queryFn: ({ signal }) => loadPatch(example ?? "", signal),
    enabled: Boolean(example),
  });
  const allowed = canRepair(session);
  return (
    <Page
      title="Fix by rule"
      above={
        <Link to="/errors" search={{ ...onlyFilter(search), tab: "list" }} className="link">
          Errors
        </Link>
      }
      description="Changes many payloads alike and sends them again. First you see what would happen."
    >
      {!allowed && (
        <EmptyState icon={Eye} title="Your role can look, and not repair">
          An operator, or the partner for its own errors, can fix errors by rule.
        </EmptyState>
      )}
      {allowed && patch.isError && (
        <ErrorNotice
          error={patch.error}
          title="The example's edits could not be read"
          onRetry={() => void patch.refetch()}
        />
      )}
      {allowed && example && patch.isPending && <SkeletonLines lines={6} label="Loading the rule" />}
      {allowed && (!example || patch.isSuccess) && (
        <Rule key={JSON.stringify(search)} search={search} session={session} patch={patch.data ?? undefined} />
      )}
    </Page>
  );
}

interface RuleProps {
  readonly search: FixSearch;
  readonly session: Session;
  readonly patch: Patch | undefined;
}

function useRule({ search, patch }: RuleProps) {
  const [rule, setRule] = useState<RuleDraft>(
    () =>
      loadRule(search) ?? {
        operations: patch ? toFormOperations(patch) : [newOperation(0)],
        alsoFailing: false,
        rate: String(DEFAULT_RATE),
      },
  );
  const places = useLivePlaces(search.partner);
  const suggested = search.field ? rulePath(search.field, places) : "";
  // A path that nobody has touched yet is the one of the filter's field.
  const operations = rule.operations.map((one) => (one.path === "" && suggested ? { ...one, path: suggested } : one));
  function change(next: Partial<RuleDraft>) {
    const changed = { ...rule, operations, ...next };
    setRule(changed);
    saveRule(search, changed);
  }
  return { rule, operations, change };
}

function Rule(props: RuleProps) {
  const { search, session, patch } = props;
  const { rule, operations, change } = useRule(props);
  const [strict, setStrict] = useState(false);
  const preview = usePreview();
  const complete = isComplete(operations);
  const filter = jobFilter(search, session);
  const action = { fix: { patch: toPatch(operations), alsoFailing: rule.alsoFailing } };

  function edit(next: Partial<RuleDraft>) {
    preview.stop();
    change(next);
  }
  function tryIt() {
    setStrict(true);
    if (complete) void preview.start({ filter, action, examples: 5 });
  }
  return (
    <div className="grid items-start gap-4 lg:grid-cols-2">
      <Panel title="1. The rule" description={patch ? "Taken from the edits of the example" : undefined}>
        <div className="flex flex-col gap-4">
          <p className="flex flex-wrap items-center gap-2">
            <span className="text-soft">For</span> <Badge tone="accent">{filterWords(search)}</Badge>
            <span className="text-sm text-faint">Open errors and those in review.</span>
          </p>
          <Operations operations={operations} strict={strict} onChange={(next) => edit({ operations: next })} />
          <Checkbox
            label="Also send what would fail"
            hint="Without it such errors are left as they are."
            checked={rule.alsoFailing}
            onChange={(event) => edit({ alsoFailing: event.target.checked })}
          />
          <div className="flex justify-end">
            <Button
              tone={preview.state.kind === "done" ? "neutral" : "primary"}
              busy={preview.state.kind === "running"}
              onClick={tryIt}
            >
              Preview
            </Button>
          </div>
        </div>
      </Panel>
      <Outcome {...{ search, rule, preview }} onTry={tryIt} onRate={(rate) => change({ rate })} />
    </div>
  );
}

interface OperationsProps {
  readonly operations: readonly FormOperation[];
  readonly strict: boolean;
  onChange(operations: readonly FormOperation[]): void;
}

function Operations({ operations, strict, onChange }: OperationsProps) {
  const nextKey = Math.max(-1, ...operations.map(({ key }) => key)) + 1;
  function move(index: number, step: 1 | -1) {
    const next = [...operations];
    const [moved] = next.splice(index, 1);
    if (moved) next.splice(index + step, 0, moved);
    onChange(next);
  }
  return (
    <div className="flex flex-col gap-3">
      {operations.map((operation, index) => (
        <OperationForm
          key={operation.key}
          operation={operation}
          number={index + 1}
          last={index === operations.length - 1}
          strict={strict}
          onChange={(changed) => onChange(operations.map((old) => (old.key === changed.key ? changed : old)))}
          onRemove={() => onChange(operations.filter(({ key }) => key !== operation.key))}
          onMove={(step) => move(index, step)}
        />
      ))}
      {operations.length === 0 && <p className="text-soft">The rule does nothing yet. Add an operation.</p>}
      <div>
        <Button
          icon={<Plus aria-hidden="true" className="size-4" />}
          disabled={operations.length >= MOST_OPERATIONS}
          onClick={() => onChange([...operations, newOperation(nextKey)])}
        >
          Add an operation
        </Button>
      </div>
    </div>
  );
}
