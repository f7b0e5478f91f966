export interface TokenFacts {
  readonly issuer: string;
  readonly audience: readonly string[];
  readonly subject: string;
  readonly role: string;
  readonly expires: Date | undefined;
}

/** What a JWT says of itself. Nothing is checked here: the gateway does that. */
export function readToken(token: string): TokenFacts | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(payload), (character) => character.charCodeAt(0));
    const claims = JSON.parse(new TextDecoder().decode(bytes)) as Record<string, unknown>;
    return {
      issuer: typeof claims.iss === "string" ? claims.iss : "",
      audience: [claims.aud].flat().filter((name) => typeof name === "string"),
      subject: typeof claims.sub === "string" ? claims.sub : "",
      role: typeof claims.role === "string" ? claims.role : "",
      expires: typeof claims.exp === "number" ? new Date(claims.exp * 1000) : undefined,
    };
  } catch {
    return undefined;
  }
}
