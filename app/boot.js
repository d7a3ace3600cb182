// Runs before the first paint: sets the theme and the language, so that a dark page never flashes white, refuses files, and says
// so if the app cannot be loaded.
(() => {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // Storage is blocked.
    }
  };
  const applyTheme = () => {
    const chosen = stored("papo.theme");
    const theme = chosen === "light" || chosen === "dark" ? chosen : dark.matches ? "dark" : "light";
    document.documentElement.dataset.theme = theme;
    const colour = theme === "dark" ? "#15181f" : "#fffdfa";
    document.querySelector("meta[name=theme-color]").content = colour;
  };
  const language = stored("papo.language") || navigator.language || "";
  const isPortuguese = /^pt/i.test(language);
  document.documentElement.lang = isPortuguese ? "pt-BR" : "en";
  applyTheme();
  dark.addEventListener("change", applyTheme);

  // Only text can be sent. A file that is dropped on the page would be opened in the app's place.
  addEventListener("dragover", (event) => {
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "none";
  });

  // The placeholder is there until the app has started. Capturing, because the errors of elements that load a file do not bubble.
  addEventListener("error", () => {
    const splash = document.getElementById("splash");
    if (!splash) return;
    const [missing, unreachable, again] = isPortuguese
      ? ["Este navegador não tem WebAssembly, de que o Papo precisa.", "Não foi possível carregar o Papo. Verifique a conexão.", "Recarregar"]
      : ["This browser lacks WebAssembly, which Papo needs.", "Papo could not be loaded. Check your connection.", "Reload"];
    const message = document.createElement("p");
    const button = document.createElement("button");
    message.textContent = globalThis.WebAssembly ? unreachable : missing;
    button.textContent = again;
    button.onclick = () => location.reload();
    splash.setAttribute("role", "alert");
    splash.replaceChildren(message, button);
  }, true);
})();
