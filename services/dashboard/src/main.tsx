import "@/ui/styles.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { loadConfig } from "@/api";
import { App, keepOidcRenewed } from "@/app/app";
import { StartFailed } from "@/app/start-failed";

const root = createRoot(document.getElementById("root") as HTMLElement);

loadConfig().then(
  () => {
    keepOidcRenewed();
    root.render(
      <StrictMode>
        <App />
      </StrictMode>,
    );
  },
  (error: unknown) => root.render(<StartFailed error={error} />),
);
