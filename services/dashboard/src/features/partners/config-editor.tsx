import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useBlocker } from "@tanstack/react-router";
import { TriangleAlert } from "lucide-react";
import { useRef, useState } from "react";
import { api, ApiError, type ConfigVersion, type Partner, read } from "@/api";
import { countOf } from "@/lib/count";
import { Button, DiffView, ErrorNotice, Field, Input, Panel, SkeletonLines, toast } from "@/ui";
import { DiffOfVersions } from "./config-diff";
import { changesBetween, type Draft, draftOf, filesOf, FIRST_CONFIG } from "./config-files";
import { ConfigFilesEditor } from "./config-files-editor";
import { languageOf } from "./file-browser";
import { refreshPartners, versionQuery } from "./queries";
import { messageProblem } from "./roll-back-dialog";
import { useConfigCheck } from "./use-config-check";

const route = getRouteApi("/shell/partners/$id");

export interface ConfigEditorProps {
  readonly partner: Partner;
  /** The version whose files are edited; 0 where there is none yet. */
  readonly from: number;
}

/** Edits the files of a version into a new one. */
export function ConfigEditor({ partner, from: asked }: ConfigEditorProps) {
  // Another version may become live meanwhile: the work goes on from where it began.
  const [from] = useState(asked);
  const { data, error, refetch } = useQuery(versionQuery(partner.partnerId, from));
  if (from === 0) return <Editing partner={partner} from={undefined} />;
  if (error) return <ErrorNotice error={error} title="The files could not be read" onRetry={() => void refetch()} />;
  return data ? <Editing partner={partner} from={data} /> : <SkeletonLines lines={8} label="Loading the files" />;
}

interface EditingProps {
  readonly partner: Partner;
  readonly from: ConfigVersion | undefined;
}

function useEditing({ partner, from }: EditingProps) {
  const { partnerId } = partner;
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const [original] = useState<Draft>(() => (from ? draftOf(from.files) : []));
  const [draft, setDraft] = useState<Draft>(from ? original : FIRST_CONFIG);
  const [revision, setRevision] = useState(0);
  const [message, setMessage] = useState("");
  // What was live when the work began: somebody else's version is never replaced unseen.
  const [base, setBase] = useState(partner.configVersion ?? 0);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const saved = useRef(false);
  const changes = changesBetween(original, draft);

  const send = (files: Draft, validateOnly: boolean, why: string, baseVersion: number, signal?: AbortSignal) => {
    const body = { files: filesOf(files), message: why, baseVersion, validateOnly };
    const options = { params: { path: { partnerId } }, body, ...(signal && { signal }) };
    return read(api.POST("/api/partners/{partnerId}/configs", options));
  };
  const check = useConfigCheck([partnerId], draft, revision, (files, signal) => send(files, true, "check", 0, signal));
  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      const made = await send(draft, false, message.trim(), base);
      saved.current = true;
      await refreshPartners(queries);
      toast({ tone: "good", title: `Version ${made.version} is live` });
      void navigate({ search: { tab: "config", view: "changes", version: String(made.version) } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
      if (failure instanceof ApiError && failure.isStale) await refreshPartners(queries);
    }
  }
  function change(files: Draft) {
    setDraft(files);
    setRevision((count) => count + 1);
  }
  return {
    draft,
    change,
    revision,
    message,
    setMessage,
    base,
    setBase,
    busy,
    error,
    setError,
    saved,
    changes,
    check,
    save,
  };
}

const CHECKED = "Checked by the server as you type; nothing is kept until you save.";

function Editing({ partner, from }: EditingProps) {
  const navigate = route.useNavigate();
  const editing = useEditing({ partner, from });
  const { draft, change, message, setMessage, base, changes, check, saved } = editing;
  const dirty = changes.length > 0;
  useBlocker({
    shouldBlockFn: () =>
      dirty && editing.revision > 0 && !saved.current && !window.confirm("The new version is not saved. Leave it?"),
    enableBeforeUnload: () => dirty && editing.revision > 0 && !saved.current,
  });
  const live = partner.configVersion ?? 0;
  const stale = editing.error instanceof ApiError && editing.error.isStale;
  const ready = dirty && check.state === "sound" && !messageProblem(message) && live === base;
  return (
    <div className="flex flex-col gap-4">
      {live !== base && (
        <Moved
          partnerId={partner.partnerId}
          base={base}
          live={live}
          refused={stale}
          onGoOn={() => goOn(editing, live)}
        />
      )}
      {editing.error !== undefined && !stale && <ErrorNotice error={editing.error} title="The version was not made" />}
      <Panel
        title={from ? `New version from version ${from.version}` : "The first config"}
        description={base ? `It takes the place of version ${base}, which is live. ${CHECKED}` : CHECKED}
        flush
      >
        <ConfigFilesEditor files={draft} onChange={change} check={check} />
      </Panel>
      <Panel title="What changes" description={dirty ? countOf(changes.length, "file") : "Nothing yet"} flush={!dirty}>
        {dirty && (
          <div className="flex flex-col gap-4">
            {changes.map(({ path, kind, before, after }) => (
              <section key={path} aria-label={path}>
                <h3 className="mb-1.5">
                  <code className="font-mono text-sm font-semibold">{path}</code>{" "}
                  <span className="text-sm text-soft">{kind}</span>
                </h3>
                <DiffView label={path} before={before} after={after} language={languageOf(path)} />
              </section>
            ))}
          </div>
        )}
      </Panel>
      <Panel title="Save">
        <div className="flex flex-col gap-3">
          <Field label="Message" hint="Why: required, for whoever reads the history.">
            <Input value={message} onChange={(event) => setMessage(event.target.value)} />
          </Field>
          <div className="flex flex-wrap gap-2">
            <Button tone="primary" busy={editing.busy} disabled={!ready} onClick={() => void editing.save()}>
              Make it live
            </Button>
            <Button onClick={() => void navigate({ search: { tab: "config", version: from && String(from.version) } })}>
              Leave the editor
            </Button>
          </div>
        </div>
      </Panel>
    </div>
  );
}

function goOn(editing: ReturnType<typeof useEditing>, live: number) {
  editing.setBase(live);
  editing.setError(undefined);
}

interface MovedProps {
  readonly partnerId: string;
  readonly base: number;
  readonly live: number;
  readonly refused: boolean;
  onGoOn(): void;
}

/** Somebody else made a version meanwhile: the work stays, and what came is shown before anything is replaced. */
function Moved({ partnerId, base, live, refused, onGoOn }: MovedProps) {
  return (
    <section role="alert" className="rounded-lg border-2 border-warn bg-warn-wash p-4">
      <h2 className="flex items-center gap-2 font-semibold text-warn">
        <TriangleAlert aria-hidden="true" className="size-4" />
        {refused ? "Not saved: " : ""}version {live} has become live meanwhile
      </h2>
      <p className="mt-1">
        You began when version {base} was live. Your files are still here. This is what version {live} changed; take
        over into your files what is to stay, then go on.
      </p>
      <div className="my-3 overflow-hidden rounded-md border border-line bg-surface">
        <DiffOfVersions partnerId={partnerId} version={live} base={base} />
      </div>
      <Button tone="primary" onClick={onGoOn}>
        Go on: mine will replace version {live}
      </Button>
    </section>
  );
}
