// Prints what a module exports as JSON. Functions, at the top level or as the whole module, are called for their values, as the
// Serverless Framework does.
'use strict';

const { pathToFileURL } = require('node:url');

const file = process.argv[1];
// Only the JSON belongs on stdout.
console.log = console.info = console.error;

async function load() {
  try {
    return require(file);
  } catch (error) {
    if (!['ERR_REQUIRE_ESM', 'ERR_REQUIRE_ASYNC_MODULE'].includes(error.code)) throw error;
    return import(pathToFileURL(file));
  }
}

async function settle(value) {
  const settled = await value;
  return typeof settled === 'function' ? settle(settled({ options: {}, resolveVariable: async () => undefined })) : settled;
}

async function main() {
  const loaded = await load();
  const value = await settle(loaded.default?.default ?? loaded.default ?? loaded);
  const members = Object.entries(value ?? {}).map(async ([name, member]) => [name, await settle(member)]);
  process.stdout.write(JSON.stringify(Array.isArray(value) ? value : Object.fromEntries(await Promise.all(members))));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
