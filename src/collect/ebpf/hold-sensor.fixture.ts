/** A program of the sensor's test: holds the sensor open till it is killed. */
import { EbpfSensor } from "./sensor.ts";

const [cgroupId, ringBytes] = [BigInt(process.argv[2]!), 0x10000];
const scope = { cgroupId, uid: null, folders: [] };
new EbpfSensor({ ...scope, interest: null, environment: new Set(), ringBytes });
process.stdout.write("attached\n");
setInterval(() => {}, 1000);
