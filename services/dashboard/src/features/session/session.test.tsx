import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, test, vi } from "vitest";
import { ApiError } from "@/api";
import { TooltipProvider } from "@/ui";
import { safePath } from "./search";
import { describe as describeSecret, SecretForm } from "./secret-form";
import { readToken } from "@/lib/token";

const KEY = `omk_live_${"a".repeat(49)}`;
const encode = (claims: object) => btoa(JSON.stringify(claims)).replaceAll("=", "");
const tokenOf = (claims: object) => `${encode({ alg: "none" })}.${encode(claims)}.c2ln`;

describe("the sign-in field", () => {
  test("says what was pasted", () => {
    expect(describeSecret(KEY).hint).toContain("API key");
    expect(describeSecret(tokenOf({ sub: "jo", role: "viewer" })).hint).toBe("A token of jo, role viewer.");
    expect(describeSecret("something").error).toContain("neither a token");
    expect(describeSecret("  ")).toEqual({});
  });
  test("says that a token has expired before it is sent", () => {
    expect(describeSecret(tokenOf({ sub: "jo", exp: 1000 })).error).toContain("expired");
  });
  test("reads names beyond ASCII", () => {
    const claims = String.fromCharCode(...new TextEncoder().encode(JSON.stringify({ sub: "Zoë" })));
    expect(readToken(`x.${btoa(claims)}.y`)?.subject).toBe("Zoë");
  });
});

test("nobody is led to another site after signing in", () => {
  expect(safePath("/orders?partner=a")).toBe("/orders?partner=a");
  expect(safePath("//evil.example")).toBeUndefined();
  expect(safePath("/\\evil.example")).toBeUndefined();
  expect(safePath("https://evil.example")).toBeUndefined();
});

function show(onSubmit: Parameters<typeof SecretForm>[0]["onSubmit"]) {
  render(
    <TooltipProvider>
      <SecretForm onSubmit={onSubmit} />
    </TooltipProvider>,
  );
  return userEvent.setup();
}

async function pasteSecret(user: ReturnType<typeof show>, text: string) {
  await user.click(screen.getByLabelText("Operator token or partner API key"));
  await user.paste(text);
}

describe("signing in", () => {
  test("sends what was recognised, and keeps it where that is wanted", async () => {
    const submit = vi.fn(async () => undefined);
    const user = show(submit);
    await pasteSecret(user, KEY);
    await user.click(screen.getByLabelText("Keep me signed in on this device"));
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    expect(submit).toHaveBeenCalledWith({ kind: "key", secret: KEY }, true);
  });

  test("shows why the server refused, with the request id", async () => {
    const refusal = new ApiError({
      message: "the API key is not valid",
      code: 16,
      status: 401,
      reason: "",
      requestId: "abc",
    });
    const user = show(() => Promise.reject(refusal));
    await pasteSecret(user, KEY);
    await user.click(screen.getByRole("button", { name: "Sign in" }));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("The API key is not valid.");
    expect(alert.textContent).toContain("abc");
  });

  test("is not possible with something else", async () => {
    const user = show(vi.fn());
    await pasteSecret(user, "hello");
    expect(screen.getByRole("button", { name: "Sign in" })).toHaveProperty("disabled", true);
  });
});
