import { queryOptions, useSuspenseQuery } from "@tanstack/react-query";
import { api, read } from "./client";
import { type Credential, credentialHeader } from "./credential";
import type { Session } from "./types";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => read(api.GET("/api/session", { signal })),
  staleTime: 5 * 60_000,
});

/** Asks who a credential stands for, before it is kept. */
export function identify(credential: Credential): Promise<Session> {
  const [name, value] = credentialHeader(credential);
  return read(api.GET("/api/session", { headers: { [name]: value } }));
}

/** Who is signed in. Only below the shell, which has loaded it. */
export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** What a role may do. The server refuses by itself: this only keeps away what would be refused. */
export function canRepair(session: Session): boolean {
  return session.role !== "VIEWER";
}

export function canManagePartners(session: Session): boolean {
  return session.role === "OPERATOR" || session.role === "ADMIN";
}

export function isPartner(session: Session): boolean {
  return session.role === "PARTNER";
}
