import { useQueryClient } from "@tanstack/react-query";
import { Ban, Play } from "lucide-react";
import { useState } from "react";
import { api, type Partner, read } from "@/api";
import { Button, Dialog, ErrorNotice, Field, Input, toast, useCommands } from "@/ui";
import { refreshPartners } from "./queries";

const TEXTS = {
  suspend: {
    label: "Suspend",
    action: "Suspend the partner",
    tone: "danger",
    title: "Suspend this partner",
    description:
      "From now on its keys and its orders are refused, on open connections too. Nothing of it is lost, and it can " +
      "be activated again at any time.",
    done: "The partner is suspended",
  },
  activate: {
    label: "Activate",
    action: "Activate the partner",
    tone: "primary",
    title: "Activate this partner",
    description: "Its keys and its orders are taken again from now on.",
    done: "The partner is active",
  },
} as const;

/** Suspends a partner, or activates it again, once its id has been typed. */
export function StateControl({ partner }: { readonly partner: Partner }) {
  const [open, setOpen] = useState(false);
  const kind = partner.state === "SUSPENDED" ? "activate" : "suspend";
  const text = TEXTS[kind];
  useCommands([{ id: kind, label: text.title, group: "This page", run: () => setOpen(true) }]);
  const Icon = kind === "suspend" ? Ban : Play;
  return (
    <>
      <Button
        tone={kind === "suspend" ? "danger" : "neutral"}
        icon={<Icon aria-hidden="true" className="size-4" />}
        onClick={() => setOpen(true)}
      >
        {text.label}
      </Button>
      {open && <StateDialog partnerId={partner.partnerId} kind={kind} onClose={() => setOpen(false)} />}
    </>
  );
}

interface StateDialogProps {
  readonly partnerId: string;
  readonly kind: keyof typeof TEXTS;
  onClose(): void;
}

function StateDialog({ partnerId, kind, onClose }: StateDialogProps) {
  const queries = useQueryClient();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const text = TEXTS[kind];
  const sure = typed.trim() === partnerId;

  async function run() {
    if (!sure) return;
    setBusy(true);
    setError(undefined);
    const params = { path: { partnerId } };
    try {
      if (kind === "suspend") await read(api.POST("/api/partners/{partnerId}/suspend", { params, body: {} }));
      else await read(api.POST("/api/partners/{partnerId}/activate", { params, body: {} }));
      await refreshPartners(queries);
      toast({ tone: "good", title: text.done });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={text.title}
      description={text.description}
      footer={
        <>
          <Button onClick={onClose}>Keep as it is</Button>
          <Button tone={text.tone} busy={busy} disabled={!sure} onClick={run}>
            {text.action}
          </Button>
        </>
      }
    >
      <form
        className="flex flex-col gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Field label={`Type ${partnerId} to confirm`}>
          <Input mono value={typed} onChange={(event) => setTyped(event.target.value)} />
        </Field>
        {error !== undefined && <ErrorNotice error={error} />}
      </form>
    </Dialog>
  );
}
