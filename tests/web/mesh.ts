import { execFileSync, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type APIRequestContext, expect, type Page } from "@playwright/test";

interface Credentials {
  readonly operator: string;
  readonly partners: Readonly<Record<string, string>>;
}

/** What the mesh wrote at its first start. */
export function credentials(): Credentials {
  const folder = process.env.ORDERMESH_DATA;
  if (!folder) throw new Error("ORDERMESH_DATA must name the folder with credentials.json");
  return JSON.parse(readFileSync(join(folder, "credentials.json"), "utf8")) as Credentials;
}

/** Runs the command line against the same mesh, and gives what it answers. */
export function cli(...args: string[]): unknown {
  const program = join(process.env.ORDERMESH_BUILD ?? "../../build", "bin", "ordermesh");
  const output = execFileSync(program, [...args, "-o", "json"], {
    maxBuffer: 1 << 28,
    stdio: ["ignore", "pipe", "pipe"],
  });
  return JSON.parse(output.toString("utf8"));
}

export interface OwnGateway {
  readonly web: string;
  stop(): Promise<void>;
}

/** A gateway beside that of the mesh, started like it but for these flags, on five ports that tools/up leaves free. */
export async function startGateway(port: number, flags: readonly string[]): Promise<OwnGateway> {
  const folder = process.env.ORDERMESH_DATA ?? "";
  const pid = readFileSync(join(folder, "run", "ordermesh-gateway.pid"), "utf8").trim();
  const [program = "", ...theirs] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
  const own = { http_listen: 0, grpc_listen: 1, operator_listen: 2, admin_listen: 3, metrics_listen: 4 };
  const listens = Object.entries(own).flatMap(([flag, offset]) => [`--${flag}`, `127.0.0.1:${port + offset}`]);
  const files = ["--pid_file", join(folder, "own-gateway.pid"), "--partners_copy", join(folder, "own-gateway.copy")];
  // Of a flag that is given twice the last one counts.
  const child = spawn(program, [...theirs, ...listens, ...files, ...flags], { stdio: ["ignore", "ignore", "inherit"] });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const web = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill("SIGTERM");
    await ended;
  };
  try {
    await expect(async () => expect((await fetch(`${web}/api/health`)).status).toBe(200)).toPass({ timeout: 30_000 });
  } catch (error) {
    await stop();
    throw error;
  }
  return { web, stop };
}

/** Signs in as a person does, by pasting a credential. */
export async function signIn(page: Page, secret: string, path = "/"): Promise<void> {
  await page.goto(path);
  await page.getByLabel("Operator token or partner API key").fill(secret);
  await page.getByRole("button", { name: "Sign in" }).click();
  await expect(page.getByRole("navigation").first()).toBeVisible();
}

let made = 0;

/** An order of partner-b that nobody has sent yet. */
export function newOrder() {
  made += 1;
  return {
    order: { ref: `LIVE-${Date.now()}-${made}`, placedAt: new Date().toISOString().slice(0, 19).replace("T", " ") },
    buyer: { id: "9001" },
    items: [{ sku: "SKU-1", qty: 2, price: "10.50" }],
    tax: { ratePercent: 8 },
    currency: "EUR",
  };
}

export interface Rejected {
  readonly id: string;
  readonly externalOrderId: string;
  readonly revision: string;
}

/** Calls the API beside the browser: to find what a test begins with, and to see what has become of it. */
export class Mesh {
  private readonly request: APIRequestContext;
  private readonly headers: Record<string, string>;

  constructor(request: APIRequestContext) {
    this.request = request;
    this.headers = { Authorization: `Bearer ${credentials().operator}` };
  }

  async get<T>(path: string): Promise<T> {
    const answer = await this.request.get(path, { headers: this.headers });
    expect(answer.ok(), `${path} answered ${answer.status()}`).toBeTruthy();
    return (await answer.json()) as T;
  }

  async post<T>(path: string, data: unknown): Promise<T> {
    const answer = await this.request.post(path, {
      headers: this.headers,
      data,
    });
    expect(answer.ok(), `${path} answered ${answer.status()}: ${await answer.text()}`).toBeTruthy();
    return (await answer.json()) as T;
  }

  /** A payload of the partner that the mesh rejects, sent now: it is this test's alone. */
  async reject(partner: string, payload: unknown): Promise<Rejected> {
    // A rejection is answered with a verdict, and not with 200.
    let verdict: { errorId?: string } = {};
    // A partner that was just made reaches the feed a moment later; nothing else is tried again.
    await expect
      .poll(async () => {
        const answer = await this.request.post(`/api/feed/${partner}`, { headers: this.headers, data: payload });
        verdict = (await answer.json()) as { errorId?: string };
        return JSON.stringify(verdict);
      })
      .not.toContain("UNKNOWN_PARTNER");
    expect(verdict.errorId, JSON.stringify(verdict)).toBeTruthy();
    return this.get<Rejected>(`/api/errors/${verdict.errorId}`);
  }

  /** A real rejected retail order whose only fault is its missing customer; every one is taken once. */
  async retailWithoutCustomer(): Promise<Rejected> {
    const filter = "partnerId=retail-uk&code=REQUIRED&field=customerId&status=OPEN&pageSize=500";
    const { errors = [] } = await this.get<{
      errors?: (Rejected & { violations?: { code?: string }[] })[];
    }>(`/api/errors?${filter}`);
    const found = errors.find(({ violations = [], revision }) => {
      return revision === "1" && violations.every(({ code }) => code === "REQUIRED");
    });
    if (!found) throw new Error("there is no untouched retail order left whose only fault is its customer");
    return found;
  }
}

/** The text of the payload's editor, replaced as a whole. */
export async function typePayload(page: Page, text: string): Promise<void> {
  const editor = page.getByRole("textbox", { name: "Payload", exact: true });
  await editor.click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.insertText(text);
}

export function decode(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString("utf8");
}
