/** Keeps rejected lines aside: `{"input", "code", "message", "line"}` a line. */

import { systemReason } from "../base/system-reason.ts";
import type { Rejection } from "../event/decode.ts";
import { TextFile } from "../sink/text-file.ts";
import { CommandFailure } from "./failure.ts";

export interface RejectFile {
  /** `line` is null where it was too long to be kept. */
  write(rejection: Rejection, line: string | null, input: string): void;
  /** Forgets what was written. */
  restart(): void;
  close(): void;
}

/** Creates or empties the file; without a path nothing is kept. Throws a CommandFailure. */
export function openRejectFile(path: string | undefined): RejectFile {
  const nothing = (): void => undefined;
  if (path === undefined) return { write: nothing, restart: nothing, close: nothing };
  let file = openTextFile(path);
  return {
    write: ({ code, message }, line, input) =>
      file.write(`${JSON.stringify({ input, code, message, line })}\n`),
    restart: () => {
      file.close();
      file = openTextFile(path);
    },
    close: () => file.close(),
  };
}

function openTextFile(path: string): TextFile {
  try {
    return new TextFile(path);
  } catch (error) {
    throw new CommandFailure(`can't write ${path}: ${systemReason(error)}`, undefined, error);
  }
}
