import type { User, UserManager } from "oidc-client-ts";
import { ApiError, Code, credentials, type OidcConfig } from "@/api";

/** So long before its end a token is renewed, in seconds. */
const RENEW_BEFORE = 15;

let manager: Promise<UserManager> | undefined;

/** Puts a renewed token in the place of the old one. Nobody is signed in by it who was not, or not in this way. */
function take(user: User): void {
  const old = credentials.get();
  if (old?.kind !== "oidc" || old.secret === user.access_token) return;
  credentials.renew({ kind: "oidc", secret: user.access_token });
}

function managerOf(config: OidcConfig): Promise<UserManager> {
  manager ??= import("oidc-client-ts").then(({ UserManager, WebStorageStateStore }) => {
    const here = `${location.origin}/sign-in`;
    const made = new UserManager({
      authority: config.issuer,
      client_id: config.clientId,
      scope: config.scope,
      redirect_uri: here,
      post_logout_redirect_uri: here,
      response_type: "code",
      automaticSilentRenew: true,
      accessTokenExpiringNotificationTimeInSeconds: RENEW_BEFORE,
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

/** What went wrong at the issuer, or on the way to it. */
function issuerError(config: OidcConfig, cause: unknown): ApiError {
  const said = cause instanceof Error ? cause.message : String(cause);
  const message = `${config.issuer} did not sign you in: ${said}`;
  return new ApiError({ message, code: Code.UNKNOWN, status: 0, reason: "ISSUER", requestId: "", cause });
}

export async function beginOidc(config: OidcConfig, next: string): Promise<void> {
  const made = await managerOf(config);
  await made.signinRedirect({ state: next }).catch((error: unknown) => {
    throw issuerError(config, error);
  });
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
    const user = await made.signinRedirectCallback().catch((error: unknown) => {
      throw issuerError(config, error);
    });
    return { token: user.access_token, next: typeof user.state === "string" ? user.state : "/" };
  });
  return finishing;
}

/** Nobody gets a new token for the old one any more. An access token that is a JWT ends only by itself. */
const revoke = (made: UserManager) => made.revokeTokens(["refresh_token"]).catch(() => undefined);

/** Forgets the issuer's tokens, here and, where it offers that, there. */
export async function forgetOidc(config: OidcConfig): Promise<void> {
  const made = await managerOf(config);
  await revoke(made);
  await made.removeUser();
}

/** Ends the sign-in at the issuer too, if it offers that: the next person at this screen would be in with a click. */
export async function leaveOidc(config: OidcConfig): Promise<void> {
  const made = await managerOf(config);
  await revoke(made);
  const endsSessions = await made.metadataService.getEndSessionEndpoint().catch(() => undefined);
  if (endsSessions) await made.signoutRedirect().catch(() => made.removeUser());
  else await made.removeUser();
}

/** After a reload, and before a call with a token that has ended: goes on renewing for who signed in by OIDC. */
export async function resumeOidc(config: OidcConfig): Promise<void> {
  const made = await managerOf(config);
  let user = await made.getUser();
  if (user?.expired && user.refresh_token) user = await made.signinSilent();
  if (user && !user.expired) take(user);
}
