import { describe, expect, it } from "vitest";
import {
  changedSettings,
  DEFAULT_SETTINGS,
  partnerIdProblem,
  rebaseSettings,
  settingConflicts,
  settingOfViolation,
  settingsDraft,
  settingsPatch,
  settingsProblems,
} from "./settings";

const base = settingsDraft({
  partnerId: "acme",
  name: "Acme",
  orderLimit: { amount: "10", period: "1s", burst: "10" },
  queryLimit: { amount: "5", period: "1s", burst: "5" },
});

describe("the settings of a partner", () => {
  it("send only what was changed", () => {
    const draft = { ...base, name: "Acme Ltd", webhookUrls: "https://a.example/x\n\n https://b.example/y " };
    expect(settingsPatch(base, draft)).toEqual({
      name: "Acme Ltd",
      webhookUrls: ["https://a.example/x", "https://b.example/y"],
    });
    expect(settingsPatch(base, base)).toEqual({});
  });

  it("can be emptied", () => {
    expect(settingsPatch({ ...base, webhookUrls: "https://a.example/" }, base)).toEqual({ webhookUrls: [] });
  });

  it("show an unset lifetime of errors as the 90 days that it means", () => {
    expect(base.errorTtlDays).toBe("90");
  });

  it("name what the server would refuse", () => {
    const problem = (webhookUrls: string) => settingsProblems({ ...DEFAULT_SETTINGS, webhookUrls }).webhookUrls;
    expect(settingsProblems(DEFAULT_SETTINGS)).toEqual({});
    expect(problem("http://a.example/")).toContain("https://");
    expect(problem("https://user:word@a.example/")).toContain("password");
    expect(problem("https://localhost/")).toContain("public host");
    expect(problem("https://10.0.0.1/")).toContain("public host");
    expect(problem("https://[::1]/")).toContain("public host");
    expect(problem(Array.from({ length: 11 }, (_, index) => `https://a${index}.example/`).join("\n"))).toContain("10");
    expect(settingsProblems({ ...DEFAULT_SETTINGS, errorTtlDays: "3651" }).errorTtlDays).toBeDefined();
    expect(settingsProblems({ ...DEFAULT_SETTINGS, errorTtlDays: "0" }).errorTtlDays).toBeDefined();
    expect(settingsProblems({ ...DEFAULT_SETTINGS, name: "ä".repeat(65) }).name).toContain("128 bytes");
  });

  it("tell which field a refusal of the server belongs to", () => {
    const of = (field: string) => settingOfViolation({ field, description: "" });
    expect(of("partner.order_limit.amount")).toBe("orderLimit");
    expect(of("partner.webhook_urls[0]")).toBe("webhookUrls");
    expect(of("partner.name")).toBe("name");
    expect(of("partner.partner_id")).toBeUndefined();
  });
});

describe("two people changing the same partner", () => {
  const mine = { ...base, name: "Mine" };
  const newest = { ...base, name: "Theirs", errorTtlDays: "30" };

  it("see what changed, and what they typed themselves", () => {
    expect(settingConflicts(base, mine, newest)).toEqual([
      { setting: "name", before: "Acme", theirs: "Theirs", mine: "Mine" },
      { setting: "errorTtlDays", before: "90", theirs: "30", mine: undefined },
    ]);
  });

  it("lose nothing when one goes on: his changes lie on top of the other's", () => {
    const merged = rebaseSettings(base, mine, newest);
    expect(merged).toEqual({ ...base, name: "Mine", errorTtlDays: "30" });
    expect(changedSettings(newest, merged)).toEqual(["name"]);
  });
});

describe("a partner's id", () => {
  it("is made of lower-case letters, digits and dashes", () => {
    expect(["acme", "a-1", "x".repeat(64)].map(partnerIdProblem)).toEqual([undefined, undefined, undefined]);
    for (const id of ["", "Acme", "a_b", "a b", "x".repeat(65)]) expect(partnerIdProblem(id)).toBeDefined();
  });
});
