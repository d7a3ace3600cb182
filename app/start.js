// Loads the app. Trunk has put the addresses into the page's links. What fails here is reported by boot.js.
const link = (selector) => document.querySelector(`head > link${selector}`);

try {
  if (document.querySelector("meta[name=issuer]").content) await (await import("./sign-in.js")).admitted;
  const script = link("[rel=modulepreload]");
  const module = link('[rel=preload][type="application/wasm"]');
  const { default: start } = await import(script.href);
  const response = await fetch(module.href, { integrity: module.integrity, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${module.href} answered ${response.status}`);
  await start({ module_or_path: response });
} catch (error) {
  reportError(error);
}

// Makes the page work without a network. A browser without service workers, or a page that is not secure, goes without.
if ("serviceWorker" in navigator) {
  const worker = "sw.js";
  const policy = globalThis.trustedTypes?.createPolicy("papo", { createScriptURL: (url) => (url === worker ? url : "") });
  navigator.serviceWorker.register(policy?.createScriptURL(worker) ?? worker).catch(console.warn);
}
