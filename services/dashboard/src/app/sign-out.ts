import { credentials, runtimeConfig } from "@/api";

/** Forgets the credential, and ends the sign-in at the issuer where it came from one. */
export function signOut(): void {
  const { oidc } = runtimeConfig();
  const byIssuer = credentials.get()?.kind === "oidc";
  credentials.clear("left");
  if (oidc && byIssuer) void import("@/features/session/oidc").then(({ leaveOidc }) => leaveOidc(oidc));
}
