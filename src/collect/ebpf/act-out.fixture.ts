/** A program of the sensor's test: makes each call that the sensor tells of, in the folder it is started in. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import * as fs from "node:fs";
import { connect, createServer } from "node:net";
import { arch } from "node:os";
import koffi from "koffi";

const libc = koffi.load("libc.so.6");
const syscall = libc.func("long syscall(long, ...)");
const prctl = libc.func("int prctl(int, str)");
const memfd = libc.func("int memfd_create(str, uint)");
const shmget = libc.func("int shmget(int, size_t, int)");
const shmctl = libc.func("int shmctl(int, int, void*)");
const ptrace = libc.func("long ptrace(int, int, void*, void*)");
const mmap = libc.func("intptr_t mmap(void*, size_t, int, int, int, long)");
const mprotect = libc.func("int mprotect(uintptr_t, size_t, int)");
const mount = libc.func("int mount(str, str, str, ulong, void*)");
const umount = libc.func("int umount2(str, int)");
const chroot = libc.func("int chroot(str)");
const unshare = libc.func("int unshare(int)");
const setns = libc.func("int setns(int, int)");

const isX64 = arch() === "x64";
const numbers = isX64
  ? { bpf: 321, perf: 298, keyctl: 250, userfaultfd: 323, pivot: 155, writev: 311 }
  : { bpf: 280, perf: 241, keyctl: 219, userfaultfd: 282, pivot: 41, writev: 271 };

function files(): void {
  fs.writeFileSync("made", "first bytes of it");
  fs.appendFileSync("made", "more");
  fs.renameSync("made", "moved");
  fs.linkSync("moved", "linked");
  fs.symlinkSync("moved", "pointer");
  fs.chmodSync("moved", 0o640);
  fs.chownSync("moved", 0, 0);
  fs.utimesSync("moved", 1, 2);
  fs.truncateSync("moved", 3);
  fs.mkdirSync("folder");
  fs.rmdirSync("folder");
  for (const name of ["moved", "linked", "pointer"]) fs.unlinkSync(name);
}

async function network(): Promise<void> {
  const server = createServer((socket) => socket.end("bye"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const client = connect(port, "127.0.0.1");
  client.resume();
  await once(client, "close");
  server.close();
  await once(server, "close");
  const socket = createSocket("udp4");
  const query = Buffer.from(
    `${"123401000001000000000000"}076578616d706c6503636f6d0000010001`,
    "hex",
  );
  await new Promise((resolve) => socket.send(query, 53, "127.0.0.1", resolve));
  socket.close();
}

function calls(): void {
  prctl(15, "renamed");
  memfd("in-memory", 1);
  shmctl(shmget(0, 4096, 0o600), 0, null);
  const page = mmap(null, 4096, 7, 0x22, -1, 0);
  mprotect(page, 4096, 5);
  syscall(numbers.bpf, "int", 0, "void*", null, "uint", 0);
  syscall(numbers.perf, "void*", null, "int", 0, "int", -1, "int", -1, "ulong", 0);
  syscall(numbers.keyctl, "int", 0, "int", -3, "int", 0);
  syscall(numbers.userfaultfd, "int", 1);
  syscall(425, "uint", 1, "void*", null);
  unshare(0x04000000);
  setns(-1, 0);
  mount("from-here", "to-there", "nothing", 0, null);
  umount("not-mounted", 0);
  syscall(numbers.pivot, "str", "new-root", "str", "old-root");
  chroot("no-root");
  process.kill(process.pid, 0);
  process.kill(process.pid, "SIGWINCH");
}

files();
await network();
calls();
process.setgid?.(65534);
process.setuid?.(65534);
// Last: from now on a signal would stop this process till its parent lets it go on.
ptrace(0, 0, null, null);
