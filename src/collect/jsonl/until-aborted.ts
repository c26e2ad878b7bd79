/** Ends a stream of chunks early. */

/**
 * Hands on what `source` gives until `signal` is aborted, even while it waits for more. The source is
 * told to end then, but not waited for: it may be stuck in a read.
 */
export async function* untilAborted<T>(
  source: AsyncGenerator<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  let stop = (): void => undefined;
  const aborted = new Promise<null>((resolve) => {
    stop = () => resolve(null);
  });
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  let isOpen = true;
  try {
    for (;;) {
      const next = source.next();
      const result = await Promise.race([aborted, next]);
      if (result === null) {
        isOpen = false;
        // What the read comes to is of no interest any more.
        next.catch(() => undefined);
        source.return(undefined).catch(() => undefined);
        return;
      }
      if (result.done === true) return;
      yield result.value;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    // The reader may have had enough.
    if (isOpen) await source.return(undefined);
  }
}
