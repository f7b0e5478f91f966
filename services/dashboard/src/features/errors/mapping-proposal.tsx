import { Link } from "@tanstack/react-router";
import { FileDiff } from "lucide-react";
import { useState } from "react";
import { ApiError, type ErrorFilter, type MappingProposal as Proposal, type Patch } from "@/api";
import { byteLength } from "@/lib/bytes";
import { Button, ErrorNotice, Field, Input, UnifiedDiff } from "@/ui";
import { trialWords } from "./proposal";
import { useProposal } from "./use-proposal";

const LONGEST_MESSAGE = 1024;

export interface MappingProposalProps {
  readonly filter: ErrorFilter;
  readonly patch: Patch;
  /** The error that becomes an example. */
  readonly example: string | undefined;
}

/** The rule as a new version of the partner's mapping: shown, and published where somebody wants it. */
export function MappingProposal({ filter, patch, example }: MappingProposalProps) {
  const { proposal, busy, error, published, propose, publish } = useProposal();
  const ask = () => void propose(filter, patch, example);
  const stale = error instanceof ApiError && error.isStale;
  return (
    <section aria-label="The rule as a mapping" className="flex flex-col gap-3 border-t border-line pt-4">
      <p className="text-soft">
        Will the partner go on sending this? Then the rule belongs into its mapping, where it holds for every future
        order.
      </p>
      <div>
        <Button icon={<FileDiff aria-hidden="true" className="size-4" />} busy={busy === "propose"} onClick={ask}>
          Offer as mapping version
        </Button>
      </div>
      {error !== undefined && (
        <ErrorNotice
          error={error}
          title={
            stale
              ? "Not published: another version has become live meanwhile"
              : proposal
                ? "The version was not made"
                : "This rule is no mapping"
          }
          {...(stale && { onRetry: ask })}
        />
      )}
      {proposal && <Drafted proposal={proposal} />}
      {proposal && published === undefined && !stale && (
        <Publish proposal={proposal} busy={busy === "publish"} onPublish={(message) => void publish(message)} />
      )}
      {published !== undefined && (
        <p>
          <Link
            to="/partners/$id"
            params={{ id: filter.partnerId ?? "" }}
            search={{ tab: "config", view: "changes", version: String(published) }}
            className="link"
          >
            Version {published}
          </Link>{" "}
          is live. Errors that are open already become orders by Retry.
        </p>
      )}
    </section>
  );
}

function Drafted({ proposal }: { readonly proposal: Proposal }) {
  const { files = [], effects = [], problems = [] } = proposal;
  return (
    <>
      <ul className="list-disc pl-5">
        {[...effects, ...trialWords(proposal.trials)].map((sentence) => (
          <li key={sentence}>{sentence}</li>
        ))}
      </ul>
      {files.map(({ path = "", unifiedDiff = "" }) => (
        <section key={path} aria-label={path}>
          <h3 className="mb-1.5">
            <code className="font-mono text-sm font-semibold break-all">{path}</code>
          </h3>
          <div className="overflow-hidden rounded-md border border-line">
            <UnifiedDiff diff={unifiedDiff} label={`Changes of ${path}`} />
          </div>
        </section>
      ))}
      {problems.length > 0 && (
        <div role="alert" className="rounded-md border border-warn bg-warn-wash p-3">
          <p className="font-semibold text-warn">A person must change something before this can be published:</p>
          <ul className="list-disc pl-5">
            {problems.map(({ path, line, message }) => (
              <li key={`${path}:${line}:${message}`}>
                <code className="font-mono text-sm">{path}</code>
                {line ? `, line ${line}` : ""}: {message}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

interface PublishProps {
  readonly proposal: Proposal;
  readonly busy: boolean;
  onPublish(message: string): void;
}

function Publish({ proposal, busy, onPublish }: PublishProps) {
  const [message, setMessage] = useState("");
  const sound = (proposal.problems ?? []).length === 0;
  const said = message.trim() !== "" && byteLength(message) <= LONGEST_MESSAGE;
  if (!sound) return null;
  return (
    <div className="flex flex-wrap items-end gap-3">
      <Field label="Message" hint="Why: required, for whoever reads the history." className="min-w-64 flex-1">
        <Input value={message} onChange={(event) => setMessage(event.target.value)} />
      </Field>
      <Button tone="primary" busy={busy} disabled={!said} onClick={() => onPublish(message.trim())}>
        Publish in place of version {proposal.baseVersion}
      </Button>
    </div>
  );
}
