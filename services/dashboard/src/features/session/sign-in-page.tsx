import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import { type Credential, credentials, identify, sessionQuery } from "@/api";
import { CommandLine } from "@/ui";
import { OidcSignIn } from "./oidc-sign-in";
import { SecretForm } from "./secret-form";

const route = getRouteApi("/sign-in");

/** Checks a credential, keeps it, and goes where its owner wanted to. */
function useSignIn() {
  const queries = useQueryClient();
  const router = useRouter();
  const { next } = route.useSearch();
  return async (credential: Credential, keep: boolean, to = next ?? "/") => {
    const session = await identify(credential);
    queries.clear();
    queries.setQueryData(sessionQuery.queryKey, session);
    credentials.set(credential, keep);
    router.history.push(to);
  };
}

export function SignInPage() {
  const signIn = useSignIn();
  const { next } = route.useSearch();
  useEffect(() => {
    document.title = "Sign in · Ordermesh";
  }, []);
  return (
    <main className="mx-auto flex min-h-dvh w-full max-w-md flex-col justify-center gap-6 px-4 py-10">
      <header className="flex flex-col gap-2">
        <img src="/ordermesh.svg" alt="" width="40" height="40" />
        <h1 className="text-2xl font-semibold tracking-tight">Sign in to Ordermesh</h1>
        <p className="text-soft">
          Operators see every partner. A partner's engineer sees that partner's orders and errors.
        </p>
      </header>
      {credentials.reason() === "refused" && (
        <p role="status" className="rounded-lg bg-warn-wash px-3 py-2 text-warn">
          The server no longer takes your credential: it has expired or was revoked. Sign in again and you are back
          where you were.
        </p>
      )}
      <OidcSignIn next={next ?? "/"} onToken={(token, to) => signIn({ kind: "oidc", secret: token }, false, to)} />
      <SecretForm onSubmit={signIn} />
      <section
        aria-label="Where to find a credential"
        className="flex flex-col gap-3 border-t border-line pt-5 text-sm text-soft"
      >
        <Hint title="Operators">
          Print the token of the mesh on this machine:
          <CommandLine command="jq -r .operator .ordermesh/credentials.json" />
        </Hint>
        <Hint title="Partners">
          <p>
            Your API key begins with <code className="font-mono">omk_live_</code>. It was shown once when it was made;
            whoever operates the mesh can make another.
          </p>
        </Hint>
      </section>
    </main>
  );
}

function Hint({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <h2 className="font-medium text-ink">{title}</h2>
      {children}
    </div>
  );
}
