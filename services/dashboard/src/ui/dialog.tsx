import { clsx } from "clsx";
import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { type ReactNode, useState } from "react";
import { Button } from "./button";
import { ErrorNotice } from "./error-notice";

export interface DialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  readonly description?: ReactNode;
  /** Buttons at its foot, the most important one last. */
  readonly footer?: ReactNode;
  readonly wide?: boolean;
  readonly children?: ReactNode;
}

export function Dialog({ open, onOpenChange, title, description, footer, wide = false, children }: DialogProps) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-[rgb(8_12_20/50%)]" />
        <Radix.Content
          {...(!description && { "aria-describedby": undefined })}
          className={clsx(
            "fixed top-1/2 left-1/2 z-40 flex max-h-[calc(100dvh-2rem)] w-[calc(100vw-2rem)] -translate-x-1/2",
            "-translate-y-1/2 flex-col rounded-xl border border-line bg-raised shadow-raised outline-none",
            wide ? "max-w-3xl" : "max-w-lg",
          )}
        >
          <div className="flex items-start justify-between gap-4 px-5 pt-4 pb-3">
            <div className="min-w-0">
              <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
              {description && <Radix.Description className="mt-1 text-soft">{description}</Radix.Description>}
            </div>
            <Radix.Close asChild>
              {/* Without a tooltip: it would open with the focus, and take the first Escape for itself. */}
              <Button tone="quiet" size="small square" aria-label="Close">
                <X aria-hidden="true" className="size-4" />
              </Button>
            </Radix.Close>
          </div>
          {children && <div className="min-h-0 overflow-auto px-5 pb-4">{children}</div>}
          {footer && <div className="flex flex-wrap justify-end gap-2 border-t border-line px-5 py-3">{footer}</div>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export interface ConfirmDialogProps {
  readonly open: boolean;
  onOpenChange(open: boolean): void;
  readonly title: ReactNode;
  /** What will happen, and whether it can be undone. */
  readonly description: ReactNode;
  /** The action, as a verb: "Revoke the key". */
  readonly action: string;
  readonly danger?: boolean;
  /** Something is still to be filled in. */
  readonly disabled?: boolean;
  /** The dialog closes where it succeeds and shows the error where it fails. */
  onConfirm(): Promise<unknown>;
  readonly children?: ReactNode;
}

export function ConfirmDialog(props: ConfirmDialogProps) {
  const { open, onOpenChange, title, description, action, danger = false, disabled, onConfirm, children } = props;
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();

  async function confirm() {
    setBusy(true);
    setError(undefined);
    try {
      await onConfirm();
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
      <Button tone={danger ? "danger" : "primary"} busy={busy} disabled={disabled} onClick={confirm}>
        {action}
      </Button>
    </>
  );
  return (
    <Dialog open={open} onOpenChange={onOpenChange} title={title} description={description} footer={footer}>
      {(children || error !== undefined) && (
        <div className="flex flex-col gap-3">
          {children}
          {error !== undefined && <ErrorNotice error={error} />}
        </div>
      )}
    </Dialog>
  );
}
