import { type FormEvent, useState } from "react";
import { ApiError, type Credential, recognise } from "@/api";
import { formatPrecise } from "@/lib/time";
import { Button, Checkbox, ErrorNotice, Field, Input } from "@/ui";
import { readToken } from "@/lib/token";

/** What the field holds, in words: the reader sees at once whether he pasted the right thing. */
export function describe(text: string, now: Date = new Date()): { hint?: string; error?: string } {
  if (text.trim() === "") return {};
  const credential = recognise(text);
  if (!credential) {
    return {
      error: "This is neither a token (three parts with dots between them) nor a key (omk_live_ and 49 characters).",
    };
  }
  if (credential.kind === "key") return { hint: "A partner's API key." };
  const facts = readToken(credential.secret);
  if (!facts) return { error: "This token cannot be read. Copy it again, the whole line." };
  if (facts.expires && facts.expires < now) {
    return { error: `This token expired at ${formatPrecise(facts.expires.toISOString(), "local")}. Make a new one.` };
  }
  return { hint: `A token${facts.subject && ` of ${facts.subject}`}${facts.role && `, role ${facts.role}`}.` };
}

export interface SecretFormProps {
  onSubmit(credential: Credential, keep: boolean): Promise<void>;
}

export function SecretForm({ onSubmit }: SecretFormProps) {
  const [text, setText] = useState("");
  const [keep, setKeep] = useState(false);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const said = describe(text);
  const credential = recognise(text);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (!credential) return;
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(credential, keep);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  const refused = error instanceof ApiError && error.status === 401;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4 shadow-card">
      <Field label="Operator token or partner API key" {...said}>
        <Input
          type="password"
          mono
          name="credential"
          autoComplete="current-password"
          placeholder="Paste it here"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
      </Field>
      <Checkbox
        label="Keep me signed in on this device"
        hint="Otherwise it is forgotten when this tab is closed."
        checked={keep}
        onChange={(event) => setKeep(event.target.checked)}
      />
      {error !== undefined && (
        <ErrorNotice error={error} title={refused ? "The server does not take this credential" : "Signing in failed"} />
      )}
      <Button type="submit" tone="primary" busy={busy} disabled={!credential || Boolean(said.error)}>
        Sign in
      </Button>
    </form>
  );
}
