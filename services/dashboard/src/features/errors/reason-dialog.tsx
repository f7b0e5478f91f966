import { useState } from "react";
import { byteLength } from "@/lib/bytes";
import { ConfirmDialog, Field, TextArea } from "@/ui";

const MOST = 2000;

export interface ReasonDialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: string;
  readonly description: string;
  readonly label: string;
  readonly action: string;
  readonly danger?: boolean;
  /** The dialog closes where it succeeds and shows the error where it fails. */
  onSubmit(text: string): Promise<unknown>;
}

/** Asks for a text of 1 to 2,000 bytes before something is done. */
export function ReasonDialog({ label, onSubmit, ...dialog }: ReasonDialogProps) {
  const [text, setText] = useState("");
  const size = byteLength(text.trim());

  async function submit() {
    await onSubmit(text.trim());
    setText("");
  }

  return (
    <ConfirmDialog {...dialog} disabled={size === 0 || size > MOST} onConfirm={submit}>
      <Field
        label={label}
        {...(size > MOST && { error: `It has ${size} bytes; 2,000 are the most.` })}
        hint="It stays in the history. Write no payment card numbers: they are refused."
      >
        <TextArea value={text} onChange={(event) => setText(event.target.value)} />
      </Field>
    </ConfirmDialog>
  );
}
