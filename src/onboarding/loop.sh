#!/bin/sh
# A plain shell loop at the keep gate. `change` edits and commits, `measure` trains and prints the metric.
ask() { # title, before, after
    id=$(countersign propose -m "$1" --evidence "val_bpb=$2,$3" | sed 's/.*"id":"\([^"]*\)".*/\1/')
    while :; do
        answer=$(countersign wait "$id" --timeout 100s); code=$?
        [ "$code" -eq 12 ] || break
    done
    # 0: approved. 9: approved with another tree; measure it before you build on it. Continue from the printed commit.
    case $code in
    0 | 9) git reset -q --hard "$(printf %s "$answer" | sed 's/.*"commit":"\([^"]*\)".*/\1/')" ;;
    *) return 1 ;;
    esac
}
