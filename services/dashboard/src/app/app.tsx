import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { createQueryClient, credentials, renewWith, runtimeConfig, sessionQuery } from "@/api";
import { Toaster, TooltipProvider, useThemeOnDocument } from "@/ui";
import { createAppRouter } from "./router";

const queryClient = createQueryClient();
const router = createAppRouter(queryClient);

/** Who signs out, here or in another tab, or is refused, sees nothing more: the guard of the pages runs again. */
function useSignedInOnly(): void {
  useEffect(
    () =>
      credentials.subscribe(() => {
        if (credentials.get()) return;
        // First away from the pages, which would ask again for what is cleared below them.
        void router.invalidate().then(() => queryClient.clear());
      }),
    [],
  );
}

/** A token of an OIDC issuer is short-lived: it is renewed as long as the page is open. To be done before any call. */
export function keepOidcRenewed(): void {
  const { oidc } = runtimeConfig();
  if (!oidc) return;
  const renew = () => import("@/features/session/oidc").then(({ resumeOidc }) => resumeOidc(oidc));
  renewWith(renew);
  if (credentials.get()?.kind === "oidc") void renew().catch(() => undefined);
}

/** With a new token the role may be another one. */
function useSessionOfToken(): void {
  useEffect(
    () =>
      credentials.subscribe(() => {
        if (credentials.get()?.kind === "oidc") void queryClient.invalidateQueries({ queryKey: sessionQuery.queryKey });
      }),
    [],
  );
}

export function App() {
  useThemeOnDocument();
  useSignedInOnly();
  useSessionOfToken();
  return (
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={400}>
        <RouterProvider router={router} />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
