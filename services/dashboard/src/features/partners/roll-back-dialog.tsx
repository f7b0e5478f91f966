import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useState } from "react";
import { api, type Partner, read } from "@/api";
import { byteLength } from "@/lib/bytes";
import { Button, Dialog, ErrorNotice, Field, Input, toast } from "@/ui";
import { DiffOfVersions } from "./config-diff";
import { refreshPartners } from "./queries";

const route = getRouteApi("/shell/partners/$id");

/** Why a message cannot be taken; undefined where it can. */
export function messageProblem(message: string): string | undefined {
  if (message.trim() === "") return "Say why, for whoever looks at it later.";
  return byteLength(message) > 1024 ? "The message may have 1,024 bytes at most." : undefined;
}

export interface RollBackDialogProps {
  readonly partner: Partner;
  readonly version: number;
  onClose(): void;
}

/** Makes a new version with the files of an old one, after showing what that changes. */
export function RollBackDialog({ partner, version, onClose }: RollBackDialogProps) {
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const [message, setMessage] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const { partnerId, configVersion = 0 } = partner;

  async function rollBack() {
    setBusy(true);
    setError(undefined);
    try {
      const params = { path: { partnerId, version } };
      const body = { message: message.trim() };
      const made = await read(api.POST("/api/partners/{partnerId}/configs/{version}/rollback", { params, body }));
      await refreshPartners(queries);
      toast({ tone: "good", title: `Version ${made.version} is live, with the files of version ${version}` });
      onClose();
      void navigate({ search: { tab: "config", view: "changes", version: String(made.version) } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      wide
      onOpenChange={onClose}
      title={`Roll back to version ${version}`}
      description={
        `A new version with the files of version ${version} becomes live at once. Version ${configVersion} stays in ` +
        "the history, so this can be undone in the same way. This is what changes:"
      }
      footer={
        <>
          <Button onClick={onClose}>Keep version {configVersion}</Button>
          <Button tone="primary" busy={busy} disabled={Boolean(messageProblem(message))} onClick={rollBack}>
            Roll back to version {version}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="scroll-thin max-h-[40vh] overflow-auto rounded-md border border-line">
          <DiffOfVersions partnerId={partnerId} version={version} base={configVersion} />
        </div>
        <Field label="Why" hint="Kept in the history, up to 1,024 bytes.">
          <Input value={message} onChange={(event) => setMessage(event.target.value)} />
        </Field>
        {error !== undefined && <ErrorNotice error={error} title="It was not rolled back" />}
      </div>
    </Dialog>
  );
}
