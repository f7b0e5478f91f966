import { getRouteApi, Link } from "@tanstack/react-router";
import { CircleCheck, Lightbulb, SearchX } from "lucide-react";
import { type Ref, useRef, useState } from "react";
import { ApiError, canRepair, type ErrorEdit, type OrderError, type Session, useSession, type Violation } from "@/api";
import { type JsonNode, readJson, type TextRange } from "@/lib/json-place";
import {
  Button,
  buttonClass,
  EmptyState,
  ErrorNotice,
  LiveState,
  Page,
  SkeletonLines,
  StateBadge,
  toast,
  useCommands,
} from "@/ui";
import { PayloadPanel } from "./payload-panel";
import { rangeOf } from "./places";
import { RecordPanel } from "./record-panel";
import { isOpen, StatusPanel } from "./status-panel";
import { type ErrorActions, useErrorActions } from "./use-actions";
import { useEditor } from "./use-editor";
import { useEdits, useError } from "./use-error";
import { usePlaces } from "./use-places";
import { useVerdict } from "./use-verdict";
import { VerdictPanel } from "./verdict-panel";
import { nextStep } from "./words";

const route = getRouteApi("/shell/errors/$id");

export function ErrorPage() {
  const { id } = route.useParams();
  const session = useSession();
  const { query, status, refresh } = useError(id);
  const error = query.data;
  const edits = useEdits(id, error && (error.edits ?? 0));
  const title = error ? `Error ${error.externalOrderId || id.slice(0, 8)}` : "Error";
  const failure = query.error ?? edits.error;
  return (
    <Page
      title={title}
      above={
        <Link to="/errors" search={{ tab: "list" }} className="link">
          Errors
        </Link>
      }
      heading={
        <span className="flex flex-wrap items-center gap-x-3">
          {error ? (error.externalOrderId ? `Order ${error.externalOrderId}` : "An order without an id") : "Error"}
          {error && <StateBadge state={error.status} />}
        </span>
      }
      description={
        error && `Sent by ${error.partnerId}, and ${error.status === "RESOLVED" ? "repaired" : "not created"}`
      }
      actions={<LiveState status={status} />}
    >
      {failure && !error && <Failed id={id} failure={failure} onRetry={refresh} />}
      {failure && error && !edits.data && (
        <ErrorNotice error={failure} title="The payload could not be loaded" onRetry={() => void edits.refetch()} />
      )}
      {!failure && !edits.data && <SkeletonLines lines={12} label="Loading the error" />}
      {error && edits.data && <Detail key={id} error={error} edits={edits.data} session={session} reload={refresh} />}
    </Page>
  );
}

function Failed({ id, failure, onRetry }: { readonly id: string; readonly failure: unknown; onRetry(): void }) {
  if (!(failure instanceof ApiError && failure.isNotFound)) {
    return <ErrorNotice error={failure} title="The error could not be loaded" onRetry={onRetry} />;
  }
  return (
    <EmptyState icon={SearchX} title="There is no error with this id" command={`ordermesh errors get ${id}`}>
      It does not exist, has expired, or belongs to another partner.
    </EmptyState>
  );
}

interface DetailProps {
  readonly error: OrderError;
  readonly edits: readonly ErrorEdit[];
  readonly session: Session;
  reload(): void;
}

function tryParse(text: string): JsonNode | undefined {
  try {
    return readJson(text);
  } catch {
    return undefined;
  }
}

function useDetail({ error, edits, session, reload }: DetailProps) {
  const id = error.id ?? "";
  const mayAct = canRepair(session);
  const editor = useEditor(id, error, edits, reload);
  const actions = useErrorActions(error, editor.noteOwnAction, reload);
  const complete = edits.length === (error.edits ?? 0) + 1;
  const editable = mayAct && complete && (isOpen(error) || editor.changed);
  const places = usePlaces(error.partnerId, editor.kind === "order" ? undefined : error.mappingVersion);
  const tried = useVerdict({ id, kind: editor.kind, text: editor.text, places, enabled: mayAct && isOpen(error) });
  const verdict = mayAct && isOpen(error) ? tried : undefined;
  const known = verdict?.answer !== undefined && !verdict.checking && !verdict.fault;
  const left = known ? (verdict.answer?.violations?.length ?? 0) : undefined;
  const [reveal, setReveal] = useState<TextRange>();
  const jump = (violation: Violation) => {
    const root = tryParse(editor.text);
    setReveal(root ? { ...rangeOf(violation, root, places) } : { from: 0, to: 0 });
  };
  const jumpTo = (offset: number) => setReveal({ from: offset, to: offset + 1 });
  return { id, mayAct, editor, actions, editable, verdict, left, reveal, jump, jumpTo };
}

function Detail(props: DetailProps) {
  const { error, edits, session } = props;
  const { id, mayAct, editor, actions, editable, verdict, left, reveal, jump, jumpTo } = useDetail(props);
  const notice = useRef<HTMLDivElement>(null);
  const step = nextStep({ error, mayAct, changed: editor.changed, left });
  useCommands(
    mayAct && isOpen(error)
      ? [
          {
            id: "assign",
            label: "Assign to me",
            group: "This page",
            run: () => void actions.assign(session.subject ?? ""),
          },
          { id: "retry", label: "Retry as it is saved", group: "This page", run: () => void actions.retry() },
        ]
      : [],
  );
  return (
    <>
      <NextStep
        ref={notice}
        text={step}
        error={error}
        canRetry={mayAct && isOpen(error) && !editor.changed && (left === 0 || verdict?.error !== null)}
        canReopen={mayAct && error.status === "DISCARDED"}
        passes={left === 0}
        actions={actions}
        edited={edits.length > 1}
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_23rem]">
        <div className="flex min-w-0 flex-col gap-4 max-lg:contents">
          <div className="min-w-0 max-lg:order-2">
            <PayloadPanel
              {...{ error, edits, editor, verdict, editable, reveal }}
              passes={left === 0}
              onSaved={(retried) => {
                toast({ tone: "good", title: retried ? "Saved and sent again" : "Saved as an edit" });
                // What became of it is said there, which a small screen has scrolled away.
                if (retried) notice.current?.scrollIntoView({ block: "center" });
              }}
            />
          </div>
          <div className="min-w-0 max-lg:order-4">
            <RecordPanel id={id} />
          </div>
        </div>
        <div className="flex min-w-0 flex-col gap-4 max-lg:contents">
          {/* What was wrong with an order that is there by now is history. */}
          {error.status !== "RESOLVED" && (
            <div className="min-w-0 max-lg:order-1">
              <VerdictPanel {...{ error, verdict }} changed={editor.changed} onJump={jump} onJumpTo={jumpTo} />
            </div>
          )}
          <div className="min-w-0 max-lg:order-3">
            <StatusPanel error={error} session={session} mayAct={mayAct} actions={actions} />
          </div>
        </div>
      </div>
    </>
  );
}

interface NextStepProps {
  readonly ref: Ref<HTMLDivElement>;
  readonly text: string;
  readonly error: OrderError;
  readonly canRetry: boolean;
  readonly canReopen: boolean;
  readonly passes: boolean;
  readonly edited: boolean;
  readonly actions: ErrorActions;
}

/** One sentence that says what to do now, and the button for it where there is one. */
function NextStep({ ref, text, error, canRetry, canReopen, passes, edited, actions }: NextStepProps) {
  const resolved = error.status === "RESOLVED";
  const Icon = resolved ? CircleCheck : Lightbulb;
  return (
    <div
      ref={ref}
      role="status"
      className={`flex flex-wrap items-center gap-3 rounded-lg p-3 ${resolved ? "bg-good-wash" : "bg-accent-wash"}`}
    >
      <Icon aria-hidden="true" className={`size-5 shrink-0 ${resolved ? "text-good" : "text-accent"}`} />
      <p className="min-w-56 flex-1 font-medium">{text}</p>
      {error.kind === "CONFLICT" && error.orderId && !resolved && (
        <Link to="/orders/$id" params={{ id: error.orderId }} className={buttonClass()}>
          The other order
        </Link>
      )}
      {resolved && error.resolvedOrderId && (
        <Link to="/orders/$id" params={{ id: error.resolvedOrderId }} className={buttonClass("primary")}>
          Open the order
        </Link>
      )}
      {edited && error.id && (
        <Link
          to="/errors/fix"
          search={{
            partner: error.partnerId,
            code: error.violations?.[0]?.code,
            field: error.violations?.[0]?.field,
            example: error.id,
          }}
          className={buttonClass()}
        >
          Do the same to others
        </Link>
      )}
      {canRetry && (
        <Button tone={passes ? "primary" : "neutral"} busy={actions.busy} onClick={() => void actions.retry()}>
          Retry
        </Button>
      )}
      {canReopen && (
        <Button tone="primary" busy={actions.busy} onClick={() => void actions.reopen()}>
          Reopen
        </Button>
      )}
    </div>
  );
}
