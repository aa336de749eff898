#!/usr/bin/env bash
# The browser that the tests of the report look at its page with: prints its path, after installing it where it is not.
set -euo pipefail
find_it() { command -v chromium || command -v chromium-browser || command -v google-chrome; }
if ! find_it; then
    if ! command -v apt-get >/dev/null || [[ $(id -u) != 0 ]]; then
        printf 'There is no chromium here, and only root can install it with apt-get.\n' >&2
        exit 1
    fi
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >&2
    find_it
fi
