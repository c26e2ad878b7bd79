/** The engine's version, from the package it was built into. */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The `version` of Kestrel's package.json, the nearest one above this file; `0.0.0` without one. */
export function engineVersion(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    const version = packageVersion(join(folder, "package.json"));
    if (version !== undefined) return version;
    if (dirname(folder) === folder) return "0.0.0";
  }
}

function packageVersion(path: string): string | undefined {
  try {
    const found = JSON.parse(readFileSync(path, "utf8")) as { name?: unknown; version?: unknown };
    return found.name === "kestrel" ? String(found.version) : undefined;
  } catch {
    return undefined;
  }
}
