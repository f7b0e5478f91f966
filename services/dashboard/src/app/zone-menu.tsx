import { Globe } from "lucide-react";
import { useMemo, useState } from "react";
import { usePreference } from "@/lib/preference";
import { allZones, formatPrecise, zoneName } from "@/lib/time";
import { Button, Combobox, Field, Popover, Segmented, zonePreference } from "@/ui";

type Choice = "local" | "utc" | "other";

function shortName(zone: string): string {
  if (zone === "utc") return "UTC";
  return zone === "local" ? "Local" : (zone.split("/").at(-1)?.replaceAll("_", " ") ?? zone);
}

/** In which zone times are shown, on all pages. */
export function ZoneMenu() {
  const [zone, setZone] = usePreference(zonePreference);
  const [open, setOpen] = useState(false);
  const [other, setOther] = useState(false);
  const zones = useMemo(() => allZones(), []);
  const choice: Choice = other || (zone !== "utc" && zone !== "local") ? "other" : zone;
  const trigger = (
    <Button
      tone="quiet"
      aria-label={`Time zone: ${shortName(zone)}`}
      icon={<Globe aria-hidden="true" className="size-4" />}
    >
      <span className="max-w-28 truncate max-sm:hidden">{shortName(zone)}</span>
    </Button>
  );

  function choose(next: Choice) {
    setOther(next === "other");
    if (next !== "other") setZone(next);
  }

  return (
    <Popover label="Time zone" trigger={trigger} open={open} onOpenChange={setOpen} align="end">
      <div className="flex flex-col gap-3">
        <p className="font-medium">Times are shown in</p>
        <Segmented<Choice>
          label="Time zone"
          value={choice}
          onChange={choose}
          options={[
            { value: "local", label: "Local" },
            { value: "utc", label: "UTC" },
            { value: "other", label: "Another zone" },
          ]}
        />
        {choice === "other" && (
          <Field label="Zone" hint="Type a city or a region.">
            <Combobox
              value={zone === "utc" || zone === "local" ? "" : zone}
              options={zones}
              placeholder="Europe/Berlin"
              onChange={(next) => next && setZone(next)}
            />
          </Field>
        )}
        <p className="text-sm text-soft">
          {zoneName(zone)}: it is {formatPrecise(new Date().toISOString().replace(/\.\d+/, ""), zone)}.
        </p>
      </div>
    </Popover>
  );
}
