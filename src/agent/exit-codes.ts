/** How the program ends: the one table of exit codes, which docs and `--help` repeat. */

export const exitCodes = {
  /** Done; also after Ctrl-C and when the reader of the output went away. */
  ok: 0,
  /** Done, and something is wrong with what was looked at: invalid rules, failed tests, a budget exceeded, a damaged log. */
  findings: 1,
  /** Wrong usage, or an input or output that can't be opened, read or written. */
  usage: 2,
  /** `replay --expect` or `--compare`: the alerts have another digest. */
  mismatch: 3,
  /** A defect of the program itself. */
  internal: 70,
  /** A second Ctrl-C, while what the first one began was still going on. */
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** What each code means, for `kestrel --help`. */
export const exitCodeHelp: readonly (readonly [code: ExitCode, meaning: string])[] = [
  [exitCodes.ok, "done; also after Ctrl-C or a closed pipe"],
  [exitCodes.findings, "invalid rules, failed tests, rules over their budget, a damaged log"],
  [exitCodes.usage, "wrong usage, or a file that can't be read or written"],
  [exitCodes.mismatch, "replay --expect or --compare: another digest"],
  [exitCodes.internal, "a defect of kestrel itself"],
  [exitCodes.interrupted, "Ctrl-C twice"],
];
