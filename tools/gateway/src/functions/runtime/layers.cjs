// Finds the modules of layers by their paths on Lambda, such as `/opt/nodejs/shared`. Loaded into every Node.js process of a
// function that has layers (`--require`).

'use strict';

const Module = require('node:module');
const path = require('node:path');
const { pathToFileURL } = require('node:url');

// Folders on Lambda, and the folders here whose files they have.
const layers = JSON.parse(process.env.GATEWAY_LAYERS ?? '[]');

const { _resolveFilename: resolve } = Module;

Module._resolveFilename = function resolveInLayers(request, ...rest) {
  for (const [place, folder] of layers) {
    if (!String(request).startsWith(`${place}/`)) continue;
    try {
      return resolve.call(this, path.join(folder, request.slice(place.length)), ...rest);
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error;
    }
  }
  return resolve.call(this, request, ...rest);
};

// Imports of ES modules are resolved elsewhere: since Node.js 22.15 by a function in this thread, before in one of their own.
if (Module.registerHooks) Module.registerHooks(require('./layers.mjs'));
else Module.register?.(pathToFileURL(path.join(__dirname, 'layers.mjs')));
