// Serves the page without a network.
//
// The page itself comes from the network first, so an update is never held back, unless the network takes too long. So do
// the files of the sign-in. Files with a hash in their name never change, so they come from the cache first; those that the
// page no longer names are dropped.
const CACHE = "papo";
const PAGE = registration.scope;
const HASHED = /-[0-9a-f]{12,}(_bg)?\.\w+$/;
const SIGN_IN = ["sign-in.js", "papo-sign-in.js", "papo-sign-in_bg.wasm"].map((name) => PAGE + name);

/** How long the network may take, in milliseconds, where there is a stored answer. */
const PATIENCE = 4000;

/** Stores a page and the files that it needs. */
const store = async (response) => {
  if (!response.ok) throw new Error(`${PAGE} answered ${response.status}`);
  const html = await response.clone().text();
  const named = [...html.matchAll(/(?:href|src)="([^"#]+)"/g)].map(([, url]) => new URL(url, PAGE).href);
  const files = new Set(named.filter((url) => url.startsWith(PAGE) && url !== PAGE));
  if (/name="issuer" content="[^"]/.test(html)) SIGN_IN.forEach((url) => files.add(url));
  const cache = await caches.open(CACHE);
  for (const url of files) {
    if (!(await cache.match(url)) || !HASHED.test(url)) await cache.add(url);
  }
  await cache.put(PAGE, response);
  for (const { url } of await cache.keys()) {
    if (url !== PAGE && !files.has(url)) await cache.delete(url);
  }
};

/** What the network answers; the stored answer where it fails or takes too long. */
const newest = async (fetched, url) => {
  const stored = await caches.match(url);
  if (!stored) return fetched;
  const late = new Promise((resolve) => setTimeout(resolve, PATIENCE, stored));
  const response = await Promise.race([fetched, late]).catch(() => stored);
  return response.status < 500 ? response : stored;
};

addEventListener("install", (event) => {
  skipWaiting();
  event.waitUntil(fetch(PAGE, { cache: "no-cache" }).then(store));
});

addEventListener("activate", (event) => event.waitUntil(clients.claim()));

addEventListener("fetch", (event) => {
  const { method, mode, url } = event.request;
  if (method !== "GET" || !url.startsWith(PAGE)) return;
  const [file] = url.split(/[?#]/);
  if (mode === "navigate") {
    // Other addresses below the page's own are not the app.
    if (file !== PAGE && file !== `${PAGE}index.html`) return;
    const fetched = fetch(event.request);
    event.waitUntil(fetched.then((response) => store(response.clone())).catch(console.warn));
    event.respondWith(newest(fetched, PAGE));
  } else if (SIGN_IN.includes(file)) {
    event.respondWith(newest(fetch(event.request), file));
  } else if (HASHED.test(file)) {
    event.respondWith(caches.match(url).then((stored) => stored ?? fetch(event.request)));
  }
});
