"use strict";

// What Redoc's bundle has no option for, as the Content-Security-Policy asks. Loaded before it.
const { nonce } = document.currentScript;
const createElement = document.createElement.bind(document);

document.createElement = (name, options) => {
  const element = createElement(name, options);
  if (name === "style") {
    // The bundle adds styles as soon as it loads, before it can know the nonce.
    element.nonce = nonce;
  } else if (name === "img") {
    leaveOutForeign(element);
  }
  return element;
};

// Redoc's own logo lies on another host; told that it does not load, Redoc shows none.
function leaveOutForeign(image) {
  image.setAttribute = (name, value) => {
    if (name === "src" && new URL(value, document.baseURI).origin !== location.origin) {
      setTimeout(() => image.dispatchEvent(new Event("error")));
    } else {
      Element.prototype.setAttribute.call(image, name, value);
    }
  };
  Object.defineProperty(image, "src", { set: (value) => image.setAttribute("src", value) });
}

addEventListener("DOMContentLoaded", () => {
  const page = document.getElementById("redoc");
  const options = { nonce, disableGoogleFont: true, hideDownloadButtons: true };
  Redoc.init(page.dataset.specUrl, options, page);
});
