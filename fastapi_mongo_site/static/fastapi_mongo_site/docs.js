"use strict";

// Swagger UI fills every argument in with its example, and would send all of them together. Those
// that may be left out are left to the reader; Redoc shows their examples. The selection needs one,
// and finds the item of the examples with all.
function leaveOptionalsEmpty(response) {
  if (response.url.endsWith("/openapi.json") && response.ok) {
    const openapi = JSON.parse(response.text);
    for (const operations of Object.values(openapi.paths)) {
      for (const { operationId, parameters = [] } of Object.values(operations)) {
        if (operationId === "items_query") {
          continue;
        }
        parameters.filter(({ required }) => !required).forEach((optional) => delete optional.examples);
      }
    }
    response.text = JSON.stringify(openapi);
  }
  return response;
}

// drf-spectacular's own function adds a CSRF token, which nothing here looks at. It would stand in
// the curl lines that are copied.
function leaveAsItIs(request) {
  return request;
}
