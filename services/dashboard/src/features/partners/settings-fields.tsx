import { Field, Input, TextArea } from "@/ui";
import { describeLimit, type LimitDraft, limitOf, type LimitProblems } from "./limit";
import type { SettingsDraft, SettingsProblems } from "./settings";

interface LimitFieldsProps {
  readonly title: string;
  readonly hint: string;
  readonly value: LimitDraft;
  readonly problems: LimitProblems | undefined;
  readonly refused: string | undefined;
  onChange(value: LimitDraft): void;
}

function LimitFields({ title, hint, value, problems, refused, onChange }: LimitFieldsProps) {
  const set = (part: keyof LimitDraft) => (event: { target: { value: string } }) =>
    onChange({ ...value, [part]: event.target.value });
  return (
    <fieldset className="flex min-w-0 flex-col gap-1.5">
      <legend className="mb-1 font-medium">{title}</legend>
      <div className="grid grid-cols-3 gap-2">
        <Field label="Amount" error={problems?.amount}>
          <Input mono inputMode="numeric" value={value.amount} onChange={set("amount")} />
        </Field>
        <Field label="Per" error={problems?.period}>
          <Input mono value={value.period} placeholder="1 s" onChange={set("period")} />
        </Field>
        <Field label="Burst" error={problems?.burst}>
          <Input mono inputMode="numeric" value={value.burst} placeholder={value.amount} onChange={set("burst")} />
        </Field>
      </div>
      <p role="status" className={refused ? "text-xs text-bad" : "text-xs text-faint"}>
        {refused ?? `${hint} ${problems ? "" : `${describeLimit(limitOf(value))}.`}`}
      </p>
    </fieldset>
  );
}

export interface SettingsFieldsProps {
  readonly draft: SettingsDraft;
  readonly problems: SettingsProblems;
  /** What the server says to a field. */
  readonly refused?: Partial<Record<keyof SettingsDraft, string>>;
  onChange(draft: SettingsDraft): void;
}

export function SettingsFields({ draft, problems, refused = {}, onChange }: SettingsFieldsProps) {
  return (
    <div className="grid gap-x-8 gap-y-5 lg:grid-cols-2">
      <Field label="Name" hint="For people." error={problems.name ?? refused.name}>
        <Input value={draft.name} onChange={(event) => onChange({ ...draft, name: event.target.value })} />
      </Field>
      <Field
        label="Days that errors are kept"
        hint="After their last change, 1 to 3,650. Holds for errors that come after the change."
        error={problems.errorTtlDays ?? refused.errorTtlDays}
      >
        <Input
          mono
          inputMode="numeric"
          value={draft.errorTtlDays}
          onChange={(event) => onChange({ ...draft, errorTtlDays: event.target.value })}
        />
      </Field>
      <LimitFields
        title="Order limit"
        hint="Orders over all keys and connections:"
        value={draft.orderLimit}
        problems={problems.orderLimit}
        refused={refused.orderLimit}
        onChange={(orderLimit) => onChange({ ...draft, orderLimit })}
      />
      <LimitFields
        title="Query limit"
        hint="Reads for each key:"
        value={draft.queryLimit}
        problems={problems.queryLimit}
        refused={refused.queryLimit}
        onChange={(queryLimit) => onChange({ ...draft, queryLimit })}
      />
      <Field
        className="lg:col-span-2"
        label="Webhook addresses"
        hint="One a line, at most 10, with https and a public host. Kept for later: nothing is sent to them yet."
        error={problems.webhookUrls ?? refused.webhookUrls}
      >
        <TextArea
          rows={3}
          className="font-mono text-sm"
          spellCheck={false}
          placeholder="https://example.com/orders"
          value={draft.webhookUrls}
          onChange={(event) => onChange({ ...draft, webhookUrls: event.target.value })}
        />
      </Field>
    </div>
  );
}
