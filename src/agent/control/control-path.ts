/** Where the control socket lies unless `--control` says otherwise. */

/** `/run/kestrel/control.sock` for root, else below `XDG_RUNTIME_DIR`; null where that is not set. */
export function defaultControlPath(
  uid: number,
  environment: Readonly<Record<string, string | undefined>>,
): string | null {
  if (uid === 0) return "/run/kestrel/control.sock";
  const folder = environment["XDG_RUNTIME_DIR"] ?? "";
  return folder === "" ? null : `${folder}/kestrel/control.sock`;
}
