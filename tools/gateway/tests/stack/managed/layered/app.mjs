// Uses the modules of its layer by their paths on Lambda.

import { name } from '/opt/nodejs/names.mjs';
import { createRequire } from 'node:module';

const { greet } = createRequire(import.meta.url)('/opt/nodejs/greeting');

export async function handler() {
  return { statusCode: 200, body: greet(name) };
}
