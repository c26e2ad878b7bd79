/** A stream in which every command line, and with it nearly every text, is new. */

/** Line `index` of the stream, as JSON text with its line feed. */
export function uniqueLine(index: number): string {
  const pid = 300 + (index % 30_000);
  const entity = `p${index}`;
  const seconds = 1_767_225_600 + Math.floor(index / 200);
  const time = new Date(seconds * 1000 + (index % 200) * 5).toISOString();
  const command = `/usr/bin/tool-${index % 50} --input /data/${index}/part --job ${(index * 7919) % 1_000_003}`;
  return `${JSON.stringify({
    "@timestamp": time,
    host: { id: "soak", os: { type: "linux" } },
    event: {
      category: ["process"],
      type: [index % 3 === 2 ? "end" : "start"],
      action: index % 3 === 2 ? "end" : "exec",
      kind: "event",
    },
    process: {
      entity_id: index % 3 === 2 ? `p${index - 1}` : entity,
      pid,
      name: `tool-${index % 50}`,
      executable: `/usr/bin/tool-${index % 50}`,
      command_line: command,
      args: command.split(" "),
      parent: { entity_id: `p${Math.max(0, index - 1 - (index % 17))}`, pid: 1, name: "sh" },
    },
    user: { id: String(index % 7), name: `u${index % 7}` },
  })}\n`;
}
