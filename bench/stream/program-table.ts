/** The programs of generated hosts: what they are called with, start, write and talk to. */

/** A user of the system. */
export interface User {
  readonly id: string;
  readonly name: string;
}

/** Texts with placeholders in braces; template.ts says which there are. */
export interface Program {
  readonly name: string;
  readonly executable: string;
  /** Whole argument lists, the program's name first; one is taken. */
  readonly args: readonly (readonly string[])[];
  /** Names of the programs that its children run; a name may stand twice to be taken more often. */
  readonly starts: readonly string[];
  /** Paths that it writes. */
  readonly writes: readonly string[];
  /** Ports that it connects to, beside the name server's. */
  readonly connects: readonly number[];
  /** Ports that it accepts connections at. */
  readonly accepts: readonly number[];
  /** Who it runs as; null: as the process that starts it. */
  readonly user: User | null;
}

export const users: Readonly<Record<"root" | "web" | "database" | "builder" | "desk", User>> = {
  root: { id: "0", name: "root" },
  web: { id: "33", name: "www-data" },
  database: { id: "113", name: "postgres" },
  builder: { id: "998", name: "builder" },
  desk: { id: "1000", name: "desk" },
};

/** Everything but the executable may be left out. */
interface Row {
  readonly args?: readonly string[];
  readonly starts?: string;
  readonly writes?: readonly string[];
  readonly connects?: readonly number[];
  readonly accepts?: readonly number[];
  readonly user?: User;
}

/** The programs by name. */
export const programs: ReadonlyMap<string, Program> = new Map(
  rows().map(([executable, row]) => {
    const name = executable.slice(executable.lastIndexOf("/") + 1);
    return [name, { ...completed(row, name), name, executable }];
  }),
);

function completed(row: Row, name: string): Omit<Program, "name" | "executable"> {
  return {
    args: (row.args ?? [name]).map((line) => line.split(" ")),
    starts: row.starts?.split(" ") ?? [],
    writes: row.writes ?? [],
    connects: row.connects ?? [],
    accepts: row.accepts ?? [],
    user: row.user ?? null,
  };
}

function rows(): readonly (readonly [executable: string, row: Row])[] {
  return [...systemRows(), ...shellRows(), ...buildRows(), ...containerRows(), ...deskRows()];
}

function systemRows(): readonly (readonly [executable: string, row: Row])[] {
  const { root, web, database } = users;
  return [
    ["/usr/lib/systemd/systemd", { args: ["/sbin/init"], user: root }],
    [
      "/usr/lib/systemd/systemd-journald",
      { writes: ["/var/log/journal/{hex}/system@{hex}.journal"], user: root },
    ],
    ["/usr/sbin/cron", { args: ["/usr/sbin/cron -f"], starts: "sh", user: root }],
    ["/usr/sbin/sshd", { args: ["/usr/sbin/sshd -D"], starts: "bash", accepts: [22], user: root }],
    [
      "/usr/sbin/nginx",
      {
        args: ["nginx: worker process", "nginx: worker process {n}"],
        writes: ["/var/lib/nginx/proxy/{digit}/{n}/{hex}", "/var/cache/nginx/{hex}/{hex}"],
        connects: [8080, 9000],
        accepts: [80, 443],
        user: web,
      },
    ],
    [
      "/usr/lib/postgresql/15/bin/postgres",
      {
        args: ["postgres: app {word} 10.0.{byte}.{byte}({port}) idle"],
        writes: [
          "/var/lib/postgresql/15/main/base/{n}/{n}",
          "/var/lib/postgresql/15/main/pg_wal/{hex}",
        ],
        accepts: [5432],
        user: database,
      },
    ],
    [
      "/usr/bin/redis-server",
      {
        args: ["/usr/bin/redis-server 0.0.0.0:6379"],
        writes: ["/var/lib/redis/temp-{n}.rdb"],
        accepts: [6379],
      },
    ],
    [
      "/usr/lib/jvm/java-17/bin/java",
      {
        args: ["java -Xmx{digit}g -jar /opt/{word}/lib/{word}-{digit}.{digit}.jar --id={hex}"],
        writes: ["/opt/{word}/data/{hex}.idx", "/var/log/{word}/{word}-{n}.log"],
        connects: [5432, 6379, 9092, 443],
        accepts: [8080, 9092],
        user: web,
      },
    ],
  ];
}

function shellRows(): readonly (readonly [executable: string, row: Row])[] {
  return [
    [
      "/usr/bin/sh",
      {
        args: ["sh -c /usr/local/bin/{word}-{word} --interval {n} --state /run/{word}/{hex}"],
        starts: "ls grep grep sed awk cat date stat find cut sort python3",
        writes: ["/run/{word}/{hex}.state"],
      },
    ],
    [
      "/usr/bin/bash",
      {
        args: ["-bash", "bash /usr/local/bin/{word}.sh {word} {n}"],
        starts: "ls ls git git make grep sed awk cat date stat find vim less python3",
        writes: ["{home}/.cache/{word}/{hex}"],
      },
    ],
    ["/usr/bin/ls", { args: ["ls -la {home}/{word}/{word}", "ls --color=auto {home}/{word}"] }],
    ["/usr/bin/grep", { args: ["grep -c {word} /var/log/{word}/{word}-{n}.log"] }],
    ["/usr/bin/sed", { args: ["sed -n {n}p {home}/{word}/{word}.conf"] }],
    ["/usr/bin/awk", { args: ["awk -F: {print$1} {home}/{word}/{word}-{n}.csv"] }],
    ["/usr/bin/cat", { args: ["cat {home}/{word}/{word}-{n}.txt"] }],
    ["/usr/bin/date", { args: ["date +%s", "date --iso-8601=seconds"] }],
    ["/usr/bin/stat", { args: ["stat -c %Y {home}/{word}/{word}-{n}.txt"] }],
    [
      "/usr/bin/find",
      { args: ["find {home}/{word} -name {word}-{n}* -newer {home}/{word}/{hex}"] },
    ],
    ["/usr/bin/cut", { args: ["cut -d {digit} -f {digit}"] }],
    [
      "/usr/bin/sort",
      { args: ["sort -k {digit} {home}/{word}/{hex}"], writes: ["/tmp/sort{hex}"] },
    ],
    ["/usr/bin/less", { args: ["less {home}/{word}/{word}.md"] }],
    [
      "/usr/bin/vim",
      {
        args: ["vim {home}/{source}"],
        writes: ["{home}/src/{word}/.{word}_{n}.c.swp", "{home}/{source}"],
      },
    ],
    [
      "/usr/bin/python3",
      {
        args: [
          "python3 /opt/{word}/{word}.py --shard {n} --run {hex}",
          "python3 -m {word}.{word} --job {hex}",
        ],
        starts: "sh date cat",
        writes: ["/opt/{word}/cache/{hex}.pkl", "/var/log/{word}/job-{n}.log"],
        connects: [443, 5432, 6379],
      },
    ],
    [
      "/usr/bin/git",
      {
        args: [
          "git fetch origin {word}/{word}-{n}",
          "git status --porcelain",
          "git log -n {n} -- {source}",
        ],
        starts: "git-remote-https",
        writes: [
          "{home}/src/{word}/.git/objects/{digit}{digit}/{hex}{hex}",
          "{home}/src/{word}/.git/index.lock",
        ],
      },
    ],
    [
      "/usr/lib/git-core/git-remote-https",
      {
        args: ["git-remote-https origin https://git.example.com/{word}/{word}.git"],
        connects: [443],
      },
    ],
  ];
}

function buildRows(): readonly (readonly [executable: string, row: Row])[] {
  const compile = "-O2 -g -Wall -fPIC -I include/{word} -I src/{word} -MMD -MF .deps/{word}_{n}.d";
  return [
    [
      "/opt/runner/bin/runner",
      {
        args: ["/opt/runner/bin/runner --pool {word} --slot {n}"],
        starts: "make make bash",
        writes: ["/opt/runner/logs/job-{hex}.log"],
        connects: [443],
        user: users.builder,
      },
    ],
    [
      "/usr/bin/make",
      {
        args: ["make -j{n} {word}", "make -C src/{word} -f Makefile.{word} {object}"],
        starts: "gcc gcc gcc g++ make sh ar",
        writes: [".deps/{word}_{n}.d"],
      },
    ],
    [
      "/usr/bin/gcc",
      {
        args: [`gcc ${compile} -c {source} -o {object}`],
        starts: "cc1 cc1 as collect2",
        writes: ["/tmp/cc{hex}.s"],
      },
    ],
    [
      "/usr/bin/g++",
      {
        args: [`g++ -std=c++20 ${compile} -c {source} -o {object}`],
        starts: "cc1plus as",
        writes: ["/tmp/cc{hex}.s"],
      },
    ],
    [
      "/usr/lib/gcc/x86_64-linux-gnu/12/cc1",
      {
        args: ["cc1 -quiet -O2 -I include/{word} {source} -o /tmp/cc{hex}.s"],
        writes: ["/tmp/cc{hex}.s", ".deps/{word}_{n}.d"],
      },
    ],
    [
      "/usr/lib/gcc/x86_64-linux-gnu/12/cc1plus",
      {
        args: ["cc1plus -quiet -O2 -std=c++20 {source} -o /tmp/cc{hex}.s"],
        writes: ["/tmp/cc{hex}.s"],
      },
    ],
    ["/usr/bin/as", { args: ["as --64 -o {object} /tmp/cc{hex}.s"], writes: ["{work}/{object}"] }],
    [
      "/usr/lib/gcc/x86_64-linux-gnu/12/collect2",
      { args: ["collect2 -o build/{word}/{word} {object} {object} {object}"], starts: "ld" },
    ],
    [
      "/usr/bin/ld",
      {
        args: ["ld -o build/{word}/{word} {object} {object} {object}"],
        writes: ["{work}/build/{word}/{word}-{n}"],
      },
    ],
    [
      "/usr/bin/ar",
      {
        args: ["ar rcs build/lib{word}.a {object} {object}"],
        writes: ["{work}/build/lib{word}-{n}.a"],
      },
    ],
  ];
}

function containerRows(): readonly (readonly [executable: string, row: Row])[] {
  const { root, web } = users;
  return [
    [
      "/usr/bin/containerd",
      { writes: ["/var/lib/containerd/io.containerd.metadata.v1.bolt/{hex}"], user: root },
    ],
    [
      "/usr/bin/containerd-shim-runc-v2",
      {
        args: ["/usr/bin/containerd-shim-runc-v2 -namespace k8s.io -id {hex}{hex}{hex}"],
        starts: "runc runc sh node",
        writes: ["/run/containerd/io.containerd.runtime.v2.task/k8s.io/{hex}/{hex}.pid"],
        user: root,
      },
    ],
    [
      "/usr/bin/runc",
      {
        args: [
          "runc --root /run/containerd/runc/k8s.io --log /run/containerd/{hex}/log.json state {hex}",
        ],
      },
    ],
    [
      "/usr/bin/kubelet",
      {
        args: ["/usr/bin/kubelet --config=/var/lib/kubelet/config.yaml --node-ip=10.0.0.{byte}"],
        starts: "find stat runc",
        writes: [
          "/var/lib/kubelet/pods/{hex}/volumes/{word}/..{n}_{n}/{word}",
          "/var/log/pods/{word}_{hex}/{word}/{digit}.log",
        ],
        connects: [6443, 8080],
        accepts: [10250],
        user: root,
      },
    ],
    [
      "/usr/local/bin/kube-proxy",
      {
        args: ["/usr/local/bin/kube-proxy --config=/var/lib/kube-proxy/config.conf"],
        connects: [6443],
        user: root,
      },
    ],
    [
      "/coredns",
      {
        args: ["/coredns -conf /etc/coredns/Corefile"],
        connects: [6443],
        accepts: [53],
        user: root,
      },
    ],
    [
      "/usr/local/bin/node",
      {
        args: [
          "node /srv/{word}/server.js --port {port}",
          "node /srv/{word}/health.js --check {hex}",
        ],
        writes: ["/srv/{word}/tmp/upload-{hex}"],
        connects: [443, 5432, 6379, 8080],
        accepts: [8080, 3000],
        user: web,
      },
    ],
    [
      "/fluent-bit/bin/fluent-bit",
      {
        args: ["/fluent-bit/bin/fluent-bit -c /fluent-bit/etc/fluent-bit.conf"],
        writes: ["/var/lib/fluent-bit/tail.{n}/{n}-{n}.flb"],
        connects: [24224],
        user: root,
      },
    ],
  ];
}

function deskRows(): readonly (readonly [executable: string, row: Row])[] {
  const { desk } = users;
  return [
    [
      "/usr/bin/gnome-shell",
      {
        args: ["/usr/bin/gnome-shell"],
        starts: "editor browser terminal",
        writes: ["{home}/.local/share/gnome-shell/{hex}"],
        user: desk,
      },
    ],
    [
      "/usr/lib/browser/browser",
      {
        args: ["/usr/lib/browser/browser -contentproc -childID {n} -prefsLen {n} {n} tab"],
        writes: [
          "{home}/.cache/browser/profile/cache2/entries/{hex}{hex}",
          "{home}/.local/share/browser/storage/{word}/{hex}.sqlite-wal",
        ],
        connects: [443, 80],
        user: desk,
      },
    ],
    [
      "/usr/share/editor/editor",
      {
        args: ["/usr/share/editor/editor --type=renderer --client={n} {home}/src/{word}"],
        starts: "git git node sh",
        writes: ["{home}/.config/editor/Backups/{hex}/{hex}", "{home}/{source}"],
        connects: [443],
        user: desk,
      },
    ],
    [
      "/usr/libexec/terminal",
      { args: ["/usr/libexec/terminal --id {n}"], starts: "bash", user: desk },
    ],
    ["/usr/bin/pipewire", { user: desk }],
  ];
}
