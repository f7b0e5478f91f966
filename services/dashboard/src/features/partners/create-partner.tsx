import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker } from "@tanstack/react-router";
import { useRef, useState } from "react";
import { api, ApiError, Code, read } from "@/api";
import { Button, Checkbox, CommandLine, ErrorNotice, Field, Input, Page, Panel, toast } from "@/ui";
import { type Draft, filesOf, FIRST_CONFIG } from "./config-files";
import { ConfigFilesEditor } from "./config-files-editor";
import { refreshPartners } from "./queries";
import {
  DEFAULT_SETTINGS,
  partnerIdProblem,
  type Setting,
  settingOfViolation,
  type SettingsDraft,
  settingsOf,
  settingsProblems,
} from "./settings";
import { SettingsFields } from "./settings-fields";
import { useConfigCheck } from "./use-config-check";
import { useDebounced } from "./use-debounced";

const route = getRouteApi("/shell/partners");

interface Refusals {
  readonly id?: string;
  readonly settings: Partial<Record<Setting, string>>;
}

function refusalsOf(error: unknown): Refusals {
  if (!(error instanceof ApiError)) return { settings: {} };
  if (error.code === Code.ALREADY_EXISTS) return { id: "There is a partner with this id already.", settings: {} };
  const settings: Partial<Record<Setting, string>> = {};
  let id: string | undefined;
  for (const violation of error.fieldViolations) {
    const setting = settingOfViolation(violation);
    const said = `The server says: ${violation.description}.`;
    if (setting) settings[setting] = said;
    else if (violation.field.endsWith("partner_id")) id = said;
  }
  return { settings, ...(id && { id }) };
}

/** What the server would say to the id and the settings. */
function useSettingsCheck(partnerId: string, draft: SettingsDraft, sound: boolean): Refusals {
  const typed = JSON.stringify([partnerId, draft]);
  const settled = useDebounced(typed, 500);
  const { error } = useQuery({
    queryKey: ["partners", "check", "new", settled],
    queryFn: ({ signal }) => {
      const body = { partner: { partnerId, ...settingsOf(draft) }, validateOnly: true };
      return read(api.POST("/api/partners", { body, signal }));
    },
    enabled: sound && typed === settled,
    gcTime: 0,
    retry: false,
  });
  return sound && typed === settled ? refusalsOf(error) : { settings: {} };
}

/** A partner has to have an id for its config to be checked: until one is typed, this one stands in. */
const STAND_IN = "config-check-only";

function useCreation() {
  const queries = useQueryClient();
  const navigate = route.useNavigate();
  const [id, setId] = useState("");
  const [settings, setSettings] = useState(DEFAULT_SETTINGS);
  const [withConfig, setWithConfig] = useState(true);
  const [files, setFiles] = useState<Draft>(FIRST_CONFIG);
  const [revision, setRevision] = useState(0);
  const [message, setMessage] = useState("The first config");
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const saved = useRef(false);
  const problems = settingsProblems(settings);
  const idProblem = partnerIdProblem(id);
  const sound = !idProblem && Object.keys(problems).length === 0;
  const refused = useSettingsCheck(id, settings, sound);
  const check = useConfigCheck(["new"], files, revision, (draft, signal) => {
    const body = { partner: { partnerId: STAND_IN }, files: filesOf(draft), message: "check", validateOnly: true };
    return read(api.POST("/api/partners", { body, signal }));
  });
  const ready =
    sound && !refused.id && Object.keys(refused.settings).length === 0 && (!withConfig || check.state === "sound");

  async function create() {
    setBusy(true);
    setError(undefined);
    try {
      const config = withConfig ? { files: filesOf(files), message: message.trim() } : {};
      await read(
        api.POST("/api/partners", { body: { partner: { partnerId: id, ...settingsOf(settings) }, ...config } }),
      );
      saved.current = true;
      await refreshPartners(queries);
      toast({ tone: "good", title: `The partner ${id} is created`, description: "Next it needs a key." });
      void navigate({ to: "/partners/$id", params: { id }, search: { tab: "keys" } });
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }
  function changeFiles(draft: Draft) {
    setFiles(draft);
    setRevision((count) => count + 1);
  }
  const values = { id, settings, withConfig, files, revision, message, busy, error };
  const setters = { setId, setSettings, setWithConfig, changeFiles, setMessage };
  return { ...values, ...setters, saved, problems, idProblem, refused, check, ready, create };
}

/** A form for a new partner: who it is, its limits, and how its orders are read. */
export function CreatePartner() {
  const creation = useCreation();
  const { id, idProblem, refused, check, withConfig, ready } = creation;
  const touched = id !== "" || creation.revision > 0;
  useBlocker({
    shouldBlockFn: () => touched && !creation.saved.current && !window.confirm("The partner is not created. Leave it?"),
    enableBeforeUnload: () => touched && !creation.saved.current,
  });
  return (
    <Page
      title="New partner"
      above={
        <Link to="/partners" className="link">
          Partners
        </Link>
      }
      description="Everything is checked by the server as you type; nothing is kept until you create the partner."
    >
      <Panel title="Who it is">
        <div className="flex flex-col gap-5">
          <Field
            label="Partner id"
            className="max-w-md"
            hint="Lower-case letters, digits and dashes. It never changes."
            error={id === "" ? undefined : (idProblem ?? refused.id)}
          >
            <Input mono placeholder="acme" value={id} onChange={(event) => creation.setId(event.target.value)} />
          </Field>
          <SettingsFields
            draft={creation.settings}
            problems={creation.problems}
            refused={refused.settings}
            onChange={creation.setSettings}
          />
        </div>
      </Panel>
      <Panel
        title="First config"
        description="Where each field of an order is in the partner's JSON, and the rules that it keeps."
        flush={withConfig}
        actions={
          <Checkbox
            label="With a config"
            checked={withConfig}
            onChange={(event) => creation.setWithConfig(event.target.checked)}
          />
        }
      >
        {withConfig ? (
          <ConfigFilesEditor files={creation.files} onChange={creation.changeFiles} check={check} />
        ) : (
          <p className="text-soft">Without a config its orders are refused until it has one.</p>
        )}
      </Panel>
      {creation.error !== undefined && <ErrorNotice error={creation.error} title="The partner was not created" />}
      <div className="flex flex-wrap items-end gap-3">
        {withConfig && (
          <Field label="Message of the first version" className="w-full sm:w-80">
            <Input value={creation.message} onChange={(event) => creation.setMessage(event.target.value)} />
          </Field>
        )}
        <Button tone="primary" busy={creation.busy} disabled={!ready} onClick={() => void creation.create()}>
          Create the partner
        </Button>
      </div>
      <CommandLine command={`ordermesh partners create -f ${id || "acme"}.yaml --config ${id || "acme"}`} />
    </Page>
  );
}
