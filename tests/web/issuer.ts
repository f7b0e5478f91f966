import { type KeyObject, generateKeyPairSync } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import Provider from "oidc-provider";

export const CLIENT = "dashboard";
export const AUDIENCE = "ordermesh";
export const ROLE_CLAIM = "groups";
/** What an issuer calls the mesh; its tokens then carry the audience. */
const RESOURCE = "https://mesh.example.com";

export interface Person {
  /** What the issuer says of them under ROLE_CLAIM. */
  readonly groups: readonly string[];
  /** Seconds that an access token lasts. */
  readonly lasts: number;
  /** Whether tokens are renewed without the person. */
  readonly renews: boolean;
  readonly audience?: string;
}

export interface Issuer {
  readonly url: string;
  /** How often it was asked for tokens. */
  asked(): number;
  close(): Promise<void>;
}

interface Context {
  body: unknown;
  readonly oidc: {
    readonly client: { readonly clientId: string };
    readonly session: { readonly accountId: string };
    readonly provider: Provider;
  };
}

function jwkOf(key: KeyObject, kid: string, alg: string) {
  return { ...key.export({ format: "jwk" }), kid, alg, use: "sig" };
}

/** The issuer's own look: no page of it loads anything from elsewhere. */
const pageOf = (body: string) =>
  `<!doctype html><html lang="en"><title>The organisation</title><body>${body}</body></html>`;

const loginPage = pageOf(
  '<h1>Who are you?</h1><form method="post"><label>Name <input name="name"></label><button>Go in</button></form>' +
    '<form method="post"><button name="cancel" value="yes">Cancel</button></form>',
);

function settings(people: Readonly<Record<string, Person>>, web: string) {
  const ours = (origin: string) => origin === web;
  const person = (name: string): Person => people[name] ?? { groups: [], lasts: 60, renews: false };
  const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey;
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  return {
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: "none",
        grant_types: ["authorization_code", "refresh_token"],
        redirect_uris: [`${web}/sign-in`],
        post_logout_redirect_uris: [`${web}/sign-in`],
      },
    ],
    jwks: { keys: [jwkOf(rsa, "r", "RS256"), jwkOf(ec, "e", "ES256")] },
    cookies: { keys: ["a secret of this run"] },
    scopes: ["openid", "profile"],
    claims: { profile: ["name"] },
    clientBasedCORS: (_context: Context, origin: string) => ours(origin),
    findAccount: (_context: Context, name: string) => ({ accountId: name, claims: () => ({ sub: name, name }) }),
    extraTokenClaims: (_context: Context, { accountId }: { accountId: string }) => ({
      [ROLE_CLAIM]: person(accountId).groups,
    }),
    issueRefreshToken: (_context: Context, _client: unknown, { accountId }: { accountId: string }) =>
      person(accountId).renews,
    // The organisation has agreed for its people: nobody is asked.
    async loadExistingGrant({ oidc }: Context) {
      const grant = new oidc.provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
      grant.addOIDCScope("openid profile");
      grant.addResourceScope(RESOURCE, "orders");
      await grant.save();
      return grant;
    },
    interactions: { url: () => "/login" },
    ttl: {
      AccessToken: (_context: Context, { accountId }: { accountId: string }) => person(accountId).lasts,
      Grant: 3600,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 3600,
      Session: 3600,
    },
    formats: {
      customizers: {
        jwt(_context: Context, { accountId }: { accountId: string }, { payload }: { payload: { aud: string } }) {
          payload.aud = person(accountId).audience ?? payload.aud;
        },
      },
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => RESOURCE,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "orders",
          audience: AUDIENCE,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "ES256" } },
        }),
      },
      rpInitiatedLogout: {
        logoutSource(context: Context, form: string) {
          context.body = pageOf(`${form}<button form="op.logoutForm" name="logout" value="yes">Sign me out</button>`);
        },
      },
    },
  };
}

async function answerLogin(provider: Provider, request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method !== "POST") {
    response.setHeader("Content-Type", "text/html; charset=utf-8").end(loginPage);
    return;
  }
  const form = new URLSearchParams(await text(request));
  const cancelled = { error: "access_denied", error_description: "The sign-in was cancelled" };
  const result = form.has("cancel") ? cancelled : { login: { accountId: form.get("name") ?? "" } };
  await provider.interactionFinished(request, response, result);
}

const closed = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Starts an OpenID Connect issuer for a dashboard, with keys of its own and people who need only say their name. */
export async function startIssuer(
  port: number,
  people: Readonly<Record<string, Person>>,
  web: string,
): Promise<Issuer> {
  const url = `http://127.0.0.1:${port}`;
  const provider = new Provider(url, settings(people, web));
  const answer = provider.callback();
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === "/login") void answerLogin(provider, request, response);
    else void answer(request, response);
    if (request.url === "/token") asked += 1;
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return { url, asked: () => asked, close: () => closed(server) };
}
