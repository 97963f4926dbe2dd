// Light, dark, or as the system is.

const THEMES = { system: "Theme: as the system", light: "Theme: light", dark: "Theme: dark" };

function prepareTheme(changed) {
  const button = byId("theme");
  const store = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("hasten-theme");
      localStorage.setItem("hasten-theme", value);
    } catch {
      // A page from a file may have no storage: the choice then lasts as long as the page.
    }
    return null;
  };
  let now = "system";
  const show = (theme) => {
    now = theme in THEMES ? theme : "system";
    if (now === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = now;
    button.textContent = THEMES[now];
    changed();
  };
  button.hidden = false;
  button.addEventListener("click", () => {
    const names = Object.keys(THEMES);
    show(names[(names.indexOf(now) + 1) % names.length]);
    store(now);
    say(THEMES[now]);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
  show(store() ?? "system");
}

// A colour of the style sheet as a canvas needs it.
function colour(name) {
  const probe = byId("said");
  probe.style.color = `var(--${name})`;
  const found = getComputedStyle(probe).color;
  probe.style.color = "";
  return found;
}
