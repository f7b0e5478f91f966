import { useEffect } from "react";
import { createPreference, oneOf, usePreference } from "@/lib/preference";
import { isZone, type TimeZone } from "@/lib/time";

export type Theme = "system" | "light" | "dark";

export const themePreference = createPreference<Theme>("theme", "system", oneOf(["system", "light", "dark"]));

export const zonePreference = createPreference<TimeZone>("zone", "local", (stored) =>
  typeof stored === "string" && isZone(stored) ? stored : undefined,
);

export const useTimeZone = (): TimeZone => usePreference(zonePreference)[0];

const darkQuery = "(prefers-color-scheme: dark)";

/** Keeps the document's theme right; public/theme.js has set it before the first paint. */
export function useThemeOnDocument(): void {
  const [theme] = usePreference(themePreference);
  useEffect(() => {
    const media = matchMedia(darkQuery);
    const apply = () => {
      const dark = theme === "dark" || (theme === "system" && media.matches);
      document.documentElement.dataset.theme = dark ? "dark" : "light";
    };
    apply();
    media.addEventListener("change", apply);
    return () => media.removeEventListener("change", apply);
  }, [theme]);
}
