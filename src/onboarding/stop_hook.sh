#!/bin/sh
# Claude Code `Stop` hook: keeps the session open while a proposal of this loop is pending. A reminder, not a security
# boundary: an agent can still end the session, but that approves nothing.
input=$(cat)
case "$input" in *'"stop_hook_active":true'*|*'"stop_hook_active": true'*) exit 0 ;; esac
pending=$(ls "${CLAUDE_PROJECT_DIR:-.}/.countersign/outbox/pending" "${CLAUDE_PROJECT_DIR:-.}/.countersign/inbox/new" 2>/dev/null |
    grep -v ':$' | grep -v '\.told$' | sed 's/\.json$//' | grep -c .) # prose: ok
[ "$pending" -eq 0 ] && exit 0
echo "pending proposals: $pending. Call countersign wait (or await_decision) until each is answered." >&2
exit 2
