import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { createQueryClient, credentials, runtimeConfig } from "@/api";
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

/** A token of an OIDC issuer is short-lived: it is renewed as long as the page is open. */
function useOidcRenewal(): void {
  useEffect(() => {
    const { oidc } = runtimeConfig();
    if (!oidc || credentials.get()?.kind !== "oidc") return;
    void import("@/features/session/oidc").then(({ resumeOidc }) => resumeOidc(oidc));
  }, []);
}

export function App() {
  useThemeOnDocument();
  useSignedInOnly();
  useOidcRenewal();
  return (
    <QueryClientProvider client={queryClient}>
      <TooltipProvider delayDuration={400}>
        <RouterProvider router={router} />
        <Toaster />
      </TooltipProvider>
    </QueryClientProvider>
  );
}
