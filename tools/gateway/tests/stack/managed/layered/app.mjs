// Uses the modules of its layers by their paths on Lambda.

import { name } from '/opt/nodejs/names.mjs';
import { mark } from '/opt/nodejs/mark.mjs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const { greet } = require('/opt/nodejs/greeting');
const { loud } = require('/opt/nodejs/loud');

export async function handler() {
  return { statusCode: 200, body: loud(greet(name)) + mark };
}
