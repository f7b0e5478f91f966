import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { clsx } from "clsx";
import { FileCode2 } from "lucide-react";
import { canManagePartners, type ConfigVersion, isPartner, type Partner, useSession } from "@/api";
import { Ago, Badge, Button, buttonClass, EmptyState, ErrorNotice, Panel, SkeletonLines } from "@/ui";
import { ConfigEditor } from "./config-editor";
import { ConfigVersionView } from "./config-version";
import { versionsQuery } from "./queries";

const route = getRouteApi("/shell/partners/$id");

function useVersions(partnerId: string) {
  const query = useInfiniteQuery(versionsQuery(partnerId));
  return { ...query, versions: query.data?.pages.flatMap((page) => page.versions ?? []) };
}

/** The versions of a partner's config, the one that is looked at, and the way to a new one. */
export function ConfigTab({ partner }: { readonly partner: Partner }) {
  const session = useSession();
  const { version, edit } = route.useSearch();
  const { versions, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useVersions(partner.partnerId);
  const manages = canManagePartners(session);
  const selected = Number(version ?? partner.configVersion ?? 0);
  if (error && !versions) {
    return <ErrorNotice error={error} title="The versions could not be read" onRetry={() => void refetch()} />;
  }
  if (!versions) return <SkeletonLines lines={6} label="Loading the versions" />;
  if (edit && manages) {
    return <ConfigEditor key={version ?? "live"} partner={partner} from={selected} />;
  }
  if (versions.length === 0) return <NoConfig partner={partner} manages={manages} />;
  return (
    <div className="grid items-start gap-4 lg:grid-cols-[19rem_minmax(0,1fr)]">
      <Panel title="Versions" description="Newest first. A version never changes." flush className="lg:sticky lg:top-0">
        <ol className="scroll-thin max-h-[70vh] overflow-y-auto max-lg:max-h-64">
          {versions.map((one) => (
            <VersionItem key={one.version} version={one} current={one.version === selected} />
          ))}
        </ol>
        {hasNextPage && (
          <div className="border-t border-line p-2">
            <Button size="small" busy={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              Show older versions
            </Button>
          </div>
        )}
        {isPartner(session) && (
          <p className="border-t border-line px-4 py-2.5 text-sm text-soft">
            Whoever operates the mesh makes new versions. Ask there when your orders change their shape.
          </p>
        )}
      </Panel>
      <ConfigVersionView key={selected} partner={partner} version={selected} versions={versions} manages={manages} />
    </div>
  );
}

function VersionItem({ version, current }: { readonly version: ConfigVersion; readonly current: boolean }) {
  return (
    <li className="border-b border-line last:border-b-0">
      <Link
        to="/partners/$id"
        params={{ id: version.partnerId ?? "" }}
        search={(old) => ({ tab: "config" as const, view: old.view, file: old.file, version: String(version.version) })}
        activeProps={{}}
        data-current={current}
        className={clsx(
          "flex flex-col gap-0.5 px-4 py-2.5 hover:bg-hover focus-visible:-outline-offset-2",
          "data-[current=true]:bg-accent-wash data-[current=true]:shadow-[inset_3px_0_0_var(--accent)]",
        )}
      >
        <span className="flex items-center justify-between gap-2">
          <span className="font-medium">
            Version {version.version}
            {current && <span className="sr-only"> (shown)</span>}
          </span>
          {version.live && <Badge tone="good">Live</Badge>}
        </span>
        <span className="line-clamp-2 text-sm break-words">{version.message || "No message"}</span>
        <span className="truncate text-xs text-soft">
          {version.author} · <Ago value={version.createTime} />
          {version.restoredVersion ? ` · restores version ${version.restoredVersion}` : ""}
        </span>
      </Link>
    </li>
  );
}

function NoConfig({ partner, manages }: { readonly partner: Partner; readonly manages: boolean }) {
  const { partnerId } = partner;
  return (
    <EmptyState
      icon={FileCode2}
      title="No config yet"
      command={`ordermesh partners config push ${partnerId} FOLDER -m "the first mapping"`}
      actions={
        manages && (
          <Link
            to="/partners/$id"
            params={{ id: partnerId }}
            search={{ tab: "config", edit: "yes" }}
            className={buttonClass("primary")}
          >
            Write the first config
          </Link>
        )
      }
    >
      Without a config the partner's orders are refused: nobody knows which member of its JSON is which field.
    </EmptyState>
  );
}
