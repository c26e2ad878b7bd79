/** What `--source` says: which sources to open, and with what. */
import type { SourceName } from "../collect/source.ts";

export type SourceSpec =
  /** The best kernel source that works here. */
  | { readonly kind: "auto" }
  | { readonly kind: "ebpf" | "procevents" | "proc" }
  | { readonly kind: "socket" | "jsonl"; readonly path: string }
  /** `others` are watched with it, as far as they can be; only `auto` names some. */
  | { readonly kind: "fanotify"; readonly path: string; readonly others?: readonly string[] }
  /** The kernel's audit stream, or a log of it where a path is given. */
  | { readonly kind: "audit"; readonly path: string | null };

/** The forms of a specification, for help and messages. */
export const sourceForms: readonly string[] = [
  "auto",
  "ebpf",
  "procevents",
  "fanotify:PATH",
  "audit[:PATH]",
  "proc",
  "socket:PATH",
  "jsonl:PATH",
  "-",
];

const wantsPath: Readonly<Record<SourceName | "auto", "no" | "yes" | "may">> = {
  auto: "no",
  ebpf: "no",
  procevents: "no",
  proc: "no",
  fanotify: "yes",
  socket: "yes",
  jsonl: "yes",
  audit: "may",
};

/** The specification that `text` is, or a text that says what is wrong with it. */
export function parseSourceSpec(text: string): SourceSpec | string {
  if (text === "-") return { kind: "jsonl", path: "-" };
  const colon = text.indexOf(":");
  const name = colon === -1 ? text : text.slice(0, colon);
  const path = colon === -1 ? null : text.slice(colon + 1);
  if (!Object.hasOwn(wantsPath, name)) {
    return `unknown source ${text}: use one of ${sourceForms.join(", ")}`;
  }
  const kind = name as keyof typeof wantsPath;
  if (path === "") return `source ${text}: a path must follow the colon`;
  if (wantsPath[kind] === "yes" && path === null) return `source ${text}: use ${kind}:PATH`;
  if (wantsPath[kind] === "no" && path !== null) return `source ${text}: use ${kind} alone`;
  return { kind, path } as SourceSpec;
}

/** The text that a specification is written as. */
export function sourceSpecText(spec: SourceSpec): string {
  const path = "path" in spec ? spec.path : null;
  return path === null ? spec.kind : `${spec.kind}:${path}`;
}
