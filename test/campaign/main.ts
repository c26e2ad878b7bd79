/** `npm run campaign [-- SEED]`: 10,000 damaged rules and 100,000 event lines, half of them damaged. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { sha256Hex } from "../../src/base/hash.ts";
import { parseRuleFile } from "../../src/rule/parse.ts";
import { mutateLines, mutateRules, ruleFiles } from "./campaign.ts";

const seed = Number(process.argv[2] ?? Math.floor(Math.random() * 2 ** 31));
const corpus = join(process.cwd(), "..", "shared", "corpus");

function recordedLines(): string[] {
  const folder = join(corpus, "events");
  const own = readFileSync("examples/attack.jsonl", "utf8").trimEnd().split("\n");
  if (!existsSync(folder)) return own;
  const names = readdirSync(folder).filter((name) => name.endsWith(".gz"));
  const texts = names.map((name) => gunzipSync(readFileSync(join(folder, name))).toString());
  return [...own, ...texts.flatMap((text) => text.trimEnd().split("\n"))];
}

console.log(`seed ${seed}`);
const files = [
  ...ruleFiles("rules"),
  ...(existsSync(corpus) ? ruleFiles(join(corpus, "rules")) : []),
];
console.log("rules", mutateRules(files, 10_000, seed));
const rules = ruleFiles("rules").flatMap((file) => parseRuleFile(file, sha256Hex).rules);
console.log("lines", mutateLines(rules, recordedLines(), 200_000, seed));
