/** What the shipped recording holds; written by `node scripts/index-recording.mjs`. */

/** Paths that every kind of event has a value at. */
export const recordedShared =
  "@timestamp agent.id agent.type agent.version data_stream.dataset data_stream.namespace event.action event.category event.dataset event.id event.kind event.module event.provider event.sequence event.type group.Ext.real.id group.Ext.real.name group.id group.name host.architecture host.boot.id host.hostname host.id host.ip host.mac host.name host.os.kernel host.os.name host.os.type host.os.version process.Ext.ancestry process.Ext.namespace.mnt process.Ext.namespace.pid process.args process.args_count process.command_line process.entity_id process.env_vars process.executable process.group.id process.group.name process.group_leader.pid process.interactive process.name process.parent.args process.parent.args_count process.parent.command_line process.parent.entity_id process.parent.executable process.parent.group.id process.parent.group.name process.parent.interactive process.parent.name process.parent.pid process.parent.start process.parent.user.id process.parent.user.name process.parent.working_directory process.pid process.real_group.id process.real_user.id process.real_user.name process.saved_group.id process.saved_user.id process.session_leader.pid process.start process.thread.capabilities.effective process.thread.capabilities.permitted process.user.id process.user.name process.working_directory user.Ext.real.id user.Ext.real.name user.id user.name";

/** Categories, types, action, and the paths that not every kind has; several texts are joined with a space. */
export const recordedRows: readonly (readonly [string, string, string, string])[] = [
  [
    "dns network",
    "protocol info",
    "lookup_requested",
    "destination.address destination.ip destination.port dns.question.name dns.question.type kestrel.racy network.direction network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "dns network",
    "protocol info",
    "lookup_result",
    "destination.address destination.ip destination.port dns.answers dns.answers.data dns.answers.name dns.answers.ttl dns.answers.type dns.question.name dns.question.type dns.resolved_ip dns.response_code event.outcome kestrel.racy network.direction network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "access change",
    "open",
    "auditd.data.syscall container.id container.runtime event.outcome file.Ext.device file.ctime file.directory file.extension file.gid file.group file.inode file.mode file.mtime file.name file.owner file.path file.size file.type file.uid process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "change",
    "attribute_change",
    "auditd.data.syscall container.id container.runtime event.outcome file.directory file.extension file.mode file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "change",
    "modification",
    "auditd.data.syscall container.id container.runtime event.outcome file.Ext.device file.Ext.header_bytes file.ctime file.directory file.extension file.gid file.group file.inode file.mode file.mtime file.name file.owner file.path file.size file.type file.uid process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "change",
    "rename",
    "auditd.data.syscall container.id container.runtime event.outcome file.Ext.original.extension file.Ext.original.name file.Ext.original.path file.directory file.extension file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "creation",
    "creation",
    "auditd.data.syscall container.id container.runtime event.outcome file.Ext.device file.ctime file.directory file.extension file.gid file.group file.inode file.mode file.mtime file.name file.owner file.path file.size file.type file.uid kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "creation",
    "link",
    "auditd.data.syscall event.outcome file.directory file.name file.path file.target_path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "creation",
    "symlink",
    "auditd.data.syscall event.outcome file.directory file.name file.path file.target_path file.type kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "file",
    "deletion",
    "deletion",
    "auditd.data.syscall container.id container.runtime event.outcome file.directory file.extension file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "network",
    "end connection",
    "disconnect_received",
    "container.id container.runtime destination.address destination.domain destination.ip destination.port event.outcome network.bytes network.direction network.transport network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name source.address source.ip source.port",
  ],
  [
    "network",
    "info",
    "bind",
    "destination.address destination.ip destination.port event.outcome network.direction network.transport network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "network",
    "info",
    "listen",
    "destination.address destination.ip destination.port event.outcome network.direction network.transport network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "network",
    "start connection",
    "connection_accepted",
    "destination.address destination.ip destination.port event.outcome network.direction network.transport network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name source.address source.ip source.port",
  ],
  [
    "network",
    "start connection",
    "connection_attempted",
    "container.id container.runtime destination.address destination.domain destination.ip destination.port event.outcome kestrel.racy network.direction network.transport network.type process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name process.tty.char_device.major process.tty.char_device.minor source.address source.ip source.port",
  ],
  [
    "process",
    "access",
    "keyctl",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "access",
    "perf_event_open",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "access",
    "ptrace",
    "auditd.data.a0 auditd.data.a1 auditd.data.syscall process.Ext.ptrace.child_pid process.Ext.ptrace.request process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change start",
    "memfd_create",
    "auditd.data.a1 auditd.data.syscall process.Ext.memfd.name process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change start",
    "shmget",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "bpf",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "capability_change",
    "process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "chroot",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall container.id container.runtime event.outcome file.directory file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "gid_change",
    "process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "mmap",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "mount",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall container.id container.runtime event.outcome file.Ext.original.path file.directory file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "mprotect",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "session_id_change",
    "process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "setns",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall container.id container.runtime event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "signal",
    "auditd.data.a0 auditd.data.a1 auditd.data.syscall process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "title_change",
    "process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name process.title",
  ],
  [
    "process",
    "change",
    "uid_change",
    "process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name user.effective.id",
  ],
  [
    "process",
    "change",
    "unmount",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall container.id container.runtime event.outcome file.directory file.name file.path kestrel.racy process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "change",
    "unshare",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall container.id container.runtime event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "end",
    "end",
    "container.id container.runtime process.end process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.exit_code process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name process.title process.tty.char_device.major process.tty.char_device.minor process.uptime",
  ],
  ["process", "info", "already_running", ""],
  [
    "process",
    "info",
    "io_uring_setup",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "info",
    "userfaultfd",
    "auditd.data.a0 auditd.data.a1 auditd.data.a2 auditd.data.syscall event.outcome process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name",
  ],
  [
    "process",
    "start",
    "exec",
    "container.id container.runtime process.Ext.memfd.name process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name process.tty.char_device.major process.tty.char_device.minor",
  ],
  [
    "process",
    "start",
    "fork",
    "container.id container.runtime process.entry_leader.args process.entry_leader.entity_id process.entry_leader.entry_meta.source.ip process.entry_leader.entry_meta.type process.entry_leader.executable process.entry_leader.name process.entry_leader.pid process.entry_leader.same_as_process process.group_leader.args process.group_leader.entity_id process.group_leader.executable process.group_leader.name process.session_leader.args process.session_leader.entity_id process.session_leader.executable process.session_leader.name process.tty.char_device.major process.tty.char_device.minor",
  ],
];
