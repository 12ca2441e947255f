"""A template as a stack: its resources with evaluated properties, and what they are called in AWS.

Comes in: a template and what else is known. Goes out: resources; names and ARNs, with stand-ins for those that AWS
makes up. Never here: the sections of a scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from uuid import NAMESPACE_URL, uuid5

from kms_eval.errors import Fault, InputError, quoted
from kms_eval.facts.regions import partition_of
from kms_eval.formats.document import Place, Steps
from kms_eval.formats.unknown import Unknown, unknown_in
from kms_eval.records import record
from kms_eval.sources.cloudformation.text import expanded, is_empty_stack, with_evaluated_loops
from kms_eval.sources.cloudformation.values import Values
from kms_eval.sources.shapes import check_shape, mapping
from kms_eval.sources.undeclared import OF_A_STACK

SHAPE: Final = mapping(
    Parameters=mapping(mapping()),
    Conditions=mapping(),
    Mappings=mapping(mapping(mapping())),
    Resources=mapping(mapping(Properties=mapping())),
    Outputs=mapping(mapping()),
)
"""Where a template has its mappings once its transforms are expanded."""
STACK: Final = "AWS::CloudFormation::Stack"
KEY_TYPES: Final = ("AWS::KMS::Key", "AWS::KMS::ReplicaKey")
_NAMES: Final[Mapping[str, tuple[str, str]]] = {
    "AWS::IAM::Role": ("role", "RoleName"),
    "AWS::IAM::User": ("user", "UserName"),
    "AWS::IAM::Group": ("group", "GroupName"),
    "AWS::IAM::ManagedPolicy": ("policy", "ManagedPolicyName"),
}
_FULL_DOMAIN: Final = {"aws-cn": "amazonaws.com.cn"}
_ARN: Final = {"AWS::IAM::ManagedPolicy": "PolicyArn"}

Nested = Callable[[Mapping[str, Any], Place], "tuple[Mapping[str, Any], Place] | None"]
"""Finds the template of a nested stack by its resource; None if it is not given."""


@record
class Resource:
    """A resource: its logical id after those of the stacks around it, its type, and its evaluated properties.

    `logical` is the logical id within its own stack. `conditional_on` is the unknown condition on which it is made;
    None if it certainly is.
    """

    id: str
    type: str
    properties: Mapping[str, object]
    place: Place
    stack: Stack
    logical: str
    conditional_on: Unknown | None = None

    def get(self, name: str) -> object:
        """A property; None where it is not set."""
        return self.properties.get(name)

    def text(self, name: str) -> str | None:
        """A property that is a known and not empty string; else None."""
        value = self.properties.get(name)
        return value if isinstance(value, str) and value else None


class Stack:
    """One template. `prefix` has the logical ids of the nested stacks that lead to it.

    `notices` and `nameless` are shared with the stacks around it: notices for the user, and the resources whose names
    CloudFormation makes up.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        place: Place,
        *,
        account: str,
        region: str,
        parameters: Mapping[str, object],
        nested: Nested,
        prefix: str = "",
        notices: list[str] | None = None,
        nameless: list[str] | None = None,
        around: tuple[Path | None, ...] = (),
    ) -> None:
        self.account = account
        self.region = region
        self.partition = partition_of(region)
        self.notices = notices if notices is not None else []
        self.nameless = nameless if nameless is not None else []
        self._prefix = prefix
        self._place = place
        self._nested = nested
        self._around = around
        pseudo = pseudo_parameters(account, region, parameters)
        self._template = expanded(_with_known_loops(template, place, parameters, pseudo), place, region)
        if "Resources" not in self._template and not is_empty_stack(self._template):
            raise InputError(Fault("is a template without `Resources`", place.location()))
        check_shape(self._template, SHAPE, place)
        self._resources: Mapping[str, Any] = self._template.get("Resources") or {}
        self._stacks: dict[str, Stack | None] = {}
        self._made: dict[str, str] = {}
        self._needs: dict[str, set[str]] = {}
        self._evaluating: str | None = None
        self._values = Values(self._template, place, parameters, pseudo, self._attribute)

    def resources(self) -> Iterator[Resource]:
        """The resources that are made, those of nested stacks included."""
        for name, declared in self._resources.items():
            here = self._place.at("Resources", name)
            if not isinstance(declared, Mapping) or not isinstance(declared.get("Type"), str):
                raise InputError(Fault("is a resource without `Type`", here.location()))
            if declared["Type"] not in READ and declared["Type"] != STACK:
                continue
            conditional_on: Unknown | None = None
            if "Condition" in declared:
                made = self._values.condition(declared["Condition"], ("Resources", name, "Condition"))
                if made is False:
                    continue
                if isinstance(made, Unknown):
                    conditional_on = made
                    if declared["Type"] not in POLICY_TYPES:
                        reason = f"its condition hangs on {made.address} ({made.reason})"
                        self.notices.append(f"{name} is taken to be made: {reason}")
            if declared["Type"] == STACK:
                inner = self._stack(name)
                for resource in inner.resources() if inner is not None else ():
                    yield replace(resource, conditional_on=resource.conditional_on or conditional_on)
                continue
            self._evaluating = name
            self._needs[name] = set()
            properties = self._values.of(declared.get("Properties") or {}, ("Resources", name, "Properties"))
            self._evaluating = None
            yield Resource(
                self._prefix + name,
                str(declared["Type"]),
                properties if isinstance(properties, Mapping) else {},
                here.at("Properties"),
                self,
                name,
                conditional_on,
            )

    def refuse_cycles(self) -> None:
        """Raise InputError for resources that depend on one another in a cycle, which CloudFormation refuses.

        https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html
        """
        for name, declared in self._resources.items():
            if name in self._needs and (after := declared.get("DependsOn")):
                self._needs[name] |= {str(each) for each in (after if isinstance(after, list) else [after])}
        cycle = _find_cycle(self._needs)
        if cycle:
            place = self._place.at("Resources", cycle[0]).location()
            message = f"needs {' and that needs '.join([*cycle[1:], cycle[0]])}: a circle, of which AWS makes nothing"
            raise InputError(
                Fault(message, place, "give the policy that names both a resource of its own: `AWS::IAM::Policy`")
            )
        for inner in self._stacks.values():
            if inner is not None:
                inner.refuse_cycles()

    def output(self, name: str) -> object:
        """An output of the stack."""
        declared = (self._template.get("Outputs") or {}).get(name)
        if not isinstance(declared, Mapping):
            return Unknown("no output of the nested stack", self._prefix + name)
        return self._values.of(declared.get("Value"), ("Outputs", name, "Value"))

    def name(self, logical: str) -> str:
        """The physical name of an IAM resource; a stand-in if CloudFormation makes the name up."""
        declared = self._resources[logical]
        _, field = _NAMES[declared["Type"]]
        steps = ("Resources", logical, "Properties", field)
        written = (declared.get("Properties") or {}).get(field)
        value = self._values.of(written, steps) if written is not None else None
        if isinstance(value, str):
            return value
        made = self._prefix.replace(".", "-") + logical
        if logical not in self._made:
            self._made[logical] = made
            self.nameless.append(f"{self._prefix}{logical}")
        return made

    def arn(self, logical: str) -> str:
        """The ARN of an IAM resource."""
        kind, _ = _NAMES[self._resources[logical]["Type"]]
        written = (self._resources[logical].get("Properties") or {}).get("Path")
        path = self._values.of(written, ("Resources", logical, "Properties", "Path")) if written is not None else "/"
        path = path if isinstance(path, str) and path else "/"
        return f"arn:{self.partition}:iam::{self.account}:{kind}{path}{self.name(logical)}"

    def key_id(self, logical: str) -> str:
        """The id of a key, which is made up; a replica key has that of its primary key."""
        declared = self._resources[logical]
        properties = declared.get("Properties") or {}
        if declared["Type"] == "AWS::KMS::ReplicaKey":
            steps = ("Resources", logical, "Properties", "PrimaryKeyArn")
            primary = self._values.of(properties.get("PrimaryKeyArn"), steps)
            if isinstance(primary, str):
                return primary.rsplit("/", 1)[-1]
        uuid = uuid5(NAMESPACE_URL, f"kms-eval:{self._prefix}{logical}")
        multi = properties.get("MultiRegion") in (True, "true") or declared["Type"] == "AWS::KMS::ReplicaKey"
        return f"mrk-{uuid.hex}" if multi else str(uuid)

    def key_arn(self, logical: str) -> str:
        """The ARN of a key."""
        return f"arn:{self.partition}:kms:{self.region}:{self.account}:key/{self.key_id(logical)}"

    def _attribute(self, logical: str, attribute: str) -> object:
        """What `Ref` and `Fn::GetAtt` give for a resource."""
        declared = self._resources.get(logical)
        if not isinstance(declared, Mapping):
            return None
        if self._evaluating is not None:
            self._needs[self._evaluating].add(logical)
        kind = str(declared.get("Type"))
        if kind in KEY_TYPES and attribute in ("", "KeyId", "Arn"):
            return self.key_arn(logical) if attribute == "Arn" else self.key_id(logical)
        if kind in _NAMES and attribute == _ARN.get(kind, "Arn"):
            return self.arn(logical)
        if kind in _NAMES and not attribute:
            return self.arn(logical) if kind in _ARN else self.name(logical)
        if kind == "AWS::KMS::Alias" and not attribute:
            steps = ("Resources", logical, "Properties", "AliasName")
            return self._values.of((declared.get("Properties") or {}).get("AliasName"), steps)
        if kind == STACK and attribute.startswith("Outputs."):
            inner = self._stack(logical)
            if inner is not None:
                return inner.output(attribute.removeprefix("Outputs."))
        address = f"{self._prefix}{logical}.{attribute}" if attribute else f"{self._prefix}{logical}"
        return Unknown("known when the stack is made", address)

    def _stack(self, logical: str) -> Stack | None:
        if logical in self._stacks:
            return self._stacks[logical]
        self._stacks[logical] = None
        declared = self._resources[logical]
        here = self._place.at("Resources", logical)
        found = self._nested(declared, here)
        around = (*self._around, self._place.file.path)
        if found is not None and found[1].file.path in around:
            raise InputError(Fault("nested stacks are in one another in a circle", here.location()))
        if found is None:
            self.notices.append(
                f"the template of the nested stack {self._prefix}{logical} is not given: it is left out"
            )
            return None
        steps = ("Resources", logical, "Properties", "Parameters")
        given = self._values.of((declared.get("Properties") or {}).get("Parameters") or {}, steps)
        inner = Stack(
            found[0],
            found[1],
            account=self.account,
            region=self.region,
            parameters=given if isinstance(given, Mapping) else {},
            nested=self._nested,
            prefix=f"{self._prefix}{logical}.",
            notices=self.notices,
            nameless=self.nameless,
            around=around,
        )
        self._stacks[logical] = inner
        return inner


POLICY_TYPES: Final = frozenset(
    {
        "AWS::IAM::ManagedPolicy",
        "AWS::IAM::Policy",
        "AWS::IAM::RolePolicy",
        "AWS::IAM::UserPolicy",
        "AWS::IAM::GroupPolicy",
        "AWS::Organizations::Policy",
    }
)
"""Types that only say what somebody may do: if it is unknown whether one is made, its statements depend on that."""
READ: Final = frozenset(
    {
        *KEY_TYPES,
        *_NAMES,
        *POLICY_TYPES,
        "AWS::KMS::Alias",
        "AWS::IAM::UserToGroupAddition",
        "AWS::EC2::VPCEndpoint",
    }
)
"""The types of resources that are read; the properties of other types are never looked at."""


def pseudo_parameters(account: str, region: str, given: Mapping[str, object]) -> dict[str, object]:
    """The values of pseudo parameters; those that only an existing stack has may be given like parameters.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html
    """
    partition = partition_of(region)
    found: dict[str, object] = {
        "AWS::AccountId": account,
        "AWS::Region": region,
        "AWS::Partition": partition,
        "AWS::URLSuffix": _FULL_DOMAIN.get(partition, "amazonaws.com"),
    }
    for name in OF_A_STACK:
        remedy = f"`--parameter {name}=VALUE`"
        found[name] = given.get(name, Unknown("known when the stack is made", name, remedy))
    return found


def _with_known_loops(
    template: Mapping[str, Any], place: Place, parameters: Mapping[str, object], pseudo: Mapping[str, object]
) -> Mapping[str, Any]:
    """The template with the lists of its loops evaluated. Raises InputError if one cannot be known."""
    if not isinstance(template.get("Parameters") or {}, Mapping) or not template.get("Transform"):
        return template
    values = Values(template, place, parameters, pseudo, lambda _name, _attribute: None)

    def evaluate(over: object, steps: Steps) -> object:
        try:
            known = values.of(over, steps)
        except InputError:
            return None  # it depends on the loop around it
        unknown = unknown_in(known)
        if unknown is not None:
            message = f"loops over {unknown.address}, which is not known"
            raise InputError(Fault(message, place.at(*steps).location(), unknown.remedy))
        return known

    found = with_evaluated_loops(template, (), evaluate)
    return found if isinstance(found, Mapping) else template


def _find_cycle(needs: Mapping[str, set[str]]) -> list[str]:
    """Resources each of which needs the next, and the last the first; empty if there is no such cycle."""
    done: set[str] = set()
    for start in needs:
        path: list[str] = []
        waiting = [(start, iter(sorted(needs[start])))] if start not in done else []
        while waiting:
            name, following = waiting[-1]
            if len(path) < len(waiting):
                path.append(name)
            after = next((each for each in following if each in needs and each not in done), None)
            if after is None:
                done.add(name)
                waiting.pop()
                path.pop()
            elif after in path:
                return path[path.index(after) :]
            else:
                waiting.append((after, iter(sorted(needs[after]))))
    return []


def refuse_twice(resources: list[Resource], name_of: Callable[[Resource], str | None]) -> None:
    """Raise InputError if two resources of one type have the same name."""
    seen: dict[tuple[str, str], str] = {}
    for resource in resources:
        name = name_of(resource)
        if name is None:
            continue
        other = seen.setdefault((resource.type, name.lower()), resource.id)
        if other != resource.id:
            message = f"{quoted(name)} is the name of {other} already"
            raise InputError(Fault(message, resource.place.location()))
