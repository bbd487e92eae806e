// A button that copies the text of the element that it names.
(function () {
  "use strict";

  async function copy(source) {
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      // The clipboard is there for pages with TLS, and of this machine, alone.
      getSelection().selectAllChildren(source);
      document.execCommand("copy");
    }
  }

  for (const button of document.querySelectorAll("[data-copy]")) {
    button.hidden = false;
    button.addEventListener("click", async function () {
      await copy(document.getElementById(button.dataset.copy));
      button.textContent = "Copied";
    });
  }
})();
