#!/usr/bin/env bash
# Prints a CycloneDX list of what a gateway runs with. It asks no registry: package-lock.json has it all.
set -euo pipefail
cd "$(dirname "$0")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/kyc-gateway" # npm takes the name of the folder for that of the product
cp package.json package-lock.json "$work/kyc-gateway"
cd "$work/kyc-gateway"

# Not `npm sbom --omit dev`: that also leaves out what is used at run time and for development, such as graphql and ws.
npm pkg delete devDependencies
npm install --package-lock-only --ignore-scripts --offline --no-audit --no-fund > /dev/null
npm sbom --package-lock-only --sbom-type application --sbom-format cyclonedx
