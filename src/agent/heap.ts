/** Keeps the process small: by itself V8 lets the heap grow to several times of what is in use. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** How much the heap may grow between two collections, per cent of what is in use. */
const growthPercent = 60;

/**
 * To be called when the rules are loaded: what loading has left behind, more than is kept, is given back,
 * and from then on the heap grows in small steps. V8 ignores flags that it does not know.
 */
export function settleHeap(): void {
  setFlagsFromString(`--heap-growing-percent=${growthPercent}`);
  setFlagsFromString("--expose-gc");
  // V8 gives its collector to programs that ask for this name.
  const collect = runInNewContext("typeof gc === 'function' ? gc : () => {}") as () => void;
  collect();
}
