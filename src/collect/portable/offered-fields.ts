/** Fields that sources without eBPF can fill. */

/** Of every event of a process that was not gone before it could be looked at. */
export const processFields: readonly string[] = [
  "process.entity_id",
  "process.pid",
  "process.name",
  "process.executable",
  "process.args",
  "process.args_count",
  "process.command_line",
  "process.working_directory",
  "process.start",
  "process.user.id",
  "process.group.id",
  "process.real_user.id",
  "process.real_group.id",
  "process.parent.entity_id",
  "process.parent.pid",
  "process.parent.name",
  "process.parent.executable",
  "process.parent.args",
  "process.parent.command_line",
];

/** Of an event that a program was started. */
export const execFields: readonly string[] = [
  ...processFields,
  "process.env_vars",
  "process.interactive",
  "process.thread.capabilities.effective",
  "process.thread.capabilities.permitted",
  "process.Ext.memfd.name",
  "process.Ext.namespace.pid",
  "process.Ext.namespace.mnt",
];

/** Of an event about a file. */
export const fileFields: readonly string[] = [
  ...processFields,
  "event.outcome",
  "file.path",
  "file.name",
  "file.extension",
  "file.directory",
  "file.type",
  "file.size",
  "file.inode",
  "file.mode",
  "file.uid",
  "file.gid",
];

/** `fields` as SourceOffer has it. */
export function offeredFields(
  fields: Readonly<Record<string, readonly string[]>>,
): ReadonlyMap<string, ReadonlySet<string>> {
  return new Map(Object.entries(fields).map(([action, names]) => [action, new Set(names)]));
}
