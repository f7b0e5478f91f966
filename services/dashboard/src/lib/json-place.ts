import type { JsonPath } from "./json-path";

export interface TextRange {
  /** Offsets in UTF-16 code units. */
  readonly from: number;
  readonly to: number;
}

/** A value of a JSON text and where it stands. Its text is what was written: numbers keep every digit. */
export interface JsonNode extends TextRange {
  readonly members?: ReadonlyMap<string, JsonMember>;
  readonly elements?: readonly JsonNode[];
}

export interface JsonMember {
  readonly key: TextRange;
  readonly value: JsonNode;
}

export class JsonFault extends Error {
  readonly at: number;
  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const LITERAL = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"(?:[^"\\\p{Cc}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/uy;
const SPACE = /[ \t\r\n]*/y;

class Reader {
  private at = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  read(): JsonNode {
    const root = this.value();
    this.space();
    if (this.at < this.text.length) this.fail("nothing may follow the value");
    return root;
  }

  private fail(message: string): never {
    throw new JsonFault(message, Math.min(this.at, this.text.length));
  }

  private space(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  private match(pattern: RegExp, expected: string): TextRange {
    pattern.lastIndex = this.at;
    if (!pattern.test(this.text)) this.fail(`${expected} is expected here`);
    const range = { from: this.at, to: pattern.lastIndex };
    this.at = range.to;
    return range;
  }

  private take(character: string): boolean {
    this.space();
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private value(): JsonNode {
    this.space();
    const from = this.at;
    if (this.take("{")) return this.object(from);
    if (this.take("[")) return this.array(from);
    return this.text[from] === '"' ? this.match(STRING, "a closed text") : this.match(LITERAL, "a value");
  }

  private object(from: number): JsonNode {
    const members = new Map<string, JsonMember>();
    if (!this.take("}")) {
      do {
        this.space();
        const key = this.match(STRING, "a member's name in quotes");
        if (!this.take(":")) this.fail("a colon is expected here");
        const name = JSON.parse(this.text.slice(key.from, key.to)) as string;
        members.set(name, { key, value: this.value() });
      } while (this.take(","));
      if (!this.take("}")) this.fail("a comma or a closing brace is expected here");
    }
    return { from, to: this.at, members };
  }

  private array(from: number): JsonNode {
    const elements: JsonNode[] = [];
    if (!this.take("]")) {
      do elements.push(this.value());
      while (this.take(","));
      if (!this.take("]")) this.fail("a comma or a closing bracket is expected here");
    }
    return { from, to: this.at, elements };
  }
}

/** Reads JSON with the place of every value; throws JsonFault where it is none. */
export function readJson(text: string): JsonNode {
  return new Reader(text).read();
}

/** Follows a path as far as it goes. `exact` is false where it ends before: at what should hold the missing rest. */
export function follow(root: JsonNode, path: JsonPath): { readonly node: JsonNode; readonly exact: boolean } {
  let node = root;
  for (const step of path) {
    const next = typeof step === "number" ? node.elements?.[step] : node.members?.get(step)?.value;
    if (!next) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}
