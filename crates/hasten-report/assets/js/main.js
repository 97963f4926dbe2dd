// Everything is brought to life here.

for (const part of document.querySelectorAll(".scripted")) part.hidden = false;
prepareTheme(() => timeline.repaint());
timeline.prepare();
prepareTests();
prepareFailures();
prepareTrend();

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea");
  if (event.key === "Escape" && !details.panel.hidden) {
    details.hide();
    event.preventDefault();
  } else if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey) {
    byId("search").focus();
    event.preventDefault();
  }
});
