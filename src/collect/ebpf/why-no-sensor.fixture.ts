/** Whether the sensor can be tested on this machine. */
import { whyNoGroup } from "../linux/own-group.fixture.ts";
import { offerEbpf } from "./ebpf-source.ts";

/** Why not, or false. */
export function whyNoSensor(): string | false {
  const missing = offerEbpf().capabilities.find(({ available }) => !available);
  return missing === undefined ? whyNoGroup : `${missing.name}: ${missing.why}`;
}
