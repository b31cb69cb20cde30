#!/usr/bin/env bash
# Checks the alert rules and runs their cases with promtool, which comes with Prometheus.
set -euo pipefail
cd "$(dirname "$0")/../deploy/prometheus"

if ! command -v promtool > /dev/null; then
  echo "promtool is not here: install Prometheus (on Debian: apt-get install prometheus), or put its promtool on the PATH." >&2
  exit 1
fi
promtool check rules alerts.yml
promtool test rules alerts.test.yml
