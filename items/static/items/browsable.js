// Makes JSON of a form's fields, which DRF's ajax-form.js then sends. What is no number goes as the
// text that it is, so that the answer says what is wrong.
"use strict";

document.addEventListener(
  "submit",
  function ({ target: form, submitter }) {
    if (!("fields" in form.dataset)) {
      return;
    }
    const number = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$/;
    const changes = submitter !== null && submitter.dataset.method === "PATCH";
    const members = [];
    for (const { name, value, dataset } of form.querySelectorAll("[data-stored]")) {
      const left = changes ? value === dataset.stored : value === "" && "optional" in dataset;
      if (!left) {
        const literal = "number" in dataset && number.test(value) ? value : JSON.stringify(value);
        members.push(JSON.stringify(name) + ": " + literal);
      }
    }
    form.querySelector("[data-override=content]").value = "{" + members.join(", ") + "}";
  },
  true,
);
