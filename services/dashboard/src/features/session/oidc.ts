import type { User, UserManager } from "oidc-client-ts";
import { credentials, type OidcConfig } from "@/api";

let manager: Promise<UserManager> | undefined;

/** The token that the API takes: the access token, which names its audience and role. */
function take(user: User): void {
  // Who has signed out, or in with something else, is not signed in again by a renewal.
  if (credentials.get()?.kind === "oidc") credentials.renew({ kind: "oidc", secret: user.access_token });
}

function managerOf(config: OidcConfig): Promise<UserManager> {
  manager ??= import("oidc-client-ts").then(({ UserManager, WebStorageStateStore }) => {
    const made = new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      scope: config.scope,
      redirect_uri: `${location.origin}/sign-in`,
      response_type: "code",
      automaticSilentRenew: true,
      userStore: new WebStorageStateStore({ store: sessionStorage }),
    });
    made.events.addUserLoaded(take);
    credentials.subscribe(() => {
      if (credentials.get()) return;
      made.stopSilentRenew();
      // With it goes the token that renews.
      void made.removeUser();
    });
    return made;
  });
  return manager;
}

export async function beginOidc(config: OidcConfig, next: string): Promise<void> {
  const made = await managerOf(config);
  await made.signinRedirect({ state: next });
}

/** Whether this address is the issuer's answer. */
export function isOidcAnswer(search: string): boolean {
  const parameters = new URLSearchParams(search);
  return parameters.has("state") && (parameters.has("code") || parameters.has("error"));
}

let finishing: Promise<{ token: string; next: string }> | undefined;

/** Turns the issuer's answer into a token; only once, however often it is asked for. */
export function finishOidc(config: OidcConfig): Promise<{ token: string; next: string }> {
  finishing ??= managerOf(config).then(async (made) => {
    const user = await made.signinRedirectCallback();
    return { token: user.access_token, next: typeof user.state === "string" ? user.state : "/" };
  });
  return finishing;
}

/** After a reload: goes on renewing the token of who signed in by OIDC. */
export async function resumeOidc(config: OidcConfig): Promise<void> {
  const made = await managerOf(config);
  const user = await made.getUser();
  if (user && !user.expired) take(user);
}
