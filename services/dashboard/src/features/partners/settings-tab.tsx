import { canManagePartners, isPartner, type Partner, useSession } from "@/api";
import { Facts, Panel, PreciseTime, Time } from "@/ui";
import { describeLimit } from "./limit";
import { SettingsForm } from "./settings-form";

/** A form for who may change it, else the same as facts. */
export function SettingsTab({ partner }: { readonly partner: Partner }) {
  const session = useSession();
  if (canManagePartners(session)) return <SettingsForm partner={partner} />;
  return (
    <Panel
      title={isPartner(session) ? "Your settings" : "Settings"}
      description={
        isPartner(session)
          ? "Whoever operates the mesh can change them. Ask there for a higher limit or another address."
          : "Your role sees them. An operator can change them."
      }
    >
      <Facts
        facts={[
          { label: "Name", value: partner.name || "none" },
          { label: "Order limit", value: `${describeLimit(partner.orderLimit)}, over all keys` },
          { label: "Query limit", value: `${describeLimit(partner.queryLimit)}, for each key` },
          { label: "Errors are kept", value: `${partner.errorTtlDays || 90} days after their last change` },
          { label: "Numbers its orders", value: partner.numbered ? "yes" : "no" },
          { label: "Amounts", value: partner.rounding ? `rounded: ${partner.rounding}` : "exact" },
          { label: "Webhook addresses", value: <Addresses urls={partner.webhookUrls ?? []} /> },
          { label: "Created", value: <Time value={partner.createTime} /> },
          { label: "Last changed", value: <PreciseTime value={partner.updateTime} /> },
        ]}
      />
    </Panel>
  );
}

function Addresses({ urls }: { readonly urls: readonly string[] }) {
  if (urls.length === 0) return <span className="text-faint">none</span>;
  return (
    <ul>
      {urls.map((url) => (
        <li key={url} className="font-mono text-sm break-all">
          {url}
        </li>
      ))}
    </ul>
  );
}
