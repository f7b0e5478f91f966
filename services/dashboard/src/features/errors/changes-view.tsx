import { useMemo, useState } from "react";
import type { ErrorEdit } from "@/api";
import { formatDateTime } from "@/lib/time";
import { DiffView, Field, Select, useTimeZone } from "@/ui";
import { payloadOf } from "./payload";

export interface ChangesViewProps {
  readonly edits: readonly ErrorEdit[];
  /** What is typed and not saved; undefined where nothing is. */
  readonly draft: string | undefined;
}

interface Version {
  readonly value: string;
  readonly label: string;
  readonly text: string;
}

/** Any two of the original, the edits, and what is typed: how they differ. */
export function ChangesView({ edits, draft }: ChangesViewProps) {
  const zone = useTimeZone();
  const versions = useMemo(() => {
    const saved = edits.map((edit, index): Version => {
      const by = `${edit.actor || "somebody"}, ${formatDateTime(edit.time, zone)}`;
      const label = index === 0 ? "Original, as the partner sent it" : `Edit ${edit.number ?? index}: ${by}`;
      return { value: String(index), label, text: payloadOf(edit).text };
    });
    return draft === undefined ? saved : [...saved, { value: "draft", label: "Your text, not saved", text: draft }];
  }, [edits, draft, zone]);
  const [before, setBefore] = useState("0");
  const [after, setAfter] = useState<string>();
  const newest = versions.at(-1);
  const left = versions.find(({ value }) => value === before) ?? versions[0];
  const right = versions.find(({ value }) => value === after) ?? newest;
  const options = versions.map(({ value, label }) => ({ value, label }));
  const comment = edits[Number(right?.value)]?.comment;
  return (
    <div className="flex flex-col gap-3">
      <div className="grid gap-3 sm:grid-cols-2">
        <Field label="Before">
          <Select value={left?.value} onChange={setBefore} options={options} />
        </Field>
        <Field label="After">
          <Select value={right?.value} onChange={setAfter} options={options} />
        </Field>
      </div>
      {comment && <p className="text-soft">Comment of the edit: {comment}</p>}
      {left?.text === right?.text ? (
        <p className="py-6 text-center text-soft">The two are the same, byte for byte.</p>
      ) : (
        <DiffView label="Changes of the payload" before={left?.text ?? ""} after={right?.text ?? ""} />
      )}
    </div>
  );
}
