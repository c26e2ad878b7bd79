/** What the system said when a file could not be used, for people: "no such file or folder". */
export function systemReason(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message: string };
  switch (code) {
    case "ENOENT":
      return "no such file or folder";
    case "EACCES":
    case "EPERM":
      return "permission denied";
    case "EISDIR":
      return "it is a folder";
    case "ENOSPC":
      return "no space left";
    default:
      return message;
  }
}
