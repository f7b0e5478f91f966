import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import type { ConfigVersion, FileDiff } from "@/api";
import { countOf } from "@/lib/count";
import { ErrorNotice, Segmented, Select, SkeletonLines, UnifiedDiff } from "@/ui";
import { countChanges, parseUnifiedDiff } from "@/ui/diff-lines";
import { diffQuery } from "./queries";

const route = getRouteApi("/shell/partners/$id");

type Layout = "unified" | "split";

export interface ConfigDiffProps {
  readonly partnerId: string;
  readonly version: number;
  readonly versions: readonly ConfigVersion[];
}

/** What a version changed against the one before, or how it differs from any other. */
export function ConfigDiff({ partnerId, version, versions }: ConfigDiffProps) {
  const { base } = route.useSearch();
  const navigate = route.useNavigate();
  const [layout, setLayout] = useState<Layout>("unified");
  const others = versions.filter((one) => one.version !== version);
  const before = version > 1 ? `version ${version - 1}, the one before` : "nothing: it is the first";
  return (
    <>
      <div className="flex flex-wrap items-center gap-3 border-b border-line px-4 py-2.5">
        <div className="flex min-w-0 flex-wrap items-center gap-2 text-soft">
          Compared with
          <div className="w-64 max-w-full">
            <Select
              label="Compared with"
              value={base ?? "before"}
              onChange={(next) =>
                void navigate({
                  search: (old) => ({ ...old, base: next === "before" ? undefined : next }),
                  replace: true,
                })
              }
              options={[
                { value: "before", label: before },
                ...others.map((one) => ({
                  value: String(one.version),
                  label: `version ${one.version}${one.live ? " (live)" : ""}`,
                })),
              ]}
            />
          </div>
        </div>
        <span className="max-md:hidden">
          <Segmented<Layout>
            label="Layout"
            value={layout}
            onChange={setLayout}
            options={[
              { value: "unified", label: "Unified" },
              { value: "split", label: "Side by side" },
            ]}
          />
        </span>
      </div>
      <DiffOfVersions partnerId={partnerId} version={version} base={Number(base ?? 0)} layout={layout} />
    </>
  );
}

export interface DiffOfVersionsProps {
  readonly partnerId: string;
  readonly version: number;
  /** 0: the one before. */
  readonly base: number;
  readonly layout?: Layout;
}

export function DiffOfVersions({ partnerId, version, base, layout = "unified" }: DiffOfVersionsProps) {
  const { data, error, refetch } = useQuery(diffQuery(partnerId, version, base));
  if (error) {
    return (
      <div className="p-4">
        <ErrorNotice error={error} title="The difference could not be read" onRetry={() => void refetch()} />
      </div>
    );
  }
  if (!data) {
    return (
      <div className="p-4">
        <SkeletonLines lines={6} label="Loading the difference" />
      </div>
    );
  }
  const files = data.files ?? [];
  if (files.length === 0) {
    return <p className="px-4 py-6 text-center text-soft">The files of the two versions are the same.</p>;
  }
  return (
    <div className="divide-y divide-line">
      {files.map((file) => (
        <FileDifference key={file.path} file={file} layout={layout} />
      ))}
    </div>
  );
}

function FileDifference({ file, layout }: { readonly file: FileDiff; readonly layout: Layout }) {
  const diff = file.unifiedDiff ?? "";
  const hunks = parseUnifiedDiff(diff);
  const { added, removed } = countChanges(hunks);
  return (
    <section aria-label={file.path}>
      <h3 className="flex flex-wrap items-center justify-between gap-2 px-4 py-2">
        <code className="font-mono text-sm font-semibold break-all">{file.path}</code>
        <span className="text-sm font-normal">
          <span className="text-good">{countOf(added, "line")} added</span>
          <span className="text-faint">, </span>
          <span className="text-bad">{countOf(removed, "line")} removed</span>
        </span>
      </h3>
      {hunks.length > 0 ? (
        <UnifiedDiff diff={diff} label={`Changes of ${file.path}`} layout={layout} />
      ) : (
        <p className="px-4 pb-3 text-soft">{diff || "The file is no text; its bytes differ."}</p>
      )}
    </section>
  );
}
