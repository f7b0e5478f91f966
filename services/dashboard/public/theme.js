// Sets the theme before the first paint. It is a file of its own because the content policy allows no inline script.
(function () {
  var chosen = "system";
  try {
    chosen = JSON.parse(localStorage.getItem("ordermesh.theme")) || "system";
  } catch {
    // Storage may be forbidden; the system's theme is right then.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = dark ? "dark" : "light";
})();
