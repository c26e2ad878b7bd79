import assert from "node:assert/strict";
import { test } from "node:test";
import { mountedFiles } from "./mounted-files.ts";

const table = `22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
23 22 0:20 / /proc rw,nosuid - proc proc rw
24 22 0:21 / /dev rw,nosuid - devtmpfs udev rw,mode=755
25 24 0:22 / /dev/shm rw,nosuid,nodev - tmpfs tmpfs rw
26 22 254:16 / /home\\040of\\134all rw,relatime shared:7 master:3 - xfs /dev/vdb rw
27 22 254:16 / /srv/again rw,relatime - xfs /dev/vdb rw
28 22 254:16 /part /srv/part rw,relatime - xfs /dev/vdb rw
29 22 254:32 / /mnt/media ro,relatime - vfat /dev/vdc rw
30 22 254:48 / /mnt/read-only rw,relatime - ext4 /dev/vdd ro
31 22 254:0 / /mnt/root-again rw,relatime - ext4 /dev/vda rw
32 22 254:64 /only/part /mnt/part rw,relatime - ext4 /dev/vde rw
34 22 0:41 / /sys/fs/cgroup rw,nosuid - tmpfs tmpfs rw,mode=755
33 22 0:40 / /mnt/far rw,relatime - nfs4 far:/ rw
`;

test("each file system that keeps files and can be written to has one place, and / is the first", () => {
  assert.deepEqual(mountedFiles(table), ["/", "/dev/shm", "/home of\\all"]);
});

test("lines that are none are passed over", () => {
  assert.deepEqual(mountedFiles("\nnothing - at all\n"), ["/"]);
});
