/** Serves metrics to a Prometheus scraper over HTTP. */
import { createServer, type Server } from "node:http";
import { systemReason } from "../../base/system-reason.ts";
import { CommandFailure } from "../failure.ts";

/** `ADDRESS:PORT`, `[ADDRESS]:PORT` or `PORT`; the address is loopback unless given. */
export function parseAddress(text: string): { readonly host: string; readonly port: number } {
  const found = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d{1,5})$/.exec(text);
  const port = Number(found?.[3] ?? -1);
  if (found === null || port > 0xffff) {
    throw new CommandFailure(`${text} is no ADDRESS:PORT`);
  }
  return { host: found[1] ?? found[2] ?? "127.0.0.1", port };
}

/** Answers `GET /metrics` with what `text` returns. Throws a CommandFailure where it can't listen. */
export async function openMetricsServer(address: string, text: () => string): Promise<Server> {
  const { host, port } = parseAddress(address);
  const server = createServer((request, response) => {
    request.resume();
    if (request.method !== "GET" || request.url !== "/metrics") {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(text());
  });
  server.requestTimeout = 5000;
  server.maxConnections = 16;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) =>
      reject(new CommandFailure(`can't serve metrics at ${address}: ${systemReason(error)}`)),
    );
    server.listen(port, host, resolve);
  });
  return server;
}
