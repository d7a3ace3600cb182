// Requests to AWS, signed with Signature Version 4, with Node's own modules only.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html

import { createHash, createHmac } from "node:crypto";

const { AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = process.env;
const DYNAMODB = process.env.AWS_ENDPOINT_URL_DYNAMODB ?? `https://dynamodb.${AWS_REGION}.amazonaws.com`;

// Calls DynamoDB; throws unless the status is 200.
export async function dynamodb(operation, request) {
  const { status, body } = await call("dynamodb", `${DYNAMODB}/`, JSON.stringify(request), {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": `DynamoDB_20120810.${operation}`,
  });
  if (status !== 200) throw new Error(`${operation} failed with ${status}: ${body}`);
  return JSON.parse(body);
}

// Sends a POST request to a service; resolves to the status and the body.
export async function call(service, address, body, headers = {}) {
  const all = { "content-type": "text/plain; charset=utf-8", ...headers };
  Object.assign(all, signature(service, new URL(address), body, all, new Date()));
  const response = await fetch(address, { method: "POST", headers: all, body, signal: AbortSignal.timeout(5000) });
  return { status: response.status, body: await response.text() };
}

// The headers that sign a POST request and its `headers`.
export function signature(service, url, body, headers, now) {
  const time = now.toISOString().replace(/[-:]|\.\d+/g, "");
  const day = time.slice(0, 8);
  const added = { "x-amz-date": time };
  if (AWS_SESSION_TOKEN) added["x-amz-security-token"] = AWS_SESSION_TOKEN;
  const signed = { host: url.host, ...headers, ...added };
  const names = Object.keys(signed).sort();
  // Every service except S3 expects the path to be escaped twice in the canonical request.
  const path = url.pathname.split("/").map(encodeURIComponent).join("/");
  const lines = names.map((name) => `${name}:${signed[name]}\n`).join("");
  const canonical = ["POST", path, "", lines, names.join(";"), sha256(body)].join("\n");
  const scope = `${day}/${AWS_REGION}/${service}/aws4_request`;
  const wanted = ["AWS4-HMAC-SHA256", time, scope, sha256(canonical)].join("\n");
  const key = [day, AWS_REGION, service, "aws4_request"].reduce(hmac, `AWS4${AWS_SECRET_ACCESS_KEY}`);
  const credential = `${AWS_ACCESS_KEY_ID}/${scope}`;
  const proof = hmac(key, wanted).toString("hex");
  added.authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(";")}, Signature=${proof}`;
  return added;
}

function sha256(text) {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key, text) {
  return createHmac("sha256", key).update(text).digest();
}
