// Finds the ES modules of layers by their paths on Lambda; `layers.cjs` registers it.

import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const layers = JSON.parse(process.env.GATEWAY_LAYERS ?? '[]');

export function resolve(specifier, context, next) {
  if (!context.conditions.includes('import')) return next(specifier, context);
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  const files = layers
    .filter(([place]) => wanted.startsWith(`${place}/`))
    .map(([place, folder]) => path.join(folder, wanted.slice(place.length)));
  const found = files.find((file) => existsSync(file));
  return next(found ? pathToFileURL(found).href : specifier, context);
}
