import { describe, expect, it } from "vitest";
import { afterOwnAction, dropDraft, loadDraft, saveDraft } from "./draft";

describe("a draft", () => {
  const draft = { text: '{"a": 1.0}', revision: "3", base: 1 };

  it("survives in the tab, with what it is based on", () => {
    expect(saveDraft("e1", draft)).toBe(true);
    expect(loadDraft("e1")).toEqual(draft);
    expect(loadDraft("e2")).toBeUndefined();
    dropDraft("e1");
    expect(loadDraft("e1")).toBeUndefined();
  });
  it("that cannot be read is none", () => {
    sessionStorage.setItem("ordermesh.draft.e1", '{"text": 5}');
    expect(loadDraft("e1")).toBeUndefined();
    sessionStorage.setItem("ordermesh.draft.e1", "{");
    expect(loadDraft("e1")).toBeUndefined();
  });
  it("goes along with one's own action and with nothing else", () => {
    expect(afterOwnAction(draft, "3", "4").revision).toBe("4");
    // Somebody else came between: his change has to be seen first.
    expect(afterOwnAction(draft, "3", "5").revision).toBe("3");
    expect(afterOwnAction(draft, "4", "5").revision).toBe("3");
    expect(afterOwnAction(draft, undefined, undefined).revision).toBe("3");
  });
});
