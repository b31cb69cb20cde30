#!/usr/bin/env bash
# Makes a release out of a clean tree, or nothing: dist/sbom.json and the package, in the folder given. Publishes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

into=$(realpath "${1:-$(mktemp -d)}")
demand_clean_tree() {
  [ -z "$(git status --porcelain)" ] && return
  git status --short
  echo "$1"
  exit 1
}

demand_clean_tree 'Commit or remove this first: a release is made of what is committed.'

# Installs, checks and tests. Not with --ignore-scripts: the script of `node` fetches the Node that all this runs on, and a
# test says that no other package has one.
.ci/run

npm run build # from scratch: dist/, and console/dist/
scripts/sbom.sh > dist/sbom.json
# Not its own build again, which would take the list away.
npm pack --ignore-scripts --pack-destination "$into"
demand_clean_tree 'This was changed by making the release. Commit it and begin again.'
echo "Made, and not published: $(ls "$into"/*.tgz)"
