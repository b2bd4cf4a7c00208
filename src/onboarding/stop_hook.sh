#!/bin/sh
# Claude Code, hook `Stop`: the session does not end while a proposal of this loop is pending. A reminder, and no
# security boundary: an agent that wants to can end all the same, and nothing is approved by that.
input=$(cat)
case "$input" in *'"stop_hook_active":true'*|*'"stop_hook_active": true'*) exit 0 ;; esac
pending=$(ls "${CLAUDE_PROJECT_DIR:-.}/.countersign/outbox/pending" "${CLAUDE_PROJECT_DIR:-.}/.countersign/inbox/new" 2>/dev/null |
    grep -v ':$' | grep -v '\.told$' | sed 's/\.json$//' | grep -c .)
[ "$pending" -eq 0 ] && exit 0
echo "$pending proposals wait for a person: call countersign wait (or await_decision) until they are answered." >&2
exit 2
