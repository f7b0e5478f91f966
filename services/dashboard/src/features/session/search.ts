import { type RawSearch, textParameter } from "@/lib/search";

export interface SignInSearch {
  /** Where to go afterwards: a path of this app. */
  readonly next?: string | undefined;
}

/** Anything but a path of our own would make the page a way to lead people elsewhere. */
export function safePath(path: string | undefined): string | undefined {
  return path && /^\/(?![/\\])/.test(path) ? path : undefined;
}

export function signInSearch(search: RawSearch): SignInSearch {
  return { next: safePath(textParameter(search, "next")) };
}
