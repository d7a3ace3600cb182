// Loads the app, or says that it cannot be loaded. Trunk has put the addresses into the page's links.
const link = (selector) => document.querySelector(`head > link${selector}`);

const failed = (error) => {
  console.error(error);
  const [missing, unreachable, again] = document.documentElement.lang.startsWith("pt")
    ? ["Este navegador não tem WebAssembly, de que o Papo precisa.", "Não foi possível carregar o Papo. Verifique a conexão.", "Recarregar"]
    : ["This browser lacks WebAssembly, which Papo needs.", "Papo could not be loaded. Check your connection.", "Reload"];
  const splash = document.getElementById("splash");
  if (!splash) return;
  const message = document.createElement("p");
  const button = document.createElement("button");
  message.textContent = typeof WebAssembly === "undefined" ? missing : unreachable;
  button.textContent = again;
  button.addEventListener("click", () => location.reload());
  splash.setAttribute("role", "alert");
  splash.replaceChildren(message, button);
};

try {
  if (document.querySelector("meta[name=issuer]").content) await (await import("./sign-in.js")).admitted;
  const script = link("[rel=modulepreload]");
  const module = link('[rel=preload][type="application/wasm"]');
  const { default: start } = await import(script.href);
  const response = await fetch(module.href, { integrity: module.integrity, credentials: "same-origin" });
  if (!response.ok) throw new Error(`${module.href} answered ${response.status}`);
  await start({ module_or_path: response });
} catch (error) {
  failed(error);
}

// Makes the page work without a network. A browser without service workers, or a page that is not secure, goes without.
if ("serviceWorker" in navigator) {
  const worker = "sw.js";
  const policy = globalThis.trustedTypes?.createPolicy("papo", { createScriptURL: (url) => (url === worker ? url : "") });
  navigator.serviceWorker.register(policy?.createScriptURL(worker) ?? worker).catch(console.warn);
}
