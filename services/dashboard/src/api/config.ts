/** What differs from one installation to the next. The gateway serves it at /config.json, a static site has a file. */
export interface OidcConfig {
  readonly issuer: string;
  readonly clientId: string;
  readonly scope: string;
}

export interface RuntimeConfig {
  /** Where the API is; empty: where the page came from. */
  readonly apiBase: string;
  readonly oidc: OidcConfig | null;
}

let current: RuntimeConfig = { apiBase: "", oidc: null };

export const runtimeConfig = (): RuntimeConfig => current;

function isOidc(value: unknown): value is OidcConfig {
  const { issuer, clientId, scope } = (value ?? {}) as Record<string, unknown>;
  return typeof issuer === "string" && typeof clientId === "string" && typeof scope === "string";
}

/** An address without its scheme would be taken for a path of this site. */
function acceptBase(value: unknown): string {
  const base = typeof value === "string" ? value.replace(/\/+$/, "") : "";
  if (base && !/^https?:\/\/[^/]/.test(base)) throw new Error(`apiBase must begin with https://, and is "${base}"`);
  return base;
}

export function acceptConfig(value: unknown): RuntimeConfig {
  const { apiBase, oidc } = (value ?? {}) as Record<string, unknown>;
  return {
    apiBase: acceptBase(apiBase),
    oidc: isOidc(oidc) ? oidc : null,
  };
}

/** Reads the configuration; fails where it cannot be had, because calling a wrong API would be worse. */
export async function loadConfig(): Promise<RuntimeConfig> {
  const response = await fetch("/config.json", { cache: "no-cache" });
  if (!response.ok) throw new Error(`/config.json answered ${response.status}`);
  current = acceptConfig(await response.json());
  return current;
}
