"use strict";

// Redoc's own logo lies on another host, and no option leaves it out.
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  const foreign = name === "src" && new URL(value, document.baseURI).origin !== location.origin;
  if (foreign) {
    this.remove();
  } else {
    setAttribute.call(this, name, value);
  }
};

const page = document.getElementById("redoc");
Redoc.init(
  page.dataset.specUrl,
  { nonce: document.currentScript.nonce, disableGoogleFont: true, hideDownloadButtons: true },
  page,
);
