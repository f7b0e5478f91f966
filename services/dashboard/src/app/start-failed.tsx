import { Button, TooltipProvider } from "@/ui";

/** Before there is an app: its configuration could not be read. */
export function StartFailed({ error }: { readonly error: unknown }) {
  return (
    <TooltipProvider>
      <main className="mx-auto flex min-h-dvh max-w-md flex-col justify-center gap-3 px-4">
        <h1 className="text-xl font-semibold">The dashboard could not start</h1>
        <p className="text-soft">
          Its configuration, /config.json, could not be read: {error instanceof Error ? error.message : String(error)}.
          Check the connection and try again.
        </p>
        <div>
          <Button tone="primary" onClick={() => location.reload()}>
            Try again
          </Button>
        </div>
      </main>
    </TooltipProvider>
  );
}
