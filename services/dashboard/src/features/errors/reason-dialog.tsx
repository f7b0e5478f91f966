import { useState } from "react";
import { byteLength } from "@/lib/bytes";
import { Button, Dialog, ErrorNotice, Field, TextArea } from "@/ui";

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
export function ReasonDialog(props: ReasonDialogProps) {
  const { open, onOpenChange, title, description, label, action, danger = false, onSubmit } = props;
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const size = byteLength(text.trim());

  async function submit() {
    setBusy(true);
    setError(undefined);
    try {
      await onSubmit(text.trim());
      setText("");
      onOpenChange(false);
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  const footer = (
    <>
      <Button onClick={() => onOpenChange(false)}>Keep as it is</Button>
      <Button
        tone={danger ? "danger" : "primary"}
        busy={busy}
        disabled={size === 0 || size > MOST}
        onClick={() => void submit()}
      >
        {action}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description} footer={footer}>
      <div className="flex flex-col gap-3">
        <Field
          label={label}
          {...(size > MOST && { error: `It has ${size} bytes; 2,000 are the most.` })}
          hint="It stays in the history. Write no payment card numbers: they are refused."
        >
          <TextArea value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
        {error !== undefined && <ErrorNotice error={error} />}
      </div>
    </Dialog>
  );
}
