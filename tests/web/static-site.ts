import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { extname, join, resolve } from "node:path";

const project = resolve(import.meta.dirname, "../..");

/** `aws s3 sync FROM s3://bucket/TO`, into a folder: an object is its bytes and the cache header it was given. */
const AWS = `#!/usr/bin/env node
const { cpSync, readdirSync, statSync, writeFileSync } = require("node:fs");
const [, , s3, sync, from, to, ...rest] = process.argv;
if (s3 !== "s3" || sync !== "sync") throw new Error("only s3 sync");
const bucket = process.env.BUCKET_FOLDER;
const target = bucket + to.replace(/^s3:\\/\\/bucket/, "");
const excluded = [];
let cacheControl;
for (let at = 0; at < rest.length; at += 2) {
  if (rest[at] === "--exclude" && rest[at + 1].endsWith("/*")) excluded.push(rest[at + 1].slice(0, -1));
  else if (rest[at] === "--cache-control") cacheControl = rest[at + 1];
  else throw new Error("unknown: " + rest[at]);
}
for (const name of readdirSync(from, { recursive: true })) {
  if (!statSync(from + "/" + name).isFile() || excluded.some((start) => name.startsWith(start))) continue;
  cpSync(from + "/" + name, target + "/" + name);
  writeFileSync(target + "/" + name + ".cache-control", cacheControl);
}
`;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".json": "application/json",
};

function found(text: string, pattern: RegExp, what: string): string {
  const match = pattern.exec(text)?.[1];
  if (!match) throw new Error(`there is no ${what}`);
  return match;
}

/** The last block of commands of docs/deploy.md about the static site: it builds and uploads. */
function documentedCommands(): string[] {
  const guide = readFileSync(join(project, "docs/deploy.md"), "utf8");
  const section = found(guide, /\n### The dashboard on CloudFront\n([\s\S]*?)\n### /, "section about CloudFront");
  return found(section, /[\s\S]*```sh\n([\s\S]*?)```/, "block of commands").trim().split("\n");
}

/** The dashboard as a static site, built, uploaded and served as docs/deploy.md and k8s/aws/dashboard.yaml say. */
export class StaticSite {
  private readonly folder = mkdtempSync(join(tmpdir(), "ordermesh-site."));
  private readonly template = readFileSync(join(project, "k8s/aws/dashboard.yaml"), "utf8");
  private server: Server | undefined;
  private headers: Record<string, string> = {};
  origin = "";

  /** The server comes first, because its address is one that the gateway must know. */
  async listen(): Promise<void> {
    this.server = createServer((request, response) => {
      const { status, headers, body } = this.answer(request.url ?? "/");
      response.writeHead(status, headers).end(body);
    });
    await new Promise<void>((listening) => this.server?.listen(0, "127.0.0.1", listening));
    this.origin = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  build(api: string): void {
    const programs = join(this.folder, "bin");
    mkdirSync(programs, { recursive: true });
    writeFileSync(join(programs, "aws"), AWS);
    chmodSync(join(programs, "aws"), 0o755);
    const dist = join(this.folder, "services/dashboard/dist");
    const commands = documentedCommands();
    const built = commands.findIndex((line) => line.endsWith("run build"));
    if (built < 0) throw new Error("docs/deploy.md does not build");
    // The project's own dist/ is the gateway's.
    const building = commands.slice(0, built + 1).join("\n") + ` -- --outDir ${dist} --emptyOutDir`;
    const path = `${programs}:${process.env.PATH}`;
    const env = { ...process.env, PATH: path, BUCKET_FOLDER: join(this.folder, "bucket"), API: api };
    const run = (script: string, cwd: string) =>
      execFileSync("bash", ["-euo", "pipefail", "-c", script], { cwd, env, stdio: "pipe" });
    run(building.replace('"https://$REST_HOST"', '"$API"'), project);
    run(["exported() { echo bucket; }", ...commands.slice(built + 1)].join("\n"), this.folder);
    this.point(this.config().apiBase);
  }

  private config(): { apiBase: string } {
    return JSON.parse(readFileSync(join(this.folder, "bucket/config.json"), "utf8")) as { apiBase: string };
  }

  /** What a build with another ORDERMESH_API differs in, and the stack's parameter that goes with it. */
  point(api: string): void {
    writeFileSync(join(this.folder, "bucket/config.json"), JSON.stringify({ ...this.config(), apiBase: api }));
    const policy = found(this.template, /ContentSecurityPolicy: !Sub "([^"]*)"/, "policy in the template");
    this.headers = {
      "Content-Security-Policy": policy
        .replace(/\s+/g, " ")
        .replace("${ApiOrigin}", api)
        .replace(" ${IssuerOrigin}", ""),
      "X-Frame-Options": found(this.template, /FrameOption: (\w+)/, "FrameOption"),
      "Referrer-Policy": found(this.template, /ReferrerPolicy: \{ReferrerPolicy: ([\w-]+)/, "ReferrerPolicy"),
      "X-Content-Type-Options": "nosniff",
    };
  }

  /** As CloudFront answers: its function first, then the object with its headers. */
  private answer(url: string): { status: number; headers: Record<string, string>; body: Buffer | string } {
    const code = found(this.template, /FunctionCode: \|\n((?: {8}.*\n)+)/, "function in the template");
    const handler = new Function(`${code}; return handler;`)() as (event: object) => { uri: string };
    const { uri } = handler({ request: { uri: url.split("?")[0] } });
    try {
      const file = join(this.folder, "bucket", uri);
      const body = readFileSync(file);
      const cacheControl = readFileSync(`${file}.cache-control`, "utf8");
      const type = { "Content-Type": TYPES[extname(file)] ?? "application/octet-stream" };
      return { status: 200, headers: { ...this.headers, ...type, "Cache-Control": cacheControl }, body };
    } catch {
      return { status: 403, headers: this.headers, body: "AccessDenied" };
    }
  }

  async close(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise((closed) => this.server?.close(closed));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
