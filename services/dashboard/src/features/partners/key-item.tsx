import { clsx } from "clsx";
import { Ban, Check, Clock } from "lucide-react";
import type { ReactNode } from "react";
import type { ApiKey } from "@/api";
import { Ago, Badge, Button, IdText, Time } from "@/ui";
import { type KeyState, keyState } from "./keys";

const STATES = {
  live: { tone: "good", icon: Check, label: "Live" },
  expired: { tone: "warn", icon: Clock, label: "Expired" },
  revoked: { tone: "neutral", icon: Ban, label: "Revoked" },
} as const;

export function KeyStateBadge({ state }: { readonly state: KeyState }) {
  const { tone, icon, label } = STATES[state];
  return (
    <Badge tone={tone} icon={icon}>
      {label}
    </Badge>
  );
}

export interface KeyItemProps {
  readonly apiKey: ApiKey;
  /** Whether it is the one that this session uses. */
  readonly current: boolean;
  onRevoke?(): void;
}

export function KeyItem({ apiKey, current, onRevoke }: KeyItemProps) {
  const state = keyState(apiKey);
  return (
    <li className="flex flex-wrap items-start justify-between gap-3 px-4 py-3">
      <div className="min-w-0 flex-1 basis-72">
        <p className="flex flex-wrap items-center gap-2">
          <span className={clsx("font-medium break-words", state !== "live" && "text-soft")}>
            {apiKey.label || "No label"}
          </span>
          <KeyStateBadge state={state} />
          {current && <Badge tone="accent">You use it now</Badge>}
        </p>
        <p className="flex flex-wrap items-center gap-x-3 text-soft">
          <code className="font-mono text-sm">{apiKey.prefix}…</code>
          <IdText id={apiKey.keyId} what="key id" />
        </p>
      </div>
      <dl className="grid flex-[2] basis-120 grid-cols-2 gap-x-4 gap-y-1 text-sm sm:grid-cols-[3fr_2fr_2fr_2fr]">
        <Part label="Created">
          <Time value={apiKey.createTime} />
          <span className="block truncate text-faint">by {apiKey.author}</span>
        </Part>
        <Part label="Last used">
          <Ago value={apiKey.lastUsedTime} />
        </Part>
        <Part label="Expires">
          <Time value={apiKey.expireTime} />
        </Part>
        <Part label="Revoked">{apiKey.revokeTime ? <Time value={apiKey.revokeTime} /> : "no"}</Part>
      </dl>
      {onRevoke && (
        <span className="flex sm:w-20 sm:justify-end">
          {state === "live" && (
            <Button size="small" tone="danger" onClick={onRevoke} aria-label={`Revoke ${apiKey.label || apiKey.keyId}`}>
              Revoke
            </Button>
          )}
        </span>
      )}
    </li>
  );
}

function Part({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs text-faint">{label}</dt>
      <dd className="break-words">{children}</dd>
    </div>
  );
}
