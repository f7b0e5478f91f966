import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, Navigate } from "@tanstack/react-router";
import { Plus, Users } from "lucide-react";
import { canManagePartners, isPartner, type Partner, useSession } from "@/api";
import { countOf } from "@/lib/count";
import {
  Button,
  type Column,
  EmptyState,
  ErrorNotice,
  Page,
  SearchInput,
  Segmented,
  SkeletonLines,
  StateBadge,
  Time,
  useCommands,
  VirtualTable,
} from "@/ui";
import { CreatePartner } from "./create-partner";
import { liveKeys } from "./keys";
import { shortLimit } from "./limit";
import { keysQuery, partnersQuery } from "./queries";

const route = getRouteApi("/shell/partners");

/** Loaded for the rows in sight only. */
function KeyCount({ partnerId }: { readonly partnerId: string }) {
  const { data, isError } = useQuery({ ...keysQuery(partnerId), staleTime: 60_000 });
  if (isError) return <span className="text-faint">unknown</span>;
  return <>{data ? countOf(liveKeys(data.keys ?? []).length, "live key") : "…"}</>;
}

function ConfigState({ partner }: { readonly partner: Partner }) {
  if (!partner.configVersion) return <span className="text-warn">No config: orders are refused</span>;
  return <>Version {partner.configVersion}</>;
}

function PartnerLink({ partner }: { readonly partner: Partner }) {
  return (
    <Link to="/partners/$id" params={{ id: partner.partnerId }} className="link font-mono text-sm">
      {partner.partnerId}
    </Link>
  );
}

const COLUMNS: readonly Column<Partner>[] = [
  { id: "id", header: "Partner", width: 160, grow: 1, cell: (partner) => <PartnerLink partner={partner} /> },
  { id: "name", header: "Name", width: 170, grow: 2, cell: (partner) => partner.name },
  { id: "state", header: "State", width: 105, cell: (partner) => <StateBadge state={partner.state} /> },
  { id: "config", header: "Live config", width: 120, grow: 1, cell: (partner) => <ConfigState partner={partner} /> },
  {
    id: "orders",
    header: "Order limit",
    width: 130,
    align: "end",
    cell: (partner) => shortLimit(partner.orderLimit),
  },
  { id: "reads", header: "Query limit", width: 130, align: "end", cell: (partner) => shortLimit(partner.queryLimit) },
  { id: "keys", header: "Keys", width: 105, cell: (partner) => <KeyCount partnerId={partner.partnerId} /> },
  { id: "updated", header: "Last changed", width: 180, cell: (partner) => <Time value={partner.updateTime} /> },
];

function Compact(partner: Partner) {
  return (
    <div className="flex flex-col gap-0.5">
      <div className="flex items-center justify-between gap-2">
        <PartnerLink partner={partner} />
        <StateBadge state={partner.state} />
      </div>
      <div className="truncate">{partner.name}</div>
      <div className="truncate text-sm text-soft">
        <ConfigState partner={partner} /> · {shortLimit(partner.orderLimit)} ·{" "}
        <KeyCount partnerId={partner.partnerId} />
      </div>
    </div>
  );
}

function matches(partner: Partner, text: string | undefined, state: string | undefined): boolean {
  if (state && partner.state !== state) return false;
  const wanted = text?.toLowerCase() ?? "";
  return partner.partnerId.includes(wanted) || (partner.name ?? "").toLowerCase().includes(wanted);
}

const frame = "flex min-h-0 flex-1 flex-col overflow-hidden rounded-lg border border-line bg-surface shadow-card";

function PartnerList() {
  const session = useSession();
  const { text, state } = route.useSearch();
  const navigate = route.useNavigate();
  const { data, error, refetch, isPending } = useQuery(partnersQuery);
  const mayCreate = canManagePartners(session);
  const create = () => void navigate({ search: { create: "yes" } });
  useCommands(mayCreate ? [{ id: "create", label: "New partner", group: "This page", keys: "n", run: create }] : []);
  const rows = (data ?? []).filter((partner) => matches(partner, text, state));
  return (
    <Page
      title="Partners"
      filled
      description={data ? countOf(data.length, "partner") : "Who sends orders, with which config, limits and keys."}
      actions={
        mayCreate && (
          <Button tone="primary" icon={<Plus aria-hidden="true" className="size-4" />} onClick={create}>
            New partner
          </Button>
        )
      }
    >
      <div className="flex flex-wrap items-center gap-2">
        <SearchInput
          label="Search partners"
          placeholder="Id or name"
          className="w-full sm:w-72"
          value={text ?? ""}
          onChange={(next) => void navigate({ search: (old) => ({ ...old, text: next || undefined }), replace: true })}
        />
        <Segmented
          label="State"
          value={state ?? "all"}
          onChange={(next) =>
            void navigate({ search: (old) => ({ ...old, state: next === "all" ? undefined : next }), replace: true })
          }
          options={[
            { value: "all", label: "All" },
            { value: "ACTIVE", label: "Active" },
            { value: "SUSPENDED", label: "Suspended" },
          ]}
        />
      </div>
      {error && <ErrorNotice error={error} title="The partners could not be read" onRetry={() => void refetch()} />}
      {isPending && <SkeletonLines lines={6} label="Loading the partners" />}
      {data && (
        <div className={frame}>
          <VirtualTable
            label="Partners"
            rows={rows}
            columns={COLUMNS}
            rowKey={(partner) => partner.partnerId}
            onOpen={({ partnerId }) => void navigate({ to: "/partners/$id", params: { id: partnerId } })}
            compact={Compact}
            compactHeight={84}
            empty={<NoPartners filtered={data.length > 0} />}
          />
        </div>
      )}
    </Page>
  );
}

function NoPartners({ filtered }: { readonly filtered: boolean }) {
  if (filtered) {
    return (
      <EmptyState icon={Users} title="No partner matches">
        Change the search or the state.
      </EmptyState>
    );
  }
  return (
    <EmptyState icon={Users} title="No partners yet" command="ordermesh partners create -f acme.yaml --config acme">
      A partner sends orders with a key of its own, in its own JSON. Create one here or on the command line.
    </EmptyState>
  );
}

export function PartnersPage() {
  const session = useSession();
  const { create } = route.useSearch();
  if (isPartner(session)) return <Navigate to="/partners/$id" params={{ id: session.partnerId ?? "" }} replace />;
  return create && canManagePartners(session) ? <CreatePartner /> : <PartnerList />;
}
