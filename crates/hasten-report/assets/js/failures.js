// The failures are in the page; here is what their buttons do.

function prepareFailures() {
  const all = byId("open-all");
  if (all) {
    all.hidden = false;
    all.addEventListener("click", () => {
      const open = all.getAttribute("aria-pressed") !== "true";
      for (const failure of document.querySelectorAll(".failure")) failure.open = open;
      all.setAttribute("aria-pressed", String(open));
      all.textContent = open ? "Close all" : "Open all";
    });
  }
  // One failure needs no click.
  const failures = document.querySelectorAll(".failure");
  if (failures.length === 1) failures[0].open = true;
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-test], [data-copy]");
    if (button?.dataset.test) details.open(Number(button.dataset.test));
    else if (button?.dataset.copy) copy(commandOf(Number(button.dataset.copy)), button);
  });
}
