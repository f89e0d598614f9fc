#!/bin/sh
# fuzz.sh BUILD SECONDS - runs every fuzz target of BUILD for SECONDS from its seeds, as many at
# once as there are CPUs.  A crash is left beside its log in BUILD/fuzz-logs.  The chance is that of
# BUSBAR_SEED (1): what lands is judged alike each time; who searches gives other seeds, and more time.
set -eu

build=$1
seconds=$2
export BUSBAR_SEED="${BUSBAR_SEED:-1}"
source=$(cd "$(dirname "$0")/.." && pwd)
logs=$build/fuzz-logs
mkdir -p "$logs"

# One target: its scratch corpus is new, the seeds are read only.
one='
target=$1 seconds=$2 source=$3 logs=$4
name=${target##*/}
folder=${target%/*}
seeds=$source/tests/${folder##*/tests/}/corpus_${name#fuzz_}
scratch=$(mktemp -d)
if "$target" -seed="$BUSBAR_SEED" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=25 \
	-artifact_prefix="$logs/$name-" "$scratch" "$seeds" >"$logs/$name.log" 2>&1; then
	printf "%s: %s\n" "$name" "$(grep -o "Done.*" "$logs/$name.log")"
else
	tail -40 "$logs/$name.log"
	printf "%s: FAILED, see %s\n" "$name" "$logs"
	exit 255
fi
rm -rf "$scratch"
'
find "$build/tests" -type f -name 'fuzz_*' -perm -u+x | sort |
	xargs -P "$(nproc)" -I '{}' sh -c "$one" sh '{}' "$seconds" "$source" "$logs"
