import { describe, expect, it } from "vitest";
import type { ErrorEvent } from "@/api";
import { encodeBase64 } from "@/lib/bytes";
import { chainOf, linkOf } from "./chain";

const hash = (seed: number) => encodeBase64(new Uint8Array(32).fill(seed));
const event = (number: string, previous: number, own: number): ErrorEvent => ({
  number,
  previousHash: hash(previous),
  hash: hash(own),
});

describe("the chain of events", () => {
  it("is unbroken where every event names the hash of the one before", () => {
    const chain = chainOf([event("1", 0, 1), event("2", 1, 2), event("3", 2, 3)]);
    expect([...chain.links.values()]).toEqual(["first", "linked", "linked"]);
    expect(chain).toMatchObject({ first: "1", last: "3", brokenAt: undefined, gaps: 0, checked: 3 });
  });

  it("breaks at the first event whose previous hash is another", () => {
    const chain = chainOf([event("1", 0, 1), event("2", 1, 2), event("3", 9, 3), event("4", 8, 4)]);
    expect(chain.brokenAt).toBe("3");
    expect(chain.links.get("4")).toBe("broken");
  });

  it("breaks where the first event of the log names another before it", () => {
    expect(linkOf(event("1", 7, 1), undefined)).toBe("broken");
  });

  it("says nothing of links to events that were not read", () => {
    const chain = chainOf([event("5", 4, 5), event("6", 5, 6), event("9", 8, 9)]);
    expect([...chain.links.values()]).toEqual(["apart", "linked", "apart"]);
    expect(chain).toMatchObject({ gaps: 1, checked: 1, brokenAt: undefined });
  });

  it("counts with numbers of 64 bits", () => {
    const links = chainOf([event("9007199254740993", 1, 2), event("9007199254740994", 2, 3)]).links;
    expect(links.get("9007199254740994")).toBe("linked");
    expect(chainOf([event("9007199254740992", 1, 2), event("9007199254740994", 2, 3)]).gaps).toBe(1);
  });

  it("breaks where a hash is missing", () => {
    expect(linkOf({ number: "2" }, { number: "1" })).toBe("broken");
  });

  it("of nothing is nothing", () => {
    expect(chainOf([])).toMatchObject({ first: undefined, brokenAt: undefined, checked: 0 });
  });
});
