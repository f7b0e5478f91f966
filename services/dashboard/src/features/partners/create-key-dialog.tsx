import { useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { type FormEvent, useState } from "react";
import { api, read } from "@/api";
import { byteLength } from "@/lib/bytes";
import { Button, Checkbox, CopyButton, Dialog, ErrorNotice, Field, Input, Select } from "@/ui";
import { expiryOf, type Lifetime, LIFETIMES } from "./keys";
import { refreshPartners } from "./queries";

export interface CreateKeyDialogProps {
  readonly partnerId: string;
  onClose(): void;
}

/**
 * Makes a key and shows it, this once. The key lives in this component's state alone: no cache, no address, no storage
 * and no log has it, and it is gone when the dialog closes.
 */
export function CreateKeyDialog({ partnerId, onClose }: CreateKeyDialogProps) {
  const [key, setKey] = useState<string>();
  if (key !== undefined) return <NewKey secret={key} partnerId={partnerId} onClose={onClose} />;
  return <KeyForm partnerId={partnerId} onKey={setKey} onClose={onClose} />;
}

function KeyForm({ partnerId, onKey, onClose }: CreateKeyDialogProps & { onKey(key: string): void }) {
  const queries = useQueryClient();
  const [label, setLabel] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("never");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const problem = byteLength(label) > 128 ? "The label may have 128 bytes at most." : undefined;

  async function submit(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const expireTime = expiryOf(lifetime);
      const body = { label: label.trim(), ...(expireTime && { expireTime }) };
      const made = await read(api.POST("/api/partners/{partnerId}/keys", { params: { path: { partnerId } }, body }));
      onKey(made.key ?? "");
      void refreshPartners(queries);
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`New API key of ${partnerId}`}
      description="The key is shown once, right after it is made. Nobody can look it up later."
    >
      <form onSubmit={submit} className="flex flex-col gap-4">
        <Field label="Label" hint="What it is for: the system or the people that get it." error={problem}>
          <Input value={label} placeholder="Production, 2026" onChange={(event) => setLabel(event.target.value)} />
        </Field>
        <Field label="Expires">
          <Select<Lifetime> value={lifetime} onChange={setLifetime} options={LIFETIMES} />
        </Field>
        {error !== undefined && <ErrorNotice error={error} title="The key was not made" />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" tone="primary" busy={busy} disabled={Boolean(problem) || label.trim() === ""}>
            Make the key
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

interface NewKeyProps {
  readonly secret: string;
  readonly partnerId: string;
  onClose(): void;
}

/** Closes only once its reader has said that the key is in a safe place: afterwards it is gone. */
function NewKey({ secret, partnerId, onClose }: NewKeyProps) {
  const [kept, setKept] = useState(false);
  return (
    <Dialog
      open
      onOpenChange={() => kept && onClose()}
      title={`The new key of ${partnerId}`}
      description="It works from now on, here and for orders."
      footer={
        <Button tone="primary" disabled={!kept} onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-4">
        <p className="flex items-start gap-2 rounded-md bg-warn-wash px-3 py-2 text-warn">
          <TriangleAlert aria-hidden="true" className="mt-1 size-4 shrink-0" />
          <span>
            This is the only time that the key can be seen. It is kept nowhere: if it is lost, make another and revoke
            this one.
          </span>
        </p>
        <div className="flex items-center gap-2 rounded-md border border-line-strong bg-sunken py-1.5 pr-1.5 pl-3">
          <code data-secret className="min-w-0 flex-1 font-mono text-sm break-all select-all">
            {secret}
          </code>
          <CopyButton value={secret} what="key" labelled />
        </div>
        <Checkbox
          label="I have put the key in a safe place"
          checked={kept}
          onChange={(event) => setKept(event.target.checked)}
        />
      </div>
    </Dialog>
  );
}
