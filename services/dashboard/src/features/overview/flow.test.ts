import { describe, expect, test } from "vitest";
import type { Overview } from "@/api";
import {
  addOverview,
  drawnPartners,
  everybodyNow,
  knownSince,
  nothingCame,
  orderRate,
  partnersNow,
  rejectionRate,
  type Sample,
} from "./flow";

const START = Date.UTC(2026, 10, 22, 4, 0, 0);
const at = (second: number) => new Date(START + second * 1000).toISOString();

function flow(second: number, orders: number, errors = 0, partnerId = "a") {
  return { time: at(second), partners: [{ partnerId, orders: String(orders), errors: String(errors) }] };
}

function follow(messages: Overview[]): Sample[] {
  return messages.reduce<Sample[]>(addOverview, []);
}

describe("the flow of orders", () => {
  test("the history of the first message is there at once", () => {
    const samples = follow([{ history: [flow(0, 0), flow(10, 5), flow(20, 10)], now: flow(25, 12) }]);
    expect(samples.map((sample) => sample.at - START / 1000)).toEqual([0, 10, 20, 25]);
  });

  test("messages of every second keep one sample every ten seconds and the newest", () => {
    const seconds = Array.from({ length: 31 }, (_, second) => ({ now: flow(second, second) }));
    const kept = follow(seconds).map((sample) => sample.at - START / 1000);
    expect(kept.at(-1)).toBe(30);
    expect(kept.length).toBeLessThan(7);
  });

  test("a new connection's history fills what was missed and repeats nothing", () => {
    const known = follow([{ history: [flow(0, 0), flow(10, 1)], now: flow(15, 2) }]);
    const again = addOverview(known, { history: [flow(10, 1), flow(20, 2), flow(30, 3)], now: flow(35, 4) });
    expect(again.map((sample) => sample.at - START / 1000)).toEqual([0, 10, 20, 30, 35]);
  });

  test("a page that stays open over the restart of a gateway keeps what it has", () => {
    const known = follow([{ history: [flow(0, 0), flow(10, 1)], now: flow(15, 2) }]);
    const again = follow([{ history: [flow(0, 0), flow(10, 1)], now: flow(15, 2) }, { now: flow(24, 3) }]);
    expect(again.map((sample) => sample.at - START / 1000)).toEqual([0, 10, 15, 24]);
    const later = addOverview(known, { history: [flow(40, 4), flow(50, 5)], now: flow(55, 6) });
    expect(later.map((sample) => sample.at - START / 1000)).toEqual([0, 10, 15, 40, 50, 55]);
    expect(knownSince(later)?.toISOString()).toBe(at(0));
  });

  test("less than an hour is known since its first figure", () => {
    expect(knownSince([])).toBeUndefined();
    const young = follow([{ history: [flow(0, 0), flow(100, 0)], now: flow(105, 0) }]);
    expect(knownSince(young)?.toISOString()).toBe(at(0));
    expect(nothingCame(young)).toContain("since the gateway started");
    const hour = follow([{ history: [flow(0, 0), flow(1800, 0)], now: flow(3595, 0) }]);
    expect(knownSince(hour)).toBeUndefined();
    expect(nothingCame(hour)).toContain("in five minutes");
  });

  test("what is older than an hour is forgotten", () => {
    const samples = follow([{ now: flow(0, 0) }, { now: flow(3000, 1) }, { now: flow(4000, 2) }]);
    expect(samples).toHaveLength(2);
  });

  test("the rate is what came in the minute before", () => {
    const history = Array.from({ length: 13 }, (_, index) => flow(index * 10, index * 20));
    const samples = follow([{ history, now: flow(130, 260) }]);
    expect(orderRate(samples, samples.length - 1)).toBeCloseTo(120);
  });

  test("there is no rate before a minute's base, across a gap, or where totals fell", () => {
    expect(orderRate(follow([{ now: flow(0, 5) }]), 0)).toBeNull();
    expect(orderRate(follow([{ now: flow(0, 5) }, { now: flow(900, 50) }]), 1)).toBeNull();
    expect(orderRate(follow([{ history: [flow(0, 50), flow(60, 5)] }]), 1)).toBeNull();
  });

  test("the rejection rate is a share of all that came, and unknown where nothing came", () => {
    const some = follow([{ history: [flow(0, 100, 10), flow(300, 190, 20)] }]);
    expect(rejectionRate(some, 1)).toBeCloseTo(0.1);
    const none = follow([{ history: [flow(0, 100, 10), flow(300, 100, 10)] }]);
    expect(rejectionRate(none, 1)).toBeNull();
  });

  test("all partners together are their sums, beyond what a double can count", () => {
    const partners = [
      { partnerId: "b", orders: "9007199254740993", errors: "2", openErrors: "1" },
      { partnerId: "a", orders: "1", errors: "1", openErrors: "1" },
    ];
    const samples = follow([{ now: { time: at(0), partners } }]);
    expect(everybodyNow(samples)).toMatchObject({ orders: 9007199254740994n, errors: 3n, open: 2n });
    expect(partnersNow(samples).map(({ partner }) => partner)).toEqual(["a", "b"]);
  });

  test("of many partners those with the most orders are drawn, sorted by id", () => {
    const partners = Array.from({ length: 12 }, (_, index) => ({ partnerId: `p${index + 10}`, orders: `${index}` }));
    const drawn = drawnPartners(partnersNow(follow([{ now: { time: at(0), partners } }])));
    expect(drawn).toEqual(["p14", "p15", "p16", "p17", "p18", "p19", "p20", "p21"]);
  });
});
