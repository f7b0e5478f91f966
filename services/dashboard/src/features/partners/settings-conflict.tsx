import { TriangleAlert } from "lucide-react";
import { Button } from "@/ui";
import { SETTING_LABELS, settingConflicts, type SettingsDraft } from "./settings";

export interface SettingsConflictProps {
  readonly before: SettingsDraft;
  readonly mine: SettingsDraft;
  readonly newest: SettingsDraft;
  /** Whether saving was tried and refused. */
  readonly refused: boolean;
  onTakeTheirs(): void;
  onKeepMine(): void;
}

/** Somebody else changed the partner while the form was open: nothing is overwritten unseen, nothing typed is lost. */
export function SettingsConflict(props: SettingsConflictProps) {
  const { before, mine, newest, refused, onTakeTheirs, onKeepMine } = props;
  const conflicts = settingConflicts(before, mine, newest);
  return (
    <section role="alert" className="rounded-lg border-2 border-warn bg-warn-wash p-4">
      <h2 className="flex items-center gap-2 font-semibold text-warn">
        <TriangleAlert aria-hidden="true" className="size-4" />
        {refused ? "Not saved: somebody else has changed this partner" : "Somebody else has changed this partner"}
      </h2>
      <p className="mt-1">
        What you typed is still below and nothing was overwritten. Look at what changed, then choose what to go on with.
      </p>
      {conflicts.length === 0 ? (
        <p className="mt-2">None of these settings changed: it was its config or its state.</p>
      ) : (
        <ul className="mt-3 flex flex-col gap-2">
          {conflicts.map(({ setting, before: was, theirs, mine: own }) => (
            <li key={setting} className="rounded-md border border-line bg-surface px-3 py-2">
              <span className="font-medium">{SETTING_LABELS[setting]}</span>
              <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 text-sm">
                <dt className="text-soft">When you began</dt>
                <dd className="break-words">{was}</dd>
                <dt className="text-soft">Stored now</dt>
                <dd className="font-medium break-words">{theirs}</dd>
                {own !== undefined && (
                  <>
                    <dt className="text-soft">Yours</dt>
                    <dd className="font-medium break-words">{own}</dd>
                  </>
                )}
              </dl>
            </li>
          ))}
        </ul>
      )}
      <div className="mt-3 flex flex-wrap gap-2">
        <Button tone="primary" onClick={onKeepMine}>
          Keep my changes on top
        </Button>
        <Button onClick={onTakeTheirs}>Take what is stored</Button>
      </div>
    </section>
  );
}
