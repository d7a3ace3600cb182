// Prints what a module exports as JSON. Functions, at the top level or as the whole module, are called for their values, as the
// Serverless Framework does. With `--bundle`, the module is bundled with the project's esbuild first.
'use strict';

const { readFile } = require('node:fs/promises');
const Module = require('node:module');
const { dirname } = require('node:path');
const { pathToFileURL } = require('node:url');

const [file, bundle] = process.argv.slice(1);
// Only the JSON belongs on stdout.
console.log = console.info = console.error;

// Modules of a bundle would all have the folder of the first, and `serverless.ts` builds the paths of handlers from it.
const ownFolders = {
  name: 'own-folders',
  setup(build) {
    build.onLoad({ filter: /\.[cm]?ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const constants = { __fileUrl: pathToFileURL(path).href };
      // ES modules define these themselves.
      if (!/(const|let|var)\s+__(dir|file)name\b/.test(source)) {
        Object.assign(constants, { __filename: path, __dirname: dirname(path) });
      }
      const lines = Object.entries(constants).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`);
      return { contents: lines.join('') + source, loader: 'ts' };
    });
  },
};

async function loadBundle() {
  const { build } = Module.createRequire(file)('esbuild');
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    logLevel: 'error',
    define: { 'import.meta.url': '__fileUrl' },
    plugins: [ownFolders],
  });
  const loaded = new Module(file);
  loaded.filename = file;
  loaded.paths = Module._nodeModulePaths(dirname(file));
  loaded._compile(outputFiles[0].text, file);
  return loaded.exports;
}

async function load() {
  if (bundle) return loadBundle();
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
  const isMapping = typeof (value ?? {}) === 'object' && !Array.isArray(value);
  process.stdout.write(JSON.stringify(isMapping ? Object.fromEntries(await Promise.all(members)) : value));
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
