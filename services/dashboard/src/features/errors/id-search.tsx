import { Link, useNavigate } from "@tanstack/react-router";
import { clsx } from "clsx";
import { type FormEvent, useState } from "react";
import { locate } from "@/api";
import { isUuid } from "@/lib/ids";
import { Button, buttonClass, ErrorNotice, SearchInput, Spinner } from "@/ui";
import type { ErrorsFilter } from "./search";

type Answer =
  | { readonly kind: "asking" }
  | { readonly kind: "order"; readonly id: string }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: unknown };

/** Finds by any id: ours opens its page, any other is looked for in the payloads. */
export function IdSearch({ onFilter }: { onFilter(filter: ErrorsFilter): void }) {
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState<Answer>();
  const navigate = useNavigate();
  const wanted = text.trim();

  function filter(next: ErrorsFilter) {
    setAnswer(undefined);
    setText("");
    onFilter(next);
  }
  async function search(event: FormEvent) {
    event.preventDefault();
    if (!wanted) return;
    if (!isUuid(wanted)) {
      filter({ text: wanted });
      return;
    }
    setAnswer({ kind: "asking" });
    try {
      const found = await locate(wanted);
      if (!found) setAnswer({ kind: "missing" });
      else if (found.kind === "order") setAnswer({ kind: "order", id: found.id });
      else if (found.kind === "error") void navigate({ to: "/errors/$id", params: { id: found.id } });
      else void navigate({ to: "/errors/jobs/$id", params: { id: found.id } });
    } catch (error) {
      setAnswer({ kind: "failed", error });
    }
  }
  return (
    <form onSubmit={search} className="relative w-full sm:w-72">
      <SearchInput
        label="Search by any id"
        placeholder="Any id, then Enter"
        value={text}
        onChange={(next) => {
          setText(next);
          setAnswer(undefined);
        }}
      />
      {answer && (
        <div
          role="status"
          className={clsx(
            "absolute top-full right-0 left-0 z-30 mt-1 rounded-lg border border-line bg-raised p-2",
            "shadow-raised",
          )}
        >
          <AnswerView answer={answer} text={wanted} onFilter={filter} />
        </div>
      )}
    </form>
  );
}

interface AnswerViewProps {
  readonly answer: Answer;
  readonly text: string;
  onFilter(filter: ErrorsFilter): void;
}

function AnswerView({ answer, text, onFilter }: AnswerViewProps) {
  const row = "w-full justify-start!";
  if (answer.kind === "asking") return <Spinner label="Looking for it" />;
  if (answer.kind === "failed") return <ErrorNotice error={answer.error} />;
  if (answer.kind === "missing") {
    return (
      <>
        <p className="px-2 py-1 text-sm text-soft">No order, error or job has this id.</p>
        <Button tone="quiet" className={row} onClick={() => onFilter({ text })}>
          Look for it in the payloads
        </Button>
      </>
    );
  }
  return (
    <>
      <Button tone="quiet" className={row} onClick={() => onFilter({ order: answer.id })}>
        Errors that belong to this order
      </Button>
      <Link to="/orders/$id" params={{ id: answer.id }} className={buttonClass("quiet", "medium", row)}>
        Open the order
      </Link>
    </>
  );
}
