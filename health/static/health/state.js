// A service that has stopped cannot say so itself.
document.addEventListener("htmx:sendError", function ({ detail }) {
  detail.elt.textContent = "The service does not answer.";
  detail.elt.classList.add("away");
});
