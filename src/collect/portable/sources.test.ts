import { join } from "node:path";
import { after } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { MakeEvents } from "../counted-events.ts";
import { HostEvents } from "../host/host-events.ts";
import { readHostFacts } from "../host/host-facts.ts";
import { makeOwnGroup, whyNoGroup } from "../linux/own-group.fixture.ts";
import { coversProcess, type Scope, wholeHost } from "../scope.ts";
import { testSource } from "../source.suite.ts";
import { offerFileWatch, openFileWatch } from "./file-watch-source.ts";
import { makeOwnMount, whyNoMount } from "./own-mount.fixture.ts";
import { offerProcessEvents, openProcessEvents } from "./process-events.ts";
import { offerProcessPoll, openProcessPoll } from "./process-poll-source.ts";

const isLinux = process.platform === "linux";
const group = makeOwnGroup();
const mount = whyNoMount === false ? makeOwnMount() : null;
const scope: Scope = { ...wholeHost, group: group?.path ?? "/none" };
const environmentNames: ReadonlySet<string> = new Set();

after(async () => {
  mount?.remove();
  await group?.remove();
});

function eventsOf(provider: string): MakeEvents {
  const host = readHostFacts();
  const admits = (pid: number): boolean => coversProcess(scope, pid);
  return (emit) => new HostEvents({ emit, provider, host, admits });
}

/** Runs a program in the group, without holding up the timers of the source. */
async function runInGroup(script: string): Promise<void> {
  const running = group!.start(script);
  while (running.exitCode === null && running.signalCode === null) await delay(10);
  await delay(150);
}

const noConnector = isLinux && offerProcessEvents().available ? false : "no process connector";
const noFanotify = isLinux && offerFileWatch().available ? false : "no fanotify";

testSource({
  name: "procevents",
  skip: whyNoGroup || noConnector,
  offer: offerProcessEvents,
  open: () =>
    openProcessEvents({
      scope,
      environmentNames,
      processes: 1000,
      receiveBufferBytes: 0x400000,
      makeEvents: eventsOf("procevents"),
    }),
  act: () => runInGroup("/bin/true; sleep 0.1"),
});

testSource({
  name: "fanotify",
  skip: whyNoMount || noFanotify,
  offer: offerFileWatch,
  open: () =>
    openFileWatch({
      path: mount!.path,
      scope: wholeHost,
      directories: 100,
      makeEvents: eventsOf("fanotify"),
    }),
  act: () => runInGroup(`echo words > ${join(mount!.path, "f")}; sleep 0.1`),
});

testSource({
  name: "proc",
  skip: whyNoGroup,
  offer: offerProcessPoll,
  open: () =>
    openProcessPoll({ scope, environmentNames, intervalMs: 20, makeEvents: eventsOf("proc") }),
  act: () => runInGroup("sleep 0.3; sleep 0.3"),
});
