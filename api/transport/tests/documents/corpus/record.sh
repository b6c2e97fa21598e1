#!/bin/sh
# What the reference implementation says of the documents in documents.mjs.
# Needs node and npm.
#
#   record.sh          writes verdicts.json anew
#   record.sh check    says whether verdicts.json is what would be written
#   record.sh soak N   tries N documents more, changed at random, against ours
set -eu
here=$(cd "$(dirname "$0")" && pwd)
modules=$(mktemp -d)
trap 'rm -rf "$modules"' EXIT
npm install --silent --no-save --prefix "$modules" graphql@17.1.0 >/dev/null 2>&1
record() {
    node "$here/record.mjs" "$modules/node_modules" "$here/../../../../schema.graphql" "$@"
}
case "${1:-write}" in
write) record >"$modules/verdicts.json" && cp "$modules/verdicts.json" "$here/verdicts.json" ;;
check) record | cmp - "$here/verdicts.json" ;;
soak)
    record "${2:-20000}" >"$modules/verdicts.json"
    cd "$here" && TRIBUTARY_VERDICTS="$modules/verdicts.json" \
        ${CARGO:-cargo} test --package tributary-transport --test documents corpus
    ;;
esac
