import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A port on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export function pidOf(service: string): number {
  const file = join(process.env.ORDERMESH_DATA ?? "", "run", `ordermesh-${service}.pid`);
  return Number(readFileSync(file, "utf8"));
}

/** The command line of the mesh's own gateway, by flag. */
export function gatewayFlags(): { program: string; flags: Map<string, string> } {
  const [program = "", ...words] = readFileSync(`/proc/${pidOf("gateway")}/cmdline`, "utf8").split("\0");
  const flags = new Map<string, string>();
  for (let at = 0; at + 1 < words.length; at += 2) flags.set(words[at] ?? "", words[at + 1] ?? "");
  return { program, flags };
}

/** Another gateway of the same mesh, with settings of its own. */
export class SecondGateway {
  private constructor(
    readonly origin: string,
    private readonly child: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start(changes: Readonly<Record<string, string>>): Promise<SecondGateway> {
    const { program, flags } = gatewayFlags();
    const folder = mkdtempSync(join(tmpdir(), "ordermesh-web."));
    for (const name of ["http", "grpc", "operator", "admin", "metrics"]) {
      flags.set(`--${name}_listen`, `127.0.0.1:${await freePort()}`);
    }
    flags.set("--pid_file", join(folder, "pid"));
    flags.set("--partners_copy", join(folder, "partners.copy"));
    for (const [name, value] of Object.entries(changes)) flags.set(`--${name}`, value);
    const child = spawn(program, [...flags].flat(), { stdio: "ignore" });
    const gateway = new SecondGateway(`http://${flags.get("--http_listen")}`, child, folder);
    try {
      await gateway.ready();
    } catch (error) {
      await gateway.stop();
      throw error;
    }
    return gateway;
  }

  private async ready(): Promise<void> {
    const deadline = Date.now() + 20_000;
    for (;;) {
      const answer = await fetch(`${this.origin}/api/health`).catch(() => undefined);
      if (answer?.ok) return;
      if (this.child.exitCode !== null) throw new Error(`the second gateway ended with ${this.child.exitCode}`);
      if (Date.now() > deadline) throw new Error(`the second gateway is not ready: ${answer?.status ?? "no answer"}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async stop(): Promise<void> {
    if (this.child.exitCode === null) {
      const ended = new Promise((resolve) => this.child.once("exit", resolve));
      this.child.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
