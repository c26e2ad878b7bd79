/** What `doctor` says to people. */
import type { DoctorReport } from "../agent/doctor.ts";
import type { Paint } from "./color.ts";

export function doctorText(report: DoctorReport, paint: Paint): string {
  const width = Math.max(...report.capabilities.map(({ name }) => name.length));
  const lines = report.capabilities.flatMap(({ name, available, why, mend }) => [
    `${mark(available, paint)} ${name.padEnd(width)}  ${why}`,
    ...(mend === null ? [] : [`    ${" ".repeat(width)}${paint("faint", `mend: ${mend}`)}`]),
  ]);
  const sources = report.sources.map(({ name, available, missing, actions }) => {
    const what = available
      ? actions.length === 0
        ? "what it is given"
        : actions.join(", ")
      : `missing: ${missing.join(", ")}`;
    return `${mark(available, paint)} ${name.padEnd(width)}  ${what}`;
  });
  return `${lines.join("\n")}\n\n${paint("strong", "sources")}\n${sources.join("\n")}\n`;
}

function mark(available: boolean, paint: Paint): string {
  return available ? "yes" : paint("strong", "no ");
}
