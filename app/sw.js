// Serves the page without a network.
//
// The page itself comes from the network first, so an update is never held back. Files with a hash in their name never
// change, so they come from the cache first; those that the page no longer names are dropped.
const CACHE = "papo";
const PAGE = registration.scope;
const HASHED = /-[0-9a-f]{16}(_bg)?\.\w+$/;

/** Stores a page and the files that it names. */
const store = async (response) => {
  const html = await response.clone().text();
  const named = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, url]) => new URL(url, PAGE).href);
  const files = new Set(named.filter((url) => url.startsWith(PAGE) && url !== PAGE));
  const cache = await caches.open(CACHE);
  for (const url of files) {
    if (!(await cache.match(url)) || !HASHED.test(url)) await cache.add(url);
  }
  await cache.put(PAGE, response);
  for (const { url } of await cache.keys()) {
    if (url !== PAGE && !files.has(url)) await cache.delete(url);
  }
};

const page = async (event) => {
  const stored = () => caches.match(PAGE);
  try {
    const response = await fetch(event.request);
    if (response.ok) event.waitUntil(store(response.clone()));
    return response.status >= 500 ? ((await stored()) ?? response) : response;
  } catch (error) {
    return (await stored()) ?? Promise.reject(error);
  }
};

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(PAGE, { cache: "no-cache" }).then(store));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET" || !url.startsWith(PAGE)) return;
  if (mode === "navigate") {
    event.respondWith(page(event));
  } else if (HASHED.test(new URL(url).pathname)) {
    event.respondWith(caches.match(url).then((stored) => stored ?? fetch(event.request)));
  }
});
