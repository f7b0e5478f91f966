const SENTENCES: Readonly<Record<string, (field: string) => string>> = {
  REQUIRED: (field) => `${field} is missing`,
  TYPE: (field) => `${field} has the wrong type`,
  RANGE: (field) => `${field} is outside the allowed range`,
  LENGTH: (field) => `${field} is too short or too long`,
  PATTERN: (field) => `${field} does not match its pattern`,
  ENUM: (field) => `${field} is not one of the allowed values`,
  TIME_WINDOW: (field) => `${field} is too old or in the future`,
  MISMATCH: (field) => `${field} does not add up`,
  OUT_OF_RANGE: (field) => `${field} is too large to be kept`,
  UNREADABLE: () => "the payload cannot be read",
  DIFFERS: (field) => `${field} differs from the order that is there`,
  UNIQUE: (field) => `${field} is used twice`,
  LOOKUP: (field) => `${field} is not known`,
  SCHEMA: (field) => `${field} does not fit the schema`,
  POISON: () => "the payload made a service fail",
};

/** What is wrong, in words: "customerId is missing". */
export function describeViolation(code: string | undefined, field: string | undefined): string {
  return SENTENCES[code ?? ""]?.(field || "the payload") ?? [code, field].filter(Boolean).join(" ");
}
