// A classic script in the head, so that a dark page is never drawn light first.
(() => {
  let chosen = null;
  try {
    chosen = JSON.parse(localStorage.getItem("ccr.theme"));
  } catch {
    // Storage is refused: as the system has it.
  }
  const isDark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";
})();
