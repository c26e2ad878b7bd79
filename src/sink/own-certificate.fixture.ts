/** Certificates that a test makes for itself, by openssl. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface OwnCertificate {
  /** PEM. */
  readonly key: string;
  /** PEM; it is its own authority. */
  readonly cert: string;
  /** The file that `cert` lies in. */
  readonly path: string;
}

/** A certificate signed by itself, for the name or address `host` (`IP:127.0.0.1`, `DNS:localhost`). */
export function makeCertificate(folder: string, name: string, host: string): OwnCertificate {
  const [key, path] = [join(folder, `${name}.key`), join(folder, `${name}.pem`)];
  const args = [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-days", "2", "-subj", `/CN=${name}`, "-addext", `subjectAltName=${host}`],
    ...["-keyout", key, "-out", path],
  ];
  const { status, stderr } = spawnSync("openssl", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`openssl: ${stderr}`);
  return { key: readFileSync(key, "utf8"), cert: readFileSync(path, "utf8"), path };
}

/** The reason for skipping a test that needs certificates, or false. */
export const whyNoCertificates: string | false =
  spawnSync("openssl", ["version"]).status === 0 ? false : "there is no openssl";
