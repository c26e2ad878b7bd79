/** Sends the lines of standard input to Kestrel's event API: send.ts SOCKET < events.jsonl */
import { connect } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";

interface Answer {
  readonly ack?: number;
  readonly line?: number;
  readonly rejected?: string;
}

const path = process.argv[2] ?? "";
const lines = (await text(process.stdin)).split("\n").filter((line) => line.trim() !== "");
const socket = connect(path);
socket.end(lines.map((line) => `${line}\n`).join(""));

let accepted = 0;
for await (const line of createInterface({ input: socket })) {
  const answer = JSON.parse(line) as Answer;
  accepted = answer.ack ?? accepted;
  if (answer.rejected !== undefined) console.error(`line ${answer.line}: ${answer.rejected}`);
}
process.exitCode = accepted === lines.length ? 0 : 1;
