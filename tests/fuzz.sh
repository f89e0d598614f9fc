#!/bin/sh
# fuzz.sh BUILD SECONDS - runs every fuzz target of BUILD for SECONDS from its seeds, as many at
# once as there are CPUs.  All run to the end.  Those that failed are told last: the log's end, the
# bytes that did it in hex, and how to have it again; then the exit code is 1.  Logs and the bytes
# themselves stay in BUILD/fuzz-logs.  The chance is that of BUSBAR_SEED (1): what lands is judged
# alike each time; who searches gives other seeds, and more time.  A slow machine gets less far in
# SECONDS, so the seeds are to begin far: each line says what they covered and what was in the end.
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
log=$logs/$name.log
scratch=$(mktemp -d)
rm -f "$logs/$name".* "$logs/$name"-*
if "$target" -seed="$BUSBAR_SEED" -max_total_time="$seconds" -rss_limit_mb=4096 -timeout=25 \
	-artifact_prefix="$logs/$name-" "$scratch" "$seeds" >"$log" 2>&1; then
	covered=$(grep -o "cov: [0-9]*" "$log" | tail -1)
	printf "%s: %s; %s by the seeds, %s in the end\n" "$name" "$(grep -o "Done.*" "$log")" \
		"$(grep INITED "$log" | grep -o "cov: [0-9]*")" "${covered#cov: }"
else
	printf "%s: FAILED\n" "$name"
	echo "$target" >"$logs/$name.failed"
fi
rm -rf "$scratch"
'
rm -f "$logs"/*.failed
targets=$(find "$build/tests" -type f -name 'fuzz_*' -perm -u+x | sort)
if [ -z "$targets" ]; then
	echo "no fuzz targets in $build; set it up with CC=clang meson setup -Dfuzz=true" >&2
	exit 1
fi
printf '%s\n' "$targets" |
	xargs -P "$(nproc)" -I '{}' sh -c "$one" sh '{}' "$seconds" "$source" "$logs"

count=0
for failed in "$logs"/*.failed; do
	[ -e "$failed" ] || continue
	count=$((count + 1))
	target=$(cat "$failed")
	name=${target##*/}
	printf '\n=== %s failed with seed %s; the end of %s:\n' "$name" "$BUSBAR_SEED" \
		"$logs/$name.log"
	tail -40 "$logs/$name.log"
	for bytes in "$logs/$name"-crash-* "$logs/$name"-timeout-* "$logs/$name"-oom-* \
		"$logs/$name"-leak-*; do
		[ -e "$bytes" ] || continue
		printf '\n%s, in hex:\n' "${bytes##*/}"
		od -An -v -tx1 "$bytes" | tr -d ' \n' | fold -w 96
		printf '\nagain: %s %s\n' "$target" "$bytes"
		printf 'elsewhere: xxd -r -p >bytes (then the hex, Ctrl-D) and %s bytes\n' "$name"
	done
done
if [ "$count" -gt 0 ]; then
	printf '\n%s failed:' "$count"
	for failed in "$logs"/*.failed; do
		name=${failed##*/}
		printf ' %s' "${name%.failed}"
	done
	echo
	exit 1
fi
