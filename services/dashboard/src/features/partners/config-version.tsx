import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Pencil, Undo2 } from "lucide-react";
import { useState } from "react";
import type { ConfigVersion, Partner } from "@/api";
import { Badge, Button, buttonClass, ErrorNotice, Panel, Segmented, SkeletonLines, Time, useCommands } from "@/ui";
import { ConfigDiff } from "./config-diff";
import { draftOf } from "./config-files";
import { FileBrowser } from "./file-browser";
import { versionQuery } from "./queries";
import { RollBackDialog } from "./roll-back-dialog";

const route = getRouteApi("/shell/partners/$id");

export interface ConfigVersionViewProps {
  readonly partner: Partner;
  readonly version: number;
  readonly versions: readonly ConfigVersion[];
  readonly manages: boolean;
}

/** One version: its files, or what it changed. */
export function ConfigVersionView({ partner, version, versions, manages }: ConfigVersionViewProps) {
  const { view = "files", file } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch } = useQuery(versionQuery(partner.partnerId, version));
  if (error) {
    return <ErrorNotice error={error} title={`Version ${version} cannot be shown`} onRetry={() => void refetch()} />;
  }
  return (
    <Panel
      title={
        <span className="flex items-center gap-2">
          Version {version}
          {version === partner.configVersion && <Badge tone="good">Live</Badge>}
        </span>
      }
      description={data && <About version={data} />}
      actions={manages && <Actions partner={partner} version={version} />}
      flush
    >
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5">
        <Segmented
          label="What is shown of the version"
          value={view}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, view: next }), replace: true })}
          options={[
            { value: "files", label: "Files" },
            { value: "changes", label: "Changes" },
          ]}
        />
        {data?.message && <p className="min-w-0 break-words text-soft">{data.message}</p>}
      </div>
      {view === "changes" ? (
        <ConfigDiff partnerId={partner.partnerId} version={version} versions={versions} />
      ) : data ? (
        <FileBrowser
          files={draftOf(data.files)}
          selected={file}
          onSelect={(path) => void navigate({ search: (old) => ({ ...old, file: path }), replace: true })}
        />
      ) : (
        <div className="p-4">
          <SkeletonLines lines={8} label="Loading the files" />
        </div>
      )}
    </Panel>
  );
}

function About({ version }: { readonly version: ConfigVersion }) {
  return (
    <>
      by {version.author} on <Time value={version.createTime} />
      {version.restoredVersion ? `, restores version ${version.restoredVersion}` : ""}
    </>
  );
}

function Actions({ partner, version }: { readonly partner: Partner; readonly version: number }) {
  const navigate = route.useNavigate();
  const [rollingBack, setRollingBack] = useState(false);
  const live = version === partner.configVersion;
  const search = { tab: "config", edit: "yes", version: String(version) } as const;
  useCommands([
    {
      id: "edit",
      label: `New version from version ${version}`,
      group: "This page",
      keys: "e",
      run: () => void navigate({ search }),
    },
  ]);
  return (
    <>
      {!live && (
        <Button icon={<Undo2 aria-hidden="true" className="size-4" />} onClick={() => setRollingBack(true)}>
          Roll back to this
        </Button>
      )}
      <Link to="/partners/$id" params={{ id: partner.partnerId }} search={search} className={buttonClass("primary")}>
        <Pencil aria-hidden="true" className="size-4" />
        {live ? "New version" : "New version from this"}
      </Link>
      {rollingBack && <RollBackDialog partner={partner} version={version} onClose={() => setRollingBack(false)} />}
    </>
  );
}
