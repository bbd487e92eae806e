// Each click has a key of its own. A request without an answer keeps its key, so that the next click
// sends the same again, and counts once.
(function () {
  "use strict";

  const TEXTS = {
    0: "No answer. Press again: it counts once.",
    401: "Who you are is not known any more. Load the page again to log in.",
    404: "Somebody has deleted this item.",
    503: "The database does not answer. Press again in a moment: it counts once.",
    // A proxy has these where an answer was lost.
    502: "No answer. Press again: it counts once.",
    504: "No answer. Press again: it counts once.",
  };

  function newKey() {
    // crypto.randomUUID() is there for pages with TLS alone.
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }

  // What the error says, which a client that takes anything gets as JSON.
  function reason({ status, responseText }) {
    try {
      const { detail, errors = {} } = JSON.parse(responseText);
      return [detail, ...Object.values(errors).flat()].join(" ");
    } catch {
      return "That did not work (" + status + ").";
    }
  }

  function say(text) {
    const paragraph = document.createElement("p");
    paragraph.className = "problem";
    paragraph.textContent = text;
    document.getElementById("message").replaceChildren(...(text ? [paragraph] : []));
  }

  document.addEventListener("htmx:configRequest", function ({ detail }) {
    if ("once" in detail.elt.dataset) {
      detail.elt.dataset.key = detail.elt.dataset.key || newKey();
      detail.headers["Idempotency-Key"] = detail.elt.dataset.key;
    }
  });

  document.addEventListener("htmx:afterRequest", function ({ detail }) {
    const status = detail.xhr.status;
    // After any other it may be unknown whether it was done.
    if (status && status < 500 && status !== 401) {
      delete detail.elt.dataset.key;
    }
  });

  document.addEventListener("htmx:beforeSwap", function ({ detail }) {
    const status = detail.xhr.status;
    // The page says it, and the console need not.
    detail.isError = false;
    if (status < 400) {
      say("");
    } else if (detail.xhr.getResponseHeader("HX-Reswap")) {
      detail.shouldSwap = true;
    } else {
      say(TEXTS[status] || reason(detail.xhr));
    }
  });

  for (const event of ["htmx:sendError", "htmx:timeout"]) {
    document.addEventListener(event, () => say(TEXTS[0]));
  }
})();
