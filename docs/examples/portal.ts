// Validates an account, prints what has to be fixed, and registers it.
import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";

const { GANGWAY = "", AWS_REGION = "", AWS_ACCESS_KEY_ID = "", AWS_SECRET_ACCESS_KEY = "", AWS_SESSION_TOKEN } = process.env;
const signer = new SignatureV4({
  service: "execute-api",
  region: AWS_REGION,
  sha256: Sha256,
  credentials: { accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN },
});

/** Sends a signed request and returns the response. */
async function call(method: string, path: string, body?: unknown): Promise<Response> {
  const url = new URL(GANGWAY + path); // GANGWAY is the stack's output ApiUrl
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return fetch(url, { method, headers, body: JSON.stringify(body) });
}

type Check = { id: string; severity: string; outcome: string; observed: string; remedy?: string };

const [method, account] = [process.argv[2], JSON.parse(process.argv[3] ?? "{}")];
const validated = await call("POST", `/v1/tenant/accounts/${method}/validate`, account);
const report = await validated.json();
// An RFC 9457 problem: detail says what to do, errors point at members.
if (!validated.ok) throw new Error(JSON.stringify(report, null, 2));
for (const check of report.checks as Check[]) {
  if (check.outcome === "failed" || check.outcome === "unverified")
    console.log([check.severity, check.id, check.observed, check.remedy].join(" · "));
}
if (!report.ready) throw new Error("not ready");
const registered = await call("POST", `/v1/tenant/accounts/${method}`, account);
const receipt = await registered.json();
if (!registered.ok) throw new Error(JSON.stringify(receipt, null, 2));
console.log(registered.status, receipt.outcome, receipt.uid);
