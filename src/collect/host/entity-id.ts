/**
 * Identity of a process: base64url of 20 bytes, namely the first 8 of SHA-256 of the boot id, the
 * start of the thread group leader in ns since boot (8, big endian) and the pid (4, big endian).
 *
 * /proc tells a start only in ticks of 10 ms (field 22 of /proc/PID/stat, rounded down), the kernel's
 * own structures in ns. So all starts are rounded down to ticks before they are used: what /proc says
 * and what a tracepoint says of one process are then the same. A pid would have to come round within
 * 10 ms to be mistaken.
 */
import { sha256Hex } from "../../base/hash.ts";

/** Ticks a second in which /proc counts (USER_HZ), and ns a tick. */
export const ticksPerSecond = 100;
export const nsPerTick = 10_000_000n;

/** A start since boot in whole ticks, rounded down. */
export function ticksOf(startNs: bigint): number {
  return Number(startNs / nsPerTick);
}

/** Makes the entity ids of one boot. */
export class EntityIds {
  readonly #bytes: Buffer = Buffer.alloc(20);

  /** `bootId` as /proc/sys/kernel/random/boot_id has it. */
  constructor(bootId: string) {
    this.#bytes.write(sha256Hex(bootId).slice(0, 16), 0, "hex");
  }

  /** For a process that started at `startTicks` since boot. */
  of(pid: number, startTicks: number): string {
    this.#bytes.writeBigUInt64BE(BigInt(startTicks) * nsPerTick, 8);
    this.#bytes.writeUInt32BE(pid, 16);
    return this.#bytes.toString("base64url");
  }
}
