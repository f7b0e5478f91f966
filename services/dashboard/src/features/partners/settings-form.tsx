import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useBlocker } from "@tanstack/react-router";
import { type FormEvent, useState } from "react";
import { api, ApiError, type Partner, read } from "@/api";
import { Button, CommandLine, ErrorNotice, Panel, Time, toast } from "@/ui";
import { partnerQuery, refreshPartners } from "./queries";
import {
  changedSettings,
  rebaseSettings,
  type Setting,
  SETTING_LABELS,
  settingOfViolation,
  type SettingsDraft,
  settingsDraft,
  settingsPatch,
  settingsProblems,
} from "./settings";
import { SettingsConflict } from "./settings-conflict";
import { SettingsFields } from "./settings-fields";
import { useDebounced } from "./use-debounced";

type Refusals = Partial<Record<Setting, string>>;

function refusalsOf(error: unknown): Refusals {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries(
    error.fieldViolations.flatMap((violation) => {
      const setting = settingOfViolation(violation);
      return setting ? [[setting, `The server says: ${violation.description}.`]] : [];
    }),
  );
}

/** Asks the server what it would say to the changes, without keeping them. */
function useCheck(partnerId: string, base: SettingsDraft, draft: SettingsDraft, sound: boolean): Refusals {
  const settled = useDebounced(draft, 500);
  const ready = sound && settled === draft && changedSettings(base, draft).length > 0;
  const body = ready ? settingsPatch(base, draft) : {};
  const { error } = useQuery({
    queryKey: ["partners", "check", partnerId, body],
    queryFn: ({ signal }) => {
      const params = { path: { partnerId }, query: { validateOnly: true } };
      return read(api.PATCH("/api/partners/{partnerId}", { params, body, signal }));
    },
    enabled: ready,
    gcTime: 0,
    retry: false,
  });
  return ready ? refusalsOf(error) : {};
}

function useSettings(partner: Partner) {
  const queries = useQueryClient();
  const [base, setBase] = useState(partner);
  const [draft, setDraft] = useState(() => settingsDraft(partner));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const before = settingsDraft(base);
  const changed = changedSettings(before, draft);
  const problems = settingsProblems(draft);
  const sound = Object.keys(problems).length === 0;
  const refused = useCheck(partner.partnerId, before, draft, sound);

  function begin(from: Partner, with_: SettingsDraft = settingsDraft(from)) {
    setBase(from);
    setDraft(with_);
    setError(undefined);
  }
  async function save() {
    setBusy(true);
    setError(undefined);
    try {
      const { partnerId } = partner;
      const body = { ...settingsPatch(before, draft), etag: base.etag };
      const saved = await read(api.PATCH("/api/partners/{partnerId}", { params: { path: { partnerId } }, body }));
      queries.setQueryData(partnerQuery(partnerId).queryKey, saved);
      begin(saved);
      toast({ tone: "good", title: "The settings are saved", description: "They hold everywhere within seconds." });
      await refreshPartners(queries);
    } catch (failure) {
      setError(failure);
      if (failure instanceof ApiError && failure.isStale) await refreshPartners(queries);
    } finally {
      setBusy(false);
    }
  }
  return { base, before, draft, setDraft, busy, error, changed, problems, refused, sound, begin, save };
}

export function SettingsForm({ partner }: { readonly partner: Partner }) {
  const form = useSettings(partner);
  const { base, before, draft, changed, begin } = form;
  const dirty = changed.length > 0;
  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      dirty &&
      (current.pathname !== next.pathname || JSON.stringify(current.search) !== JSON.stringify(next.search)) &&
      !window.confirm("The changed settings are not saved. Leave them?"),
    enableBeforeUnload: dirty,
  });
  const moved = partner.etag !== base.etag;
  // Nothing typed yet: the newest settings are simply shown.
  if (moved && !dirty && !form.busy) begin(partner);

  const newest = settingsDraft(partner);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void form.save();
  };
  const stale = form.error instanceof ApiError && form.error.isStale;
  return (
    <form onSubmit={submit} className="flex flex-col gap-4" aria-label="Settings of the partner">
      {moved && dirty && (
        <SettingsConflict
          before={before}
          mine={draft}
          newest={newest}
          refused={stale}
          onTakeTheirs={() => begin(partner)}
          onKeepMine={() => begin(partner, rebaseSettings(before, draft, newest))}
        />
      )}
      {form.error !== undefined && !(stale && moved) && (
        <ErrorNotice error={form.error} title="The settings were not saved" />
      )}
      <Panel>
        <SettingsFields
          draft={draft}
          problems={form.problems}
          refused={form.refused}
          onChange={(next) => form.setDraft(next)}
        />
      </Panel>
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Button
          type="submit"
          tone="primary"
          busy={form.busy}
          disabled={!dirty || !form.sound || moved || Object.keys(form.refused).length > 0}
        >
          Save the settings
        </Button>
        {dirty && <Button onClick={() => begin(partner)}>Undo the changes</Button>}
        <p role="status" className="text-sm text-soft">
          {dirty ? (
            `Changed: ${changed.map((setting) => SETTING_LABELS[setting].toLowerCase()).join(", ")}`
          ) : (
            <>
              Last changed <Time value={partner.updateTime} />
            </>
          )}
        </p>
      </div>
      <CommandLine command={`ordermesh partners update ${partner.partnerId} --help`} />
    </form>
  );
}
