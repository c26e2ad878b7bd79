import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { bindSocket, callError, isEmpty, openSocket, peerCredentials, readBytes } from "./libc.ts";

const isLinux = process.platform === "linux";

test("the peer of a Unix socket is told by pid and ids", { skip: !isLinux }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "kestrel-peer-"));
  const path = join(folder, "s");
  try {
    const found = await new Promise((resolve, reject) => {
      const server = createServer((socket) => {
        const { fd } = (socket as unknown as { readonly _handle: { readonly fd: number } })._handle;
        resolve(peerCredentials(fd));
        socket.destroy();
        server.close();
      });
      server.on("error", reject);
      server.listen(path, () => connect(path).on("error", reject).resume());
    });
    assert.deepEqual(found, {
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("what is no socket has no peer", { skip: !isLinux }, () => {
  assert.equal(peerCredentials(0x7fffffff), null);
});

test("refusals are negative errnos with a name", { skip: !isLinux }, () => {
  const bad = readBytes(0x7fffffff, new Uint8Array(8));
  assert.equal(callError("read", bad).code, "EBADF");
  assert.equal(isEmpty(bad), false);
  assert.ok(bindSocket(0x7fffffff, new Uint8Array(12)) < 0);
  assert.equal(callError("socket", openSocket(9999, 2, 0)).code, "EAFNOSUPPORT");
});
