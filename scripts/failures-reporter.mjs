// A reporter for `node --test` beside another: at the end, once more what failed, since thousands of lines lie between.
import { inspect } from "node:util";

export default async function* failures(events) {
  const failed = [];
  for await (const { type, data } of events) {
    if (type === "test:fail" && data.todo === undefined && data.skip === undefined) {
      failed.push(data);
    }
  }
  for (const { name, file, line, details } of failed) {
    yield `\n# failed: ${name} (${file}:${line})\n`;
    const text = inspect(details.error?.cause ?? details.error, { depth: 4 });
    yield `${text.replace(/^/gm, "#   ")}\n`;
  }
}
