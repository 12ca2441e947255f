# Completion of kms-eval for bash. What is printed are names that need no quoting; none is ever evaluated.
_kms_eval() {
    local names name
    names=$(_KMS_EVAL_COMPLETE=bash command kms-eval "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    # With 1 a file is wanted, which `-o default` offers where nothing else is; bash before 4 has no compopt.
    [[ $? -eq 1 ]] || compopt +o default 2>/dev/null
    COMPREPLY=()
    while IFS= read -r name; do
        [[ -z $name ]] || COMPREPLY+=("$name")
    done <<<"$names"
}
complete -o default -F _kms_eval kms-eval
