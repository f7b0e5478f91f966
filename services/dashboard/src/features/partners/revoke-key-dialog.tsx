import { useQueryClient } from "@tanstack/react-query";
import { api, type ApiKey, read } from "@/api";
import { Ago, ConfirmDialog, toast } from "@/ui";
import { usedLately } from "./keys";
import { refreshPartners } from "./queries";

export interface RevokeKeyDialogProps {
  readonly apiKey: ApiKey;
  /** Whether it is the partner's only live key. */
  readonly last: boolean;
  onClose(): void;
}

export function RevokeKeyDialog({ apiKey, last, onClose }: RevokeKeyDialogProps) {
  const queries = useQueryClient();
  const { partnerId = "", keyId = "", label, prefix } = apiKey;
  const name = label || keyId;
  async function revoke() {
    const params = { path: { partnerId, keyId } };
    await read(api.DELETE("/api/partners/{partnerId}/keys/{keyId}", { params }));
    await refreshPartners(queries);
    toast({ tone: "good", title: `The key "${name}" is revoked`, description: "It is refused everywhere within 5 s." });
  }
  return (
    <ConfirmDialog
      open
      danger
      onOpenChange={onClose}
      title={`Revoke the key "${name}"`}
      description="It is refused within 5 seconds everywhere, on open streams too. This cannot be undone."
      action={`Revoke "${name}"`}
      onConfirm={revoke}
    >
      <p>
        The key <code className="font-mono text-sm">{prefix}…</code> of {partnerId}, last used{" "}
        <Ago value={apiKey.lastUsedTime} />.
      </p>
      {usedLately(apiKey) && (
        <p className="rounded-md bg-warn-wash px-3 py-2 text-warn">
          Somebody used it within the last day. What still sends with it will be refused.
        </p>
      )}
      {last && (
        <p className="rounded-md bg-warn-wash px-3 py-2 text-warn">
          It is the only live key of {partnerId}: afterwards the partner cannot send anything until it has another one.
        </p>
      )}
    </ConfirmDialog>
  );
}
