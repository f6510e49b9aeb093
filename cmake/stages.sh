# Sourced by the scripts that people start: one line of output per stage, with
# its seconds. Wants $stage_log, the file that collects what the stages print.

# run_stage NAME COMMAND...: quiet; shows the end of the log if it fails.
run_stage() {
  local name=$1 start=$SECONDS
  shift
  printf '%-52s' "$name"
  if ! "$@" >>"$stage_log" 2>&1 </dev/null; then
    printf 'failed\n\n'
    tail -n 40 "$stage_log"
    printf '\nThe whole log: %s\n' "$stage_log"
    return 1
  fi
  printf '%5d s\n' $((SECONDS - start))
}
