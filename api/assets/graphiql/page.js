// Starts the editor: queries and mutations are posted, subscriptions go over a
// socket, and both carry what the headers pane says.
"use strict";

const ENDPOINT = "/graphql";

const WELCOME = `# 1. Put a key into the header below.
# 2. Fetch the schema again: the round arrow
#    on the left. Then the editor suggests.
{
  __typename
}
`;

function operationOf(document, name) {
  const definitions = document ? document.definitions : [];
  return definitions.find(
    (definition) =>
      definition.kind === "OperationDefinition" &&
      (!name || (definition.name && definition.name.value === name)),
  );
}

async function post(params, headers) {
  const response = await fetch(ENDPOINT, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json;q=0.9",
      ...headers,
      "Content-Type": "application/json",
    },
    body: JSON.stringify(params),
  });
  return response.json();
}

// A socket for each subscription, so that each uses the key of its moment.
function subscribe(params, headers) {
  const url = new URL(ENDPOINT, window.location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const client = graphqlWs.createClient({
    url: url.href,
    connectionParams: headers,
    retryAttempts: 0,
  });
  return client.iterate(params);
}

function fetcher(params, options) {
  const headers = (options && options.headers) || {};
  const operation = operationOf(options && options.documentAST, params.operationName);
  return operation && operation.operation === "subscription"
    ? subscribe(params, headers)
    : post(params, headers);
}

// What the editor keeps, it keeps in memory: its history holds headers, and so
// keys, and the browser's storage outlives the session.
function memory() {
  const items = new Map();
  return {
    get length() {
      return items.size;
    },
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (name) => items.get(name) ?? null,
    setItem: (name, value) => void items.set(name, String(value)),
    removeItem: (name) => void items.delete(name),
    clear: () => items.clear(),
  };
}

// Takes away what an earlier version of this page may have stored.
function forget() {
  Object.keys(localStorage)
    .filter((name) => name.startsWith("graphiql:"))
    .forEach((name) => localStorage.removeItem(name));
}

forget();
ReactDOM.createRoot(document.getElementById("editor")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultQuery: WELCOME,
    defaultHeaders: JSON.stringify({ Authorization: "Bearer " }, null, 2),
    defaultEditorToolsVisibility: "headers",
    storage: memory(),
    shouldPersistHeaders: false,
  }),
);
