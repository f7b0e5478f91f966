import { readdirSync } from "node:fs";
import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import typescript from "typescript-eslint";

const features = readdirSync(new URL("./src/features", import.meta.url));

/** Lower layers do not know higher ones: lib <- api <- ui <- features <- app. */
function forbid(files, patterns) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns }] } };
}
const above = (group, message) => ({ group, message });

export default typescript.config(
  { ignores: ["dist", "src/api/schema.d.ts"] },
  js.configs.recommended,
  ...typescript.configs.strict,
  a11y.flatConfigs.strict,
  hooks.configs.flat["recommended-latest"],
  {
    files: ["**/*.{ts,tsx}"],
    languageOptions: { globals: globals.browser },
    rules: {
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 70, skipBlankLines: true, skipComments: true }],
      "max-len": ["error", { code: 120, ignoreUrls: true }],
      "no-restricted-globals": ["error", { name: "fetch", message: "Call the API through @/api." }],
      "@typescript-eslint/consistent-type-imports": "error",
      "jsx-a11y/label-has-associated-control": ["error", { controlComponents: ["Input", "Checkbox", "Select"] }],
      // A combobox is made of a list: WAI-ARIA wants exactly these roles on it.
      "jsx-a11y/no-noninteractive-element-to-interactive-role": ["error", { ul: ["listbox"], li: ["option"] }],
      eqeqeq: "error",
    },
  },
  { files: ["src/api/**"], rules: { "no-restricted-globals": "off" } },
  { files: ["**/*.test.{ts,tsx}"], rules: { "max-lines-per-function": "off" } },
  { files: ["scripts/**", "*.js"], languageOptions: { globals: globals.node } },
  { files: ["public/**"], languageOptions: { globals: globals.browser, sourceType: "script" } },
  forbid(["src/lib/**"], [above(["@/api/*", "@/ui/*", "@/features/*", "@/app/*"], "lib knows no other layer.")]),
  forbid(["src/api/**"], [above(["@/ui/*", "@/features/*", "@/app/*"], "api knows only lib.")]),
  forbid(["src/ui/**"], [above(["@/features/*", "@/app/*"], "ui knows only api and lib.")]),
  ...features.map((feature) =>
    forbid(
      [`src/features/${feature}/**`],
      [
        above(["@/app/*"], "Features do not know the app."),
        above(["@/features/*", `!@/features/${feature}`], "Features do not import each other."),
        above(["../../*", "../*/**"], "Reach other folders by @/."),
      ],
    ),
  ),
);
