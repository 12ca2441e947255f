#compdef kms-eval
# Completion of kms-eval for zsh. What is printed are names that need no quoting; none is ever evaluated.
_kms_eval() {
    local output
    local -a names
    output=$(_KMS_EVAL_COMPLETE=zsh command kms-eval "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)
    case $? in
        0)
            names=("${(@f)output}")
            [[ -n $output ]] && compadd -M 'm:{[:lower:][:upper:]}={[:upper:][:lower:]}' -a names
            ;;
        1) # a file is wanted
            [[ $PREFIX == --*=* ]] && compset -P '--[a-z-]#='
            _files
            ;;
    esac
}
# Loaded by compinit this file is the function itself; elsewhere it registers one.
if [[ ${funcstack[1]} == _kms-eval ]]; then
    _kms_eval "$@"
else
    compdef _kms_eval kms-eval
fi
