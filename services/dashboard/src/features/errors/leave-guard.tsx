import { useBlocker } from "@tanstack/react-router";
import { Button, Dialog } from "@/ui";

/** Asks before a page with unsaved changes is left. */
export function LeaveGuard({ active }: { readonly active: boolean }) {
  const blocker = useBlocker({ shouldBlockFn: () => active, enableBeforeUnload: active, withResolver: true });
  const blocked = blocker.status === "blocked";
  return (
    <Dialog
      open={blocked}
      onOpenChange={(open) => !open && blocker.reset?.()}
      title="Leave without saving"
      description="Your text is not saved. It stays in this tab, and is here again when you come back."
      footer={
        <>
          <Button onClick={() => blocker.proceed?.()}>Leave</Button>
          <Button tone="primary" onClick={() => blocker.reset?.()}>
            Stay here
          </Button>
        </>
      }
    />
  );
}
