/** Values of `--timestamp-unit`. */
import type { TimeUnit } from "../base/time.ts";

export const timeUnits: readonly TimeUnit[] = ["s", "ms", "us", "ns", "filetime"];
