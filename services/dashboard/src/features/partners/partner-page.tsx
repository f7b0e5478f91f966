import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { Lock } from "lucide-react";
import { canManagePartners, isPartner, type Partner, useSession } from "@/api";
import {
  buttonClass,
  CopyButton,
  EmptyState,
  ErrorNotice,
  Page,
  SkeletonLines,
  StateBadge,
  TabLinks,
  tabLinkClass,
} from "@/ui";
import { ConfigTab } from "./config-tab";
import { KeysTab } from "./keys-tab";
import { partnerQuery } from "./queries";
import { PARTNER_TABS, type PartnerTab } from "./search";
import { SettingsTab } from "./settings-tab";
import { StateControl } from "./state-control";

const route = getRouteApi("/shell/partners/$id");

const LABELS: Readonly<Record<PartnerTab, string>> = { settings: "Settings", config: "Config", keys: "Keys" };

function Tabs({ id, current }: { readonly id: string; readonly current: PartnerTab | undefined }) {
  return (
    <TabLinks label="Parts of the partner">
      {PARTNER_TABS.map((tab) => (
        <Link
          key={tab}
          to="/partners/$id"
          params={{ id }}
          // Without a tab in the address it is the first one.
          search={{ tab: tab === "settings" && !current ? undefined : tab }}
          className={tabLinkClass}
          activeProps={{ "aria-current": "page" }}
        >
          {LABELS[tab]}
        </Link>
      ))}
    </TabLinks>
  );
}

function Heading({ partner }: { readonly partner: Partner }) {
  return (
    <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
      {partner.name || partner.partnerId}
      <StateBadge state={partner.state} />
    </span>
  );
}

function Summary({ partner }: { readonly partner: Partner }) {
  const config = partner.configVersion
    ? `config version ${partner.configVersion}`
    : "no config: its orders are refused";
  return (
    <span className="flex flex-wrap items-center gap-x-2">
      <span className="inline-flex items-center gap-1">
        <code className="font-mono text-sm">{partner.partnerId}</code>
        <CopyButton value={partner.partnerId} what="partner id" />
      </span>
      <span>
        {config}
        {partner.numbered && ", numbers its orders"}
        {partner.rounding && `, rounds ${partner.rounding}`}
      </span>
    </span>
  );
}

function Above({ own }: { readonly own: boolean }) {
  if (own) return <>Your settings, config and keys</>;
  return (
    <Link to="/partners" className="link">
      Partners
    </Link>
  );
}

/** Of other partners nothing is asked for, not even whether they exist. */
function NotYours({ own }: { readonly own: string }) {
  return (
    <Page title="Not your partner">
      <EmptyState
        icon={Lock}
        title="This page belongs to another partner"
        actions={
          <Link to="/partners/$id" params={{ id: own }} className={buttonClass("primary")}>
            To your own page
          </Link>
        }
      >
        You are signed in with a key of {own}, which sees only its own orders, errors, settings and keys. Look for a
        typing error in the address.
      </EmptyState>
    </Page>
  );
}

export function PartnerPage() {
  const { id } = route.useParams();
  const { tab } = route.useSearch();
  const session = useSession();
  const own = isPartner(session);
  const {
    data: partner,
    error,
    refetch,
  } = useQuery({ ...partnerQuery(id), enabled: !own || id === session.partnerId });
  const manages = canManagePartners(session);
  if (own && id !== session.partnerId) return <NotYours own={session.partnerId ?? ""} />;
  if (!partner) {
    return (
      <Page title={own ? "Your partner" : id} above={<Above own={own} />}>
        {error ? (
          <ErrorNotice error={error} title="This partner cannot be shown" onRetry={() => void refetch()} />
        ) : (
          <SkeletonLines lines={6} label="Loading the partner" />
        )}
      </Page>
    );
  }
  return (
    <Page
      title={partner.name || partner.partnerId}
      heading={<Heading partner={partner} />}
      above={<Above own={own} />}
      description={<Summary partner={partner} />}
      actions={manages && <StateControl partner={partner} />}
    >
      <Tabs id={id} current={tab} />
      {(tab ?? "settings") === "settings" && <SettingsTab key={id} partner={partner} />}
      {tab === "config" && <ConfigTab key={id} partner={partner} />}
      {tab === "keys" && <KeysTab key={id} partner={partner} />}
    </Page>
  );
}
