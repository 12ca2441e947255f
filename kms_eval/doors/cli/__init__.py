"""The command ``kms-eval``: a file per verb, each with its row in `verbs`.

Comes in: arguments, files, two streams. Goes out: answers on stdout, messages about them on stderr, an exit code.
Never here: what a decision means, and text that `render` could write.
"""
