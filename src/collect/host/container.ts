/** Which container a control group belongs to, by the names that container runtimes give. */

export interface Container {
  readonly id: string;
  /** docker, containerd, cri-o, podman or lxc; null where the path does not tell. */
  readonly runtime: string | null;
}

/** Patterns of paths with what they tell; the last container in a path is the innermost. */
const patterns: readonly (readonly [RegExp, string | null])[] = [
  [/(?:^|\/)(?:docker-|docker\/)([0-9a-f]{64})(?=\.scope|\/|$)/g, "docker"],
  [/(?:^|[/:])(?:cri-)?containerd[-:/]([0-9a-f]{64})(?=\.scope|\/|$)/g, "containerd"],
  [/(?:^|\/)crio-([0-9a-f]{64})(?=\.scope|\/|$)/g, "cri-o"],
  [/(?:^|\/)libpod-([0-9a-f]{64})(?=\.scope|\/|$)/g, "podman"],
  [/(?:^|\/)(?:lxc\/|lxc\.payload[./])([A-Za-z0-9][\w.-]{0,62})(?=\/|$)/g, "lxc"],
  [/(?:^|\/)kubepods[^:]*\/([0-9a-f]{64})(?=\/|$)/g, null],
];

/** The container that a path below the control groups' root names; null if it names none. */
export function containerOfPath(path: string): Container | null {
  let best: { at: number; container: Container } | null = null;
  for (const [pattern, runtime] of patterns) {
    for (const match of path.matchAll(pattern)) {
      if (best !== null && match.index <= best.at) continue;
      best = { at: match.index, container: { id: match[1]!, runtime } };
    }
  }
  return best?.container ?? null;
}

/** The same for the content of /proc/PID/cgroup: lines `hierarchy:controllers:path`. */
export function containerOfCgroupFile(text: string): Container | null {
  for (const line of text.split("\n")) {
    const path = line.split(":").slice(2).join(":");
    const container = path === "" ? null : containerOfPath(path);
    if (container !== null) return container;
  }
  return null;
}
