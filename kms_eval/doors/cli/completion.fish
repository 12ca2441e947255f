# Completion of kms-eval for fish. What is printed are names that need no quoting; none is ever evaluated.
function __kms_eval_complete
    set -l line (commandline --current-process --cut-at-cursor)
    command env _KMS_EVAL_COMPLETE=fish kms-eval "$line" 2>/dev/null
end
function __kms_eval_wants_file
    __kms_eval_complete >/dev/null
    test $status -eq 1
end
complete --command kms-eval --no-files
complete --command kms-eval --condition __kms_eval_wants_file --force-files
complete --command kms-eval --arguments '(__kms_eval_complete)'
