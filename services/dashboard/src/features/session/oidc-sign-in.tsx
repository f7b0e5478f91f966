import { KeyRound } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { runtimeConfig } from "@/api";
import { Button, ErrorNotice } from "@/ui";
import { beginOidc, finishOidc, isOidcAnswer } from "./oidc";

export interface OidcSignInProps {
  readonly next: string;
  onToken(token: string, next: string): Promise<void>;
}

/** The button for the organisation's own sign-in, where one is configured, and what happens on the way back from it. */
export function OidcSignIn({ next, onToken }: OidcSignInProps) {
  const { oidc } = runtimeConfig();
  const [answering] = useState(() => oidc !== null && isOidcAnswer(location.search));
  const [busy, setBusy] = useState(answering);
  const [error, setError] = useState<unknown>();
  const take = useRef(onToken);
  useEffect(() => {
    if (!oidc || !answering) return;
    finishOidc(oidc)
      .then(({ token, next: to }) => take.current(token, to))
      .catch(setError)
      .finally(() => setBusy(false));
  }, [oidc, answering]);
  if (!oidc) return null;

  function begin() {
    if (!oidc) return;
    setBusy(true);
    setError(undefined);
    beginOidc(oidc, next).catch((failure: unknown) => {
      setError(failure);
      setBusy(false);
    });
  }

  return (
    <div className="flex flex-col gap-3">
      {error !== undefined && <ErrorNotice error={error} title="The sign-in did not come to an end" />}
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
