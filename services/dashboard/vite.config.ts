import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** What the app reads at its start. A gateway serves its own; a static site has the one written here. */
function runtimeConfig(environment: NodeJS.ProcessEnv): string {
  const apiBase = environment.ORDERMESH_API ?? "";
  if (apiBase && !/^https?:\/\/[^/]/.test(apiBase)) throw new Error("ORDERMESH_API must begin with https://");
  const issuer = environment.ORDERMESH_OIDC_ISSUER;
  const oidc = issuer && {
    issuer,
    clientId: environment.ORDERMESH_OIDC_CLIENT_ID ?? "ordermesh",
    scope: environment.ORDERMESH_OIDC_SCOPE ?? "openid",
  };
  return `${JSON.stringify({ apiBase, oidc: oidc || null })}\n`;
}

function configFile(): Plugin {
  return {
    name: "ordermesh-config-file",
    configureServer(server) {
      server.middlewares.use("/config.json", (_request, response) => {
        response.setHeader("Content-Type", "application/json");
        response.end(runtimeConfig(process.env));
      });
    },
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "config.json", source: runtimeConfig(process.env) });
    },
  };
}

const gateway = process.env.ORDERMESH_GATEWAY ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss(), configFile()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // Found late by itself, which makes the development server load React twice.
  optimizeDeps: { include: ["cmdk", "oidc-client-ts", "uplot", "@codemirror/merge", "@codemirror/lang-json"] },
  server: { proxy: { "/api": { target: gateway, changeOrigin: true } } },
  preview: { proxy: { "/api": { target: gateway, changeOrigin: true } } },
  build: { target: "es2022", manifest: true, sourcemap: false, assetsInlineLimit: 0 },
  test: {
    environment: "happy-dom",
    include: ["src/**/*.test.{ts,tsx}"],
    setupFiles: ["src/test-setup.ts"],
    restoreMocks: true,
  },
});
