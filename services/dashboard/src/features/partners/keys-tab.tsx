import { useQuery } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { type ApiKey, canManagePartners, isPartner, type Partner, useSession } from "@/api";
import { Button, CommandLine, EmptyState, ErrorNotice, Panel, SkeletonLines, useCommands } from "@/ui";
import { CreateKeyDialog } from "./create-key-dialog";
import { KeyItem } from "./key-item";
import { liveKeys, MOST_LIVE_KEYS } from "./keys";
import { keysQuery } from "./queries";
import { RevokeKeyDialog } from "./revoke-key-dialog";

/** The API keys of a partner: never the keys themselves, which nobody keeps. */
export function KeysTab({ partner }: { readonly partner: Partner }) {
  const session = useSession();
  const { data, error, refetch } = useQuery(keysQuery(partner.partnerId));
  const [creating, setCreating] = useState(false);
  const [revoking, setRevoking] = useState<ApiKey>();
  const keys = data?.keys ?? [];
  const live = liveKeys(keys);
  const full = live.length >= MOST_LIVE_KEYS;
  const manages = canManagePartners(session);
  const create = () => setCreating(true);
  useCommands(
    manages && !full ? [{ id: "key", label: "New API key", group: "This page", keys: "n", run: create }] : [],
  );
  if (error) return <ErrorNotice error={error} title="The keys could not be read" onRetry={() => void refetch()} />;
  if (!data) return <SkeletonLines lines={4} label="Loading the keys" />;
  return (
    <div className="flex flex-col gap-4">
      <Panel
        title={isPartner(session) ? "Your API keys" : "API keys"}
        description={`${live.length} of at most ${MOST_LIVE_KEYS} live`}
        actions={
          manages && (
            <Button
              tone="primary"
              disabled={full}
              icon={<Plus aria-hidden="true" className="size-4" />}
              onClick={create}
              aria-describedby={full ? "keys-full" : undefined}
            >
              New key
            </Button>
          )
        }
        flush
      >
        {manages && full && (
          <p id="keys-full" className="border-b border-line bg-warn-wash px-4 py-2.5 text-warn">
            Two live keys are the most, so that one can take the other's place without a gap. To make another, revoke
            the one that is no longer used.
          </p>
        )}
        {keys.length === 0 ? (
          <EmptyState
            icon={KeyRound}
            title="No keys yet"
            command={`ordermesh partners keys create ${partner.partnerId} --label first --out ${partner.partnerId}.key`}
          >
            With a key the partner sends its orders and signs in here. It is shown once, when it is made.
          </EmptyState>
        ) : (
          <ul className="divide-y divide-line">
            {keys.map((key) => (
              <KeyItem
                key={key.keyId}
                apiKey={key}
                current={session.subject === key.keyId}
                {...(manages && { onRevoke: () => setRevoking(key) })}
              />
            ))}
          </ul>
        )}
      </Panel>
      {isPartner(session) ? <ForPartners /> : keys.length > 0 && <OnTheCommandLine partnerId={partner.partnerId} />}
      {creating && <CreateKeyDialog partnerId={partner.partnerId} onClose={() => setCreating(false)} />}
      {revoking && (
        <RevokeKeyDialog apiKey={revoking} last={live.length === 1} onClose={() => setRevoking(undefined)} />
      )}
    </div>
  );
}

function ForPartners() {
  return (
    <Panel title="A new key">
      <p className="max-w-prose">
        Whoever operates the mesh makes and revokes keys. Ask there for a second one, put it in place of the first, and
        have the first one revoked: two may be live at a time, so that no order is refused meanwhile. A key is shown
        once, when it is made; nobody can look it up later. If yours has been seen by somebody else, say so at once: a
        revoked key is refused within 5 seconds.
      </p>
    </Panel>
  );
}

function OnTheCommandLine({ partnerId }: { readonly partnerId: string }) {
  return <CommandLine command={`ordermesh partners keys list ${partnerId}`} />;
}
