import { KeyRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { ApiError, runtimeConfig } from "@/api";
import { readToken } from "@/lib/token";
import { Button, ErrorNotice } from "@/ui";
import { beginOidc, finishOidc, forgetOidc, isOidcAnswer } from "./oidc";

export interface OidcSignInProps {
  readonly next: string;
  onToken(token: string, next: string): Promise<void>;
}

/** The issuer let somebody in, the mesh does not: signing in again would end the same way, so it says what is amiss. */
interface Unfit {
  readonly error: unknown;
  readonly token: string | undefined;
}

/** What the issuer put into a token that is not taken, for who can mend that. */
export function describeUnfit(token: string): string {
  const facts = readToken(token);
  if (!facts) return "its access token is no JWT";
  const { issuer, audience, subject } = facts;
  const named = audience.length > 0 ? `the audience ${audience.join(", ")}` : "no audience";
  return `its token for ${subject || "nobody"} is from ${issuer || "no issuer"} and has ${named}`;
}

function UnfitNotice({ error, token }: Unfit) {
  const refused = error instanceof ApiError ? error.status : undefined;
  if (token === undefined || (refused !== 401 && refused !== 403)) {
    return <ErrorNotice error={error} title="The sign-in did not come to an end" />;
  }
  return (
    <>
      <ErrorNotice
        error={error}
        title={
          refused === 403
            ? "You are signed in, and have no role here"
            : "You are signed in, but the mesh does not take your token"
        }
      />
      {refused === 401 && (
        <p className="text-sm text-soft">
          Trying again will not help: your organisation's sign-in and the mesh are not set up for each other. Tell
          whoever runs the mesh that {describeUnfit(token)}.
        </p>
      )}
    </>
  );
}

/** The button for the organisation's own sign-in, where one is configured, and what happens on the way back from it. */
export function OidcSignIn({ next, onToken }: OidcSignInProps) {
  const { oidc } = runtimeConfig();
  const [answering] = useState(() => oidc !== null && isOidcAnswer(location.search));
  const [busy, setBusy] = useState(answering);
  const [unfit, setUnfit] = useState<Unfit>();
  const take = useRef(onToken);
  useEffect(() => {
    if (!oidc || !answering) return;
    let token: string | undefined;
    finishOidc(oidc)
      .then((done) => {
        token = done.token;
        return take.current(done.token, done.next);
      })
      .catch((error: unknown) => {
        setUnfit({ error, token });
        return forgetOidc(oidc);
      })
      .catch(() => undefined)
      .finally(() => setBusy(false));
  }, [oidc, answering]);
  if (!oidc) return null;

  function begin() {
    if (!oidc) return;
    setBusy(true);
    setUnfit(undefined);
    beginOidc(oidc, next).catch((error: unknown) => {
      setUnfit({ error, token: undefined });
      setBusy(false);
    });
  }

  return (
    <div className="flex flex-col gap-3">
      {unfit && <UnfitNotice {...unfit} />}
      <Button busy={busy} icon={<KeyRound aria-hidden="true" className="size-4" />} onClick={begin}>
        Sign in with your organisation
      </Button>
      <p aria-hidden="true" className="flex items-center gap-3 text-xs text-faint">
        <span className="h-px flex-1 bg-line" />
        or
        <span className="h-px flex-1 bg-line" />
      </p>
    </div>
  );
}
