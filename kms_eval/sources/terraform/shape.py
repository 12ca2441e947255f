"""Where plans, states and state files have their mappings and lists, as far as they are read.

Comes in: nothing. Goes out: shapes. Never here: reading.
https://developer.hashicorp.com/terraform/internals/json-format
"""

from __future__ import annotations

from typing import Final

from kms_eval.sources.shapes import SCALAR, TEXT, Shape, items, mapping

_WHAT: Final = {"address": TEXT, "mode": TEXT, "type": TEXT, "name": TEXT, "deposed": TEXT, "deposed_key": TEXT}
_MODULE: Final = mapping(address=TEXT, resources=items(mapping(index=SCALAR, provider_name=TEXT, **_WHAT)))
_MODULE.fields["child_modules"] = items(_MODULE)
_VALUES: Final = mapping(root_module=_MODULE)
_CHANGE: Final = mapping(
    module_address=TEXT,
    previous_address=TEXT,
    index=SCALAR,
    change=mapping(actions=items(TEXT)),
    **_WHAT,
)
_CONFIGURED: Final = mapping(
    resources=items(mapping(provider_config_key=TEXT, expressions=mapping(), **_WHAT)),
    outputs=mapping(mapping()),
    variables=mapping(mapping()),
)
_CONFIGURED.fields["module_calls"] = mapping(mapping(expressions=mapping(), module=_CONFIGURED, source=TEXT))

DOCUMENT: Final[Shape] = mapping(
    planned_values=_VALUES,
    prior_state=mapping(values=_VALUES),
    values=_VALUES,
    resource_changes=items(_CHANGE),
    variables=mapping(mapping()),
    configuration=mapping(provider_config=mapping(mapping(name=TEXT, expressions=mapping())), root_module=_CONFIGURED),
)
"""A plan or a state as `terraform show -json` prints it."""

STATE_FILE: Final[Shape] = mapping(
    resources=items(
        mapping(
            module=TEXT,
            provider=TEXT,
            instances=items(
                mapping(index_key=SCALAR, attributes=mapping(), sensitive_attributes=items(), deposed=TEXT)
            ),
            **_WHAT,
        )
    )
)
"""A state file as Terraform stores it."""
