// Runs before the first paint: sets the theme and the language, so that a dark page never flashes white.
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
  document.documentElement.lang = /^pt/i.test(language) ? "pt-BR" : "en";
  applyTheme();
  dark.addEventListener("change", applyTheme);
})();
