"""All rules, in the order of their codes.

Comes in: the rows of each subject. Goes out: `RULES`, and the same by code. Never here: a rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter

from kms_eval.analysis.linting.access_rules import ACCESS_RULES
from kms_eval.analysis.linting.always_rules import ALWAYS_RULES
from kms_eval.analysis.linting.comment_rules import COMMENT_RULES
from kms_eval.analysis.linting.control_rules import CONTROL_RULES
from kms_eval.analysis.linting.element_rules import ELEMENT_RULES
from kms_eval.analysis.linting.key_rules import KEY_RULES
from kms_eval.analysis.linting.mistaken_rules import MISTAKEN_RULES
from kms_eval.analysis.linting.never_rules import NEVER_RULES
from kms_eval.analysis.linting.principal_rules import PRINCIPAL_RULES
from kms_eval.analysis.linting.remark_rules import REMARK_RULES
from kms_eval.analysis.linting.rule import Rule
from kms_eval.analysis.linting.statement_rules import STATEMENT_RULES
from kms_eval.facts.rows import keyed

_SUBJECTS = (
    REMARK_RULES,
    ACCESS_RULES,
    NEVER_RULES,
    ALWAYS_RULES,
    MISTAKEN_RULES,
    ELEMENT_RULES,
    STATEMENT_RULES,
    PRINCIPAL_RULES,
    CONTROL_RULES,
    KEY_RULES,
    COMMENT_RULES,
)
RULES: tuple[Rule, ...] = tuple(sorted((rule for rows in _SUBJECTS for rule in rows), key=attrgetter("code")))
RULE: Mapping[str, Rule] = keyed((row.code, row) for row in RULES)
BY_REMARK: Mapping[str, Rule] = keyed((remark, row) for row in RULES for remark in row.remarks)
