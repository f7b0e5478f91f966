import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, useState } from "react";
import { locate, type Located } from "@/api";
import { isUuid } from "@/lib/ids";
import { Button, ErrorNotice, SearchInput, Spinner } from "@/ui";
import type { OrdersSearch } from "./search";

type Answer =
  | { readonly kind: "asking" }
  | { readonly kind: "choose" }
  | { readonly kind: "missing" }
  | { readonly kind: "failed"; readonly error: unknown };

export interface IdSearchProps {
  onFilter(search: OrdersSearch): void;
}

/** Finds by any id: of an order, an error or a job it opens the page, with any other it filters the list. */
export function IdSearch({ onFilter }: IdSearchProps) {
  const [text, setText] = useState("");
  const [answer, setAnswer] = useState<Answer>();
  const navigate = useNavigate();
  const wanted = text.trim();

  function open({ kind, id }: Located) {
    if (kind === "order") void navigate({ to: "/orders/$id", params: { id } });
    else if (kind === "error") void navigate({ to: "/errors/$id", params: { id } });
    else void navigate({ to: "/errors/jobs/$id", params: { id } });
  }

  async function search() {
    if (!wanted) return;
    if (!isUuid(wanted)) {
      setAnswer({ kind: "choose" });
      return;
    }
    setAnswer({ kind: "asking" });
    try {
      const found = await locate(wanted);
      if (found) open(found);
      else setAnswer({ kind: "missing" });
    } catch (error) {
      setAnswer({ kind: "failed", error });
    }
  }

  function filter(change: OrdersSearch) {
    setAnswer(undefined);
    setText("");
    onFilter(change);
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === "Enter") void search();
    if (event.key === "Escape") setAnswer(undefined);
  };
  return (
    <div className="relative w-full sm:w-80">
      <SearchInput
        label="Search by any id"
        placeholder="Any id, then Enter"
        value={text}
        onChange={(next) => {
          setText(next);
          setAnswer(undefined);
        }}
        onKeyDown={onKeyDown}
      />
      {answer && (
        <div
          role="status"
          className="absolute inset-x-0 top-full z-30 mt-1 rounded-lg border border-line bg-raised p-2 shadow-raised"
        >
          {answer.kind === "asking" && <Spinner label="Looking for it" />}
          {answer.kind === "failed" && <ErrorNotice error={answer.error} />}
          {answer.kind !== "asking" && answer.kind !== "failed" && (
            <Choices text={wanted} missing={answer.kind === "missing"} onChoose={filter} />
          )}
        </div>
      )}
    </div>
  );
}

interface ChoicesProps {
  readonly text: string;
  /** It looks like an id of ours, but is none. */
  readonly missing: boolean;
  onChoose(search: OrdersSearch): void;
}

function Choices({ text, missing, onChoose }: ChoicesProps) {
  const choices: [label: string, search: OrdersSearch][] = [
    ["External order id", { external: text }],
    ["Product id", { product: text }],
    ["Customer id", { customer: text }],
  ];
  return (
    <>
      <p className="px-2 py-1 text-sm text-soft">
        {missing ? "No order, error or job has this id. Look for it as:" : "Look for it as:"}
      </p>
      {choices.map(([label, search]) => (
        <Button key={label} tone="quiet" className="w-full justify-start!" onClick={() => onChoose(search)}>
          {label}
        </Button>
      ))}
    </>
  );
}
